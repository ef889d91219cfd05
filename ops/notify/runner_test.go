package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/micro"

	"github.com/jetsheet/jetsheet"
)

// A channel that hangs delays no other one, and stops nobody from stopping.
func TestAHungChannelDelaysNoOther(t *testing.T) {
	t.Parallel()
	r := setup(t)
	hangs := channels(t, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))["slack"]
	clientOf(hangs).http.Timeout = time.Second
	good := &box{name: "good"}
	r.source.set(concern("r", 1))
	r.start(r.runner("ops-1", hangs, good))
	r.await("the notice", func() bool { return r.overview().Open == 1 })
	r.clock.advance(settle)
	r.await("the other channel's message", func() bool { return len(good.said()) == 1 })
	r.source.set()
	r.await("the other channel's close", func() bool { return len(good.said()) == 2 })
}

// 5,000 conversions of 50 runs fail within moments, and two processes watch: no channel
// gets more than its limit, no notice twice, and the counts are whole.
func TestFiveThousandFailures(t *testing.T) {
	t.Parallel()
	const runs, each = 50, 100
	r := setup(t)
	b := &box{name: "box"}
	for i := range 2 {
		r.start(r.runnerOver(r.seeing(), fmt.Sprintf("ops-%d", i), b))
	}
	for i := range runs {
		r.fail(runOf(int64(i+1)), jetsheet.CauseWorkbook, 0, each)
	}
	whole := func() bool {
		o := r.overview()
		failed := 0
		for _, n := range o.Notices {
			if n.Kind == KindFailures {
				failed += n.Count
			}
		}
		return failed == runs*each
	}
	r.await("all failures in notices", whole)
	r.clock.advance(time.Minute)
	r.await("a storm", func() bool { return r.overview().Open == runs+1 })
	r.clock.advance(settle)
	r.await("the storm notice", func() bool {
		return strings.Contains(strings.Join(b.said(), " "), "open notice.storm.box")
	})
	// The last place is kept for the storm, whether or not its notice has taken another.
	r.await("a full limit", func() bool { return len(b.said()) >= stormLimit-1 })
	// How a channel stands is stored after what it was told.
	before := &ChannelState{}
	r.await("the channel's state", func() bool {
		channels := r.overview().Channels
		if len(channels) > 0 {
			before = channels[0]
		}
		return before.Held >= runs-stormLimit
	})
	// Nothing more comes: after some more looks of both it is as it was.
	for range 3 {
		r.fail(runOf(1), jetsheet.CausePanic, 200, 201)
		r.await("a look at another failure", func() bool {
			_, err := r.kv(jetsheet.BucketNotices).Get(t.Context(), jetsheet.NoticeKey("failures", runOf(1).String(), "panic"))
			return err == nil
		})
	}
	if said := b.said(); len(said) > stormLimit {
		t.Errorf("%d messages with %d held back, want at most %d: %q", len(said), before.Held, stormLimit, said)
	}
	opened := map[string]bool{}
	for _, said := range b.said() {
		if opened[said] {
			t.Errorf("%q was sent twice", said)
		}
		opened[said] = true
	}
	for i := range runs {
		r.done(runOf(int64(i+1)), 0, each)
	}
	r.done(runOf(1), 200, 201)
	r.await("everything mended", func() bool {
		for _, n := range r.overview().Notices {
			if n.Kind == KindFailures {
				return false
			}
		}
		return true
	})
}

// Anybody can ask what is open and how the channels stand.
func TestOverviewByRequest(t *testing.T) {
	t.Parallel()
	r := setup(t)
	bad := &box{name: "bad", fail: func(*Message) error { return errDown }}
	var many []Concern
	for i := range 300 { // more than is shown
		many = append(many, concern(fmt.Sprintf("r%03d", i), i+1))
	}
	r.source.set(many...)
	n := r.runner("ops-1", bad)
	r.start(n)
	var o Overview
	r.await("the answer", func() bool {
		m, err := r.conn.Request(Subject, nil, time.Second)
		return err == nil && json.Unmarshal(m.Data, &o) == nil && o.Open == len(many)
	})
	if len(o.Notices) != maxShown {
		t.Errorf("%d notices in the answer, want %d", len(o.Notices), maxShown)
	}
	for body, want := range map[string]string{
		`{"run":"orders"}`: `"error":"the request is not understood: unknown field \"run\"","next":"leave the body empty","code":"invalid"`,
		`[]`:               `"error":"the request is not understood: it is a JSON array instead of an object","next":"leave the body empty","code":"invalid"`,
		`open`:             `"code":"invalid"`,
		` {} `:             `"open":300`,
	} {
		m, err := r.conn.Request(Subject, []byte(body), 10*time.Second)
		r.check(err)
		if !json.Valid(m.Data) || !strings.Contains(string(m.Data), want) || strings.Contains(want, "invalid") != (m.Header.Get(micro.ErrorCodeHeader) == "invalid") {
			t.Errorf("%s: got %s with %v, want %s", body, m.Data, m.Header, want)
		}
	}
	r.clock.advance(settle)
	r.await("the channel's error", func() bool {
		m, err := r.conn.Request(Subject, nil, time.Second)
		return err == nil && json.Unmarshal(m.Data, &o) == nil && len(o.Channels) == 1 && o.Channels[0].LastError != ""
	})
}

