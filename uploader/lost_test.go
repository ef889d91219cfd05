package uploader

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// spoil does something to the n-th chunk of a stored workbook.
func (r *rig) spoil(e jetsheet.Rendered, n int, do func(m *jetstream.RawStreamMsg)) {
	r.t.Helper()
	info, err := r.store.GetInfo(r.t.Context(), e.Object)
	if err != nil {
		r.t.Fatal(err)
	}
	sequence := uint64(0)
	for range n + 1 {
		m, err := r.stream.GetMsg(r.t.Context(), sequence+1, jetstream.WithGetMsgSubject(jetsheet.ObjectChunkSubject(jetsheet.StoreWorkbooks, info.NUID)))
		if err != nil {
			r.t.Fatalf("chunk %d of %s: %v", n, e.Object, err)
		}
		if sequence = m.Sequence; n == 0 {
			do(m)
			return
		}
		n--
	}
}

func (r *rig) deleteChunk(m *jetstream.RawStreamMsg) {
	r.t.Helper()
	if err := r.stream.DeleteMsg(r.t.Context(), m.Sequence); err != nil {
		r.t.Fatal(err)
	}
}

// flipLast makes the last chunk differ in one bit.
func (r *rig) flipLast(m *jetstream.RawStreamMsg) {
	r.t.Helper()
	r.deleteChunk(m)
	data := bytes.Clone(m.Data)
	data[len(data)/2] ^= 1
	if _, err := r.js.Publish(r.t.Context(), m.Subject, data); err != nil {
		r.t.Fatal(err)
	}
}

const manyChunks = 5*jetsheet.ChunkBytes - 1

// TestLostWorkbook loses and damages workbooks in every way: the request is queued
// again byte for byte, and nothing is published.
func TestLostWorkbook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		size int
		lose func(r *rig, e jetsheet.Rendered)
	}{
		{"the chunk is gone", 7000, func(r *rig, e jetsheet.Rendered) { r.spoil(e, 0, r.deleteChunk) }},
		{"the chunk is damaged", 7000, func(r *rig, e jetsheet.Rendered) { r.spoil(e, 0, r.flipLast) }},
		{"the object is deleted", manyChunks, func(r *rig, e jetsheet.Rendered) {
			if err := r.store.Delete(t.Context(), e.Object); err != nil {
				t.Error(err)
			}
		}},
		{"the store is empty", manyChunks, func(r *rig, _ jetsheet.Rendered) {
			if err := r.stream.Purge(t.Context()); err != nil {
				t.Error(err)
			}
		}},
		{"the first chunk is gone", manyChunks, func(r *rig, e jetsheet.Rendered) { r.spoil(e, 0, r.deleteChunk) }},
		{"a chunk is gone", manyChunks, func(r *rig, e jetsheet.Rendered) { r.spoil(e, 2, r.deleteChunk) }},
		{"the last chunk is gone", manyChunks, func(r *rig, e jetsheet.Rendered) { r.spoil(e, 4, r.deleteChunk) }},
		{"the last chunk is damaged", manyChunks, func(r *rig, e jetsheet.Rendered) { r.spoil(e, 4, r.flipLast) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			request := r.request(1, "s1")
			e := r.render(request, noise(c.size))
			c.lose(r, e)
			r.announce(e, jetsheet.HeaderTrace, "00-aa-bb-01")
			r.run(r.uploader())
			subject := jetsheet.RequestSubject(jetsheet.LaneSmall, request.Conversion())
			var queued *jetstream.RawStreamMsg
			r.eventually("the request", func() bool {
				queued = r.last(jetsheet.StreamConversions, subject)
				return queued != nil
			})
			if !bytes.Equal(queued.Data, e.Request) {
				t.Errorf("request: got %s, want %s", queued.Data, e.Request)
			}
			if got := queued.Header.Get(jetsheet.HeaderAttempt); got != "1" {
				t.Errorf("attempts behind it: got %q, want 1", got)
			}
			if got := queued.Header.Get(jetsheet.HeaderTrace); got != "00-aa-bb-01" {
				t.Errorf("trace: got %q, want the event's", got)
			}
			r.eventually("the event to be settled", func() bool { return r.messages(jetsheet.StreamRendered) == 0 })
			if keys := r.keys(); len(keys) != 0 {
				t.Errorf("objects on S3: got %q, want none", keys)
			}
			if done, failed := r.messages(jetsheet.StreamDone), r.messages(jetsheet.StreamFailed); done+failed != 0 {
				t.Errorf("outcomes: got %d done and %d failed, want none yet", done, failed)
			}
		})
	}
}

func TestLostOnceTooOften(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.run(r.uploader())
	request := r.request(1, "s1")
	subject := jetsheet.RequestSubject(jetsheet.LaneSmall, request.Conversion())
	conversions, err := r.js.Stream(t.Context(), jetsheet.StreamConversions)
	if err != nil {
		t.Fatal(err)
	}
	lost := func(attempt int) {
		e := r.render(request, noise(7000))
		r.spoil(e, 0, r.deleteChunk)
		r.announce(e, jetsheet.HeaderAttempt, strconv.Itoa(attempt))
	}
	for attempt := range jetsheet.MaxAttempts {
		lost(attempt)
		var m *jetstream.RawStreamMsg
		r.eventually("request "+strconv.Itoa(attempt+1), func() bool {
			m = r.last(jetsheet.StreamConversions, subject)
			return m != nil
		})
		if got, want := m.Header.Get(jetsheet.HeaderAttempt), strconv.Itoa(attempt+1); got != want {
			t.Errorf("attempts behind the request: got %q, want %s", got, want)
		}
		if err := conversions.DeleteMsg(t.Context(), m.Sequence); err != nil { // a renderer takes it
			t.Fatal(err)
		}
	}
	lost(jetsheet.MaxAttempts)
	if f := r.failed(request.Conversion()); f.Cause != jetsheet.CauseWorkbookLost || f.Retrying() {
		t.Errorf("failure: got %s, retrying %v, want workbook_lost for good", f.Cause, f.Retrying())
	}
	if m := r.last(jetsheet.StreamConversions, subject); m != nil {
		t.Errorf("request: got %s, want none", m.Data)
	}
}

