package uploader

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// occupy puts an object under a key, past the uploader.
func (r *rig) occupy(key, content string, meta map[string]string) {
	r.t.Helper()
	_, err := r.direct.PutObject(r.t.Context(), &s3.PutObjectInput{
		Bucket: &r.bucket, Key: &key, Body: strings.NewReader(content), Metadata: meta,
	})
	if err != nil {
		r.t.Fatalf("put %s: %v", key, err)
	}
}

// TestKeyIsTaken goes through everything that may lie under a key.
func TestKeyIsTaken(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("ab", 32)
	object := func(run, tail string) map[string]string {
		return map[string]string{MetaRun: run, MetaConversion: run + tail, MetaSHA256: sum, MetaRows: "7", MetaVersion: "v0"}
	}
	for _, c := range []struct {
		name  string
		there map[string]string
		state jetsheet.DoneState
		by    string
		cause jetsheet.Cause
		says  string
	}{
		{name: "same conversion", there: object("20261015T200000Z-temperature-0", "/t1/s1"), state: jetsheet.DonePublished},
		{name: "older tick", there: object("20261014T200000Z-temperature-0", "/t1/s1"), state: jetsheet.DonePublished},
		{name: "older tick, higher rerun", there: object("20261014T200000Z-temperature-1790000000000", "/t1/s1"), state: jetsheet.DonePublished},
		{name: "older tick, other target", there: object("20261014T200000Z-temperature-0", "/t1/s2"), state: jetsheet.DonePublished},
		{name: "newer tick", there: object("20261016T200000Z-temperature-0", "/t1/s1"), state: jetsheet.DoneSuperseded, by: "20261016T200000Z-temperature-0"},
		{name: "newer rerun", there: object("20261015T200000Z-temperature-10", "/t1/s1"), state: jetsheet.DoneSuperseded, by: "20261015T200000Z-temperature-10"},
		{name: "same run, other target", there: object("20261015T200000Z-temperature-0", "/t1/s2"), cause: jetsheet.CauseKeyOccupied, says: "of the same run"},
		{name: "older, other tenant", there: object("20261014T200000Z-temperature-0", "/t2/s1"), cause: jetsheet.CauseKeyOccupied, says: "of the tenant t2"},
		{name: "newer, other tenant", there: object("20261016T200000Z-temperature-0", "/t2/s1"), cause: jetsheet.CauseKeyOccupied, says: "of the tenant t2"},
		{name: "other report", there: object("20261014T200000Z-cleaning-0", "/t1/s1"), cause: jetsheet.CauseKeyOccupied, says: "of the report cleaning"},
		{name: "no metadata", there: nil, cause: jetsheet.CauseKeyOccupied, says: "no metadata of a jetsheet workbook; move it away, then: jetsheet failures replay 20261015T200000Z-temperature-0/t1/s1"},
		{name: "run that is none", there: object("yesterday", "/t1/s1"), cause: jetsheet.CauseKeyOccupied, says: `run is "yesterday"`},
		{name: "no digest", there: map[string]string{MetaRun: "20261014T200000Z-temperature-0", MetaConversion: "20261014T200000Z-temperature-0/t1/s1"}, cause: jetsheet.CauseKeyOccupied, says: `sha256 is ""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			request := r.request(15, "s1")
			r.occupy(request.Key, "before", c.there)
			r.announce(r.render(request, noise(500)))
			r.run(r.uploader())
			replaced := strings.HasPrefix(c.name, "older tick")
			if c.cause != "" {
				f := r.failed(request.Conversion())
				if f.Cause != c.cause || !strings.Contains(f.Message, c.says) || !strings.Contains(f.Message, request.Key) || f.Retrying() {
					t.Errorf("failure: got %s %q, want %s with %q and the key, for good", f.Cause, f.Message, c.cause, c.says)
				}
			} else {
				d := r.done(request.Conversion())
				if d.State != c.state || d.By != c.by {
					t.Errorf("done: got %s by %q, want %s by %q", d.State, d.By, c.state, c.by)
				}
				if c.name == "same conversion" && (d.SHA256 != sum || d.Rows != 7 || d.Version != "v0" || d.SizeBytes != 6) {
					t.Errorf("done: got %+v, want what the object says: 6 bytes, 7 rows, v0", d)
				}
				if c.by != "" && (d.Reason != ReasonNewerRun || d.SHA256 != "") {
					t.Errorf("done: got reason %q and digest %q, want %q and none", d.Reason, d.SHA256, ReasonNewerRun)
				}
			}
			content, _ := r.object(request.Key)
			if got := !bytes.Equal(content, []byte("before")); got != replaced {
				t.Errorf("object replaced: got %v, want %v", got, replaced)
			}
			r.drained()
		})
	}
}

// TestSixteenEventsOneObject lets sixteen attempts at one conversion, on four
// workers, race.
func TestSixteenEventsOneObject(t *testing.T) {
	t.Parallel()
	r := setup(t)
	var puts atomic.Int32
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		answer, err := next.RoundTrip(q)
		if q.Method == http.MethodPut && err == nil && answer.StatusCode == http.StatusOK {
			puts.Add(1)
		}
		return answer, err
	})
	request := r.request(1, "s1")
	for i := range 16 {
		r.announce(r.render(request, noise(1000+i)))
	}
	for range 4 {
		r.run(r.uploader())
	}
	r.drained()
	d := r.done(request.Conversion())
	if n := puts.Load(); n != 1 {
		t.Errorf("successful PUTs: got %d, want 1", n)
	}
	if n := r.messages(jetsheet.StreamDone); n != 1 {
		t.Errorf("done records: got %d, want 1", n)
	}
	if s, err := r.js.Stream(t.Context(), jetsheet.StreamDone); err != nil || s.CachedInfo().State.LastSeq != 1 {
		t.Errorf("done records ever written: got %+v, %v, want 1", s.CachedInfo().State, err)
	}
	if _, head := r.object(request.Key); head.Metadata[MetaSHA256] != d.SHA256 {
		t.Errorf("done record has digest %s, the object %s", d.SHA256, head.Metadata[MetaSHA256])
	}
	if n := r.messages(jetsheet.StreamFailed); n != 0 {
		t.Errorf("failures: got %d, want none", n)
	}
}

// TestNeverOlderOverNewer publishes runs of one key in random orders, three at a
// time, and watches the key after every PUT.
func TestNeverOlderOverNewer(t *testing.T) {
	t.Parallel()
	r := setup(t)
	u := r.uploader()
	const runs, orders = 5, 200
	for order := range orders {
		target := fmt.Sprintf("s%d", order)
		events := make([]*event, runs)
		for day := range events {
			events[day] = r.event(r.request(day+1, target), noise(100+day))
		}
		perm := rand.New(rand.NewPCG(uint64(order), 1)).Perm(runs)
		var racing sync.WaitGroup
		slots := make(chan struct{}, 3)
		states := make([]jetsheet.DoneState, runs)
		for _, day := range perm {
			slots <- struct{}{}
			racing.Go(func() {
				defer func() { <-slots }()
				out, err := u.publish(t.Context(), &delivery.Job{}, events[day])
				if err != nil {
					t.Errorf("order %v: publish day %d: %v", perm, day, err)
					return
				}
				states[day] = out.state
			})
		}
		racing.Wait()
		_, head := r.object("t1/" + target + ".xlsx")
		if got, want := head.Metadata[MetaRun], events[runs-1].Request.Run.String(); got != want {
			t.Fatalf("order %v: the key holds %s, want the newest, %s", perm, got, want)
		}
		if states[runs-1] != jetsheet.DonePublished {
			t.Errorf("order %v: the newest run is %s, want published", perm, states[runs-1])
		}
	}
}

// event renders a workbook and returns its event without a message.
func (r *rig) event(request jetsheet.Request, content []byte) *event {
	r.t.Helper()
	e := &event{Rendered: r.render(request, content), Request: request}
	if err := e.check(); err != nil {
		r.t.Fatal(err)
	}
	return e
}

// TestReplaceMeetsOthers changes the object between the look and the write.
func TestReplaceMeetsOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		meddle func(r *rig, key string, newer *event)
		want   jetsheet.DoneState
	}{
		{"it is deleted", func(r *rig, key string, _ *event) {
			if _, err := r.direct.DeleteObject(context.WithoutCancel(t.Context()), &s3.DeleteObjectInput{Bucket: &r.bucket, Key: &key}); err != nil {
				t.Error(err)
			}
		}, jetsheet.DonePublished},
		{"a newer one comes", func(r *rig, key string, newer *event) { r.occupy(key, "newer", metadataOf(newer)) }, jetsheet.DoneSuperseded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			u := r.uploader()
			older, ours, newer := r.event(r.request(1, "s1"), noise(10)), r.event(r.request(2, "s1"), noise(20)), r.event(r.request(3, "s1"), noise(30))
			r.occupy(ours.Request.Key, "older", metadataOf(older))
			var once sync.Once
			r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				if q.Method == http.MethodPut && q.Header.Get("If-Match") != "" {
					once.Do(func() { c.meddle(r, ours.Request.Key, newer) })
				}
				return next.RoundTrip(q)
			})
			out, err := u.publish(t.Context(), &delivery.Job{}, ours)
			if err != nil || out.state != c.want {
				t.Fatalf("publish: got %+v, %v, want %s", out, err, c.want)
			}
			_, head := r.object(ours.Request.Key)
			want := map[jetsheet.DoneState]string{jetsheet.DonePublished: ours.Request.Run.String(), jetsheet.DoneSuperseded: newer.Request.Run.String()}[c.want]
			if got := head.Metadata[MetaRun]; got != want {
				t.Errorf("the key holds %s, want %s", got, want)
			}
		})
	}
}

// A newer run with the bytes of the oldest one comes between another one's look and its
// write. Bytes alone would make its ETag that of the oldest.
func TestReplaceMeetsTheBytesItLookedAt(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"small": 10_000, "in parts": twelveMiB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			u := smallParts(r.uploader())
			runs := make([]*event, 4) // the days 1, 3 and 4 have the same bytes
			for day := range runs {
				content := noise(size)
				if day == 1 {
					content = noise(size + 1)
				}
				runs[day] = r.event(r.request(day+1, "s1"), content)
			}
			key := runs[0].Request.Key
			publish := func(e *event) *outcome {
				out, err := u.publish(context.WithoutCancel(t.Context()), &delivery.Job{}, e)
				if err != nil {
					t.Errorf("publish %s: %v", e.Request.Run, err)
				}
				return out
			}
			publish(runs[0])
			_, before := r.object(key)
			var met atomic.Bool // the newer run's own write comes by here too
			r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				if isWrite(q) && q.Header.Get("If-Match") != "" && met.CompareAndSwap(false, true) {
					publish(runs[2])
				}
				return next.RoundTrip(q)
			})
			if out := publish(runs[1]); out == nil || out.state != jetsheet.DoneSuperseded {
				t.Errorf("the older run is %+v, want superseded", out)
			}
			content, head := r.object(key)
			if head.Metadata[MetaRun] != runs[2].Request.Run.String() || *head.ETag == *before.ETag || !bytes.Equal(content, noise(size)) {
				t.Errorf("the key holds %d bytes of %s with ETag %s, want the newest run's with another ETag than %s", len(content), head.Metadata[MetaRun], *head.ETag, *before.ETag)
			}
			etag := *head.ETag
			publish(runs[3])
			if _, head := r.object(key); head.Metadata[MetaRun] != runs[3].Request.Run.String() || *head.ETag == etag {
				t.Errorf("the next run of the same bytes: the key holds %s with ETag %s, want its own with another one than before", head.Metadata[MetaRun], *head.ETag)
			}
		})
	}
}