// Nothing is kept by a runner that finds nothing set up, and the error says what helps.
func TestNotSetUp(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.check(r.js.DeleteKeyValue(t.Context(), jetsheet.BucketNotices))
	_, err := New(t.Context(), Config{JetStream: r.js, Source: r.source})
	if err == nil || !strings.Contains(err.Error(), "jetsheet setup") {
		t.Errorf("got error %v, want one that names jetsheet setup", err)
	}
}

// TestToldThatNoticesCannotBeKept: where NATS has no room for a notice, the channels hear of
// that alone, once, and once that it is over. What was of concern is told then.
func TestToldThatNoticesCannotBeKept(t *testing.T) {
	t.Parallel()
	r := setup(t)
	good, sick := &box{name: "good"}, &box{name: "sick"}
	sick.setFail(func(m *Message) error {
		if m.Again {
			return nil
		}
		return errDown
	})
	r.room(1)
	r.source.set(concern("r", 1))
	n := r.runner("ops-1", good, sick)
	r.start(n)
	r.await("a look that fails", func() bool { return n.unkept.failing() })
	if said := good.said(); len(said) != 0 {
		t.Errorf("at once: %q was sent, want nothing before %s", said, DefaultPauseGrace)
	}
	r.clock.advance(DefaultPauseGrace)
	const key = "notice.paused.ops.nats"
	open, again := "open "+key+" 1", "close "+key+" 0"
	r.await("both to be told", func() bool {
		return slices.Equal(good.said(), []string{open}) && slices.Equal(sick.said(), []string{open, open})
	})
	if m := good.got[0]; m.Notice.Runbook != "deploy/runbook/paused_nats.md" || !strings.Contains(m.Notice.FirstError, "maximum bytes exceeded") || m.Number != 1 {
		t.Errorf("got message %d of %+v, want the first, with the error and the page", m.Number, m.Notice)
	}
	answer, err := r.conn.Request(Subject, nil, 10*time.Second)
	var overview Overview
	if err != nil || json.Unmarshal(answer.Data, &overview) != nil || overview.Open != 1 || len(overview.Notices) != 1 || overview.Notices[0].Key != key {
		t.Errorf("asked: got %+v, %v, want the notice alone", overview, err)
	}
	r.room(-1)
	r.await("that it is over", func() bool { return slices.Contains(good.said(), again) && slices.Contains(sick.said(), again) })
	if first, last := good.got[0], good.got[1]; last.Ticket != "t-"+first.Notice.ID || last.Notice.ID != first.Notice.ID || last.Number != 2 {
		t.Errorf("the close is message %d with ticket %q about %s, want 2 about %s", last.Number, last.Ticket, last.Notice.ID, first.Notice.ID)
	}
	r.await("the notice", func() bool { return r.overview().Open == 1 })
	r.clock.advance(settle)
	r.await("the message about it", func() bool { return slices.Contains(good.said(), "open "+concern("r", 1).Key+" 1") })
	if said := good.said(); len(said) != 3 {
		t.Errorf("got %q, want three messages", said)
	}
}

func (u *unkept) failing() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.since.IsZero()
}

// room gives the bucket of notices another limit on its bytes, -1 for none.
func (r *rig) room(maxBytes int64) {
	r.t.Helper()
	stream, err := r.js.Stream(r.t.Context(), "KV_"+jetsheet.BucketNotices)
	r.check(err)
	config := stream.CachedInfo().Config
	config.MaxBytes = maxBytes
	_, err = r.js.UpdateStream(r.t.Context(), config)
	r.check(err)
}