// TestLostButQueued: a request that came to the lane after the event will be
// rendered, so the event may go. An older one may be about to go itself.
func TestLostButQueued(t *testing.T) {
	t.Parallel()
	for _, older := range []bool{false, true} {
		t.Run("older="+strconv.FormatBool(older), func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			request := r.request(1, "s1")
			e := r.render(request, noise(7000))
			r.spoil(e, 0, r.deleteChunk)
			queue := func() {
				m := nats.NewMsg(jetsheet.RequestSubject(jetsheet.LaneSmall, request.Conversion()))
				m.Data = e.Request
				if _, err := r.js.PublishMsg(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
			if older {
				queue()
			}
			r.announce(e)
			if !older {
				queue()
			}
			r.run(r.uploader())
			if older {
				if f := r.failed(request.Conversion()); f.Cause != jetsheet.CauseWorkbookLost || !f.Retrying() {
					t.Errorf("failure: got %s, retrying %v, want workbook_lost, to be tried again", f.Cause, f.Retrying())
				}
			}
			r.eventually("the event to be settled", func() bool { return r.messages(jetsheet.StreamRendered) == 0 })
			if n := r.messages(jetsheet.StreamConversions); n != 1 {
				t.Errorf("requests: got %d, want the one that was queued", n)
			}
			if n := r.messages(jetsheet.StreamFailed); !older && n != 0 {
				t.Errorf("failures: got %d, want none", n)
			}
		})
	}
}

// TestLostAfterPut: the workbook is on S3 although the event came again and the
// object store has nothing; it is not rendered again.
func TestLostAfterPut(t *testing.T) {
	t.Parallel()
	for _, recorded := range []bool{false, true} {
		t.Run("recorded="+strconv.FormatBool(recorded), func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			request := r.request(1, "s1")
			e := r.event(request, noise(7000))
			r.spoil(e.Rendered, 0, r.deleteChunk)
			if recorded {
				if _, err := r.js.Publish(t.Context(), jetsheet.DoneSubject(request.Conversion()), mustJSON(t, jetsheet.Done{Envelope: jetsheet.CurrentEnvelope(), Run: request.Run, State: jetsheet.DoneSkipped})); err != nil {
					t.Fatal(err)
				}
			} else {
				r.occupy(request.Key, "ours", metadataOf(e))
			}
			r.announce(e.Rendered)
			r.run(r.uploader())
			want := map[bool]jetsheet.DoneState{false: jetsheet.DonePublished, true: jetsheet.DoneSkipped}[recorded]
			if d := r.done(request.Conversion()); d.State != want {
				t.Errorf("done: got %s, want %s", d.State, want)
			}
			r.eventually("the event to be settled", func() bool { return r.messages(jetsheet.StreamRendered) == 0 })
			if n := r.messages(jetsheet.StreamConversions); n != 0 {
				t.Errorf("requests: got %d, want none", n)
			}
		})
	}
}

// TestLostWhileFull: the event is kept until there is room for the request.
func TestLostWhileFull(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s, err := r.js.Stream(t.Context(), jetsheet.StreamConversions)
	if err != nil {
		t.Fatal(err)
	}
	full, roomy := s.CachedInfo().Config, s.CachedInfo().Config
	full.MaxMsgs = 1
	if _, err := r.js.UpdateStream(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	other := r.request(1, "s2")
	if _, err := r.js.Publish(t.Context(), jetsheet.RequestSubject(jetsheet.LaneSmall, other.Conversion()), mustJSON(t, other)); err != nil {
		t.Fatal(err)
	}
	request := r.request(1, "s1")
	e := r.render(request, noise(7000))
	r.spoil(e, 0, r.deleteChunk)
	r.announce(e)
	r.run(r.uploader())
	r.eventually("the uploader to wait", func() bool { return strings.Contains(r.log.String(), "stream CONVERSIONS") })
	if n := r.messages(jetsheet.StreamRendered); n != 1 {
		t.Errorf("events: got %d, want the lost one kept", n)
	}
	if _, err := r.js.UpdateStream(t.Context(), roomy); err != nil {
		t.Fatal(err)
	}
	r.eventually("the request", func() bool {
		return r.last(jetsheet.StreamConversions, jetsheet.RequestSubject(jetsheet.LaneSmall, request.Conversion())) != nil
	})
	r.eventually("the event to be settled", func() bool { return r.messages(jetsheet.StreamRendered) == 0 })
}

// TestStoreIsAway: an object store that cannot be reached is waited for.
func TestStoreIsAway(t *testing.T) {
	t.Parallel()
	r := setup(t)
	u := r.uploader()
	request := r.request(1, "s1")
	e := r.event(request, noise(7000))
	if err := r.js.DeleteObjectStore(t.Context(), jetsheet.StoreWorkbooks); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	_, err := u.store.open(t.Context(), e)
	if err == nil || strings.Contains(err.Error(), errLost.Error()) {
		t.Errorf("open: got %v after %s, want an error that does not call the workbook lost", err, time.Since(started))
	}
}
