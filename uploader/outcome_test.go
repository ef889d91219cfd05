package uploader

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// outcome writes an outcome as another worker does, unless there is one.
func (r *rig) outcome(request jetsheet.Request, state jetsheet.DoneState) {
	r.t.Helper()
	d := jetsheet.Done{Envelope: jetsheet.CurrentEnvelope(), Run: request.Run, Tenant: request.Tenant, Target: request.Target.Target, State: state}
	ctx := context.WithoutCancel(r.t.Context())
	if _, err := r.js.Publish(ctx, jetsheet.DoneSubject(request.Conversion()), mustJSON(r.t, d), jetstream.WithExpectLastSequencePerSubject(0)); err != nil {
		r.t.Errorf("write outcome: %v", err)
	}
}

// outcomeIfNone is outcome for a race that others may have won.
func (r *rig) outcomeIfNone(request jetsheet.Request, state jetsheet.DoneState) {
	d := jetsheet.Done{Envelope: jetsheet.CurrentEnvelope(), Run: request.Run, Tenant: request.Tenant, Target: request.Target.Target, State: state}
	_, _ = r.js.Publish(context.WithoutCancel(r.t.Context()), jetsheet.DoneSubject(request.Conversion()), mustJSON(r.t, d), jetstream.WithExpectLastSequencePerSubject(0))
}

// settled waits until no event is left, and checks that the outcome is still the
// given one and that nothing failed.
func (r *rig) settled(request jetsheet.Request, want jetsheet.DoneState) {
	r.t.Helper()
	r.drained()
	if d := r.done(request.Conversion()); d.State != want {
		r.t.Errorf("done: got %s, want %s", d.State, want)
	}
	if n := r.messages(jetsheet.StreamFailed); n != 0 {
		r.t.Errorf("failures: got %d, want none", n)
	}
}

// runOf returns the run of the workbook under a key, "" for none, "?" for another's.
func (r *rig) runOf(key string) string {
	r.t.Helper()
	content, head := r.object(key)
	switch {
	case content == nil:
		return ""
	case head.Metadata[MetaRun] == "":
		return "?"
	}
	return head.Metadata[MetaRun]
}

// TestOutcomeBeforeTheEvent: an event in flight whose conversion has an outcome puts
// nothing on S3, and takes away what an attempt before it may have put there.
func TestOutcomeBeforeTheEvent(t *testing.T) {
	t.Parallel()
	const own, older, newer = "20261015T200000Z-temperature-0", "20261014T200000Z-temperature-0", "20261016T200000Z-temperature-0"
	for _, state := range []jetsheet.DoneState{jetsheet.DoneSkipped, jetsheet.DoneSuperseded, jetsheet.DonePublished} {
		for _, c := range []struct{ name, there, tail, left string }{
			{"nothing", "", "", ""},
			{"our own, of an attempt that crashed", own, "/t1/s1", ""},
			{"another conversion of the run", own, "/t1/s2", own},
			{"an older run", older, "/t1/s1", older},
			{"a newer run", newer, "/t1/s1", newer},
			{"somebody else's", "?", "", "?"},
		} {
			t.Run(string(state)+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				r := setup(t)
				var puts atomic.Int32
				r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
					if q.Method == http.MethodPut {
						puts.Add(1)
					}
					return next.RoundTrip(q)
				})
				request := r.request(15, "s1")
				switch c.there {
				case "":
				case "?":
					r.occupy(request.Key, "theirs", nil)
				default:
					r.occupy(request.Key, "there", map[string]string{MetaRun: c.there, MetaConversion: c.there + c.tail, MetaSHA256: strings.Repeat("ab", 32)})
				}
				r.outcome(request, state)
				r.announce(r.render(request, noise(500)))
				r.run(r.uploader())
				r.settled(request, state)
				want := c.left
				if state == jetsheet.DonePublished {
					want = c.there
				}
				if got := r.runOf(request.Key); got != want {
					t.Errorf("the key holds %q, want %q", got, want)
				}
				if n := puts.Load(); n != 0 {
					t.Errorf("PUTs: got %d, want none", n)
				}
			})
		}
	}
}

// TestOutcomeDuringThePut writes another outcome between the look and the PUT, or
// between the PUT and our own outcome, with every fault around it.
func TestOutcomeDuringThePut(t *testing.T) {
	t.Parallel()
	before := func(outcome func()) hookFunc {
		return func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			outcome()
			return next.RoundTrip(q)
		}
	}
	after := func(outcome func()) hookFunc {
		return func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			defer outcome()
			return next.RoundTrip(q)
		}
	}
	lost := func(outcome func()) hookFunc {
		return func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			outcome()
			return applyThen(q, next)
		}
	}
	pass := func(q *http.Request, next http.RoundTripper) (*http.Response, error) { return next.RoundTrip(q) }
	refuse := func(status int, code string) hookFunc {
		return func(q *http.Request, _ http.RoundTripper) (*http.Response, error) {
			return answer(q, status, code), nil
		}
	}
	for _, c := range []struct {
		name   string
		put    func(outcome func()) hookFunc
		remove hookFunc // for the first DELETE
		size   int
		over   bool // an older run's workbook is replaced
	}{
		{name: "before the PUT", put: before, remove: pass, size: 7000},
		{name: "after the PUT", put: after, remove: pass, size: 7000},
		{name: "the answer of the PUT is lost", put: lost, remove: pass, size: 7000},
		{name: "the answer of the DELETE is lost", put: before, remove: applyThen, size: 7000},
		{name: "the DELETE conflicts", put: before, remove: refuse(409, "ConditionalRequestConflict"), size: 7000},
		{name: "S3 is away", put: before, remove: refuse(503, "SlowDown"), size: 7000},
		{name: "an upload in parts", put: before, remove: pass, size: twelveMiB},
		{name: "it replaced an older run's", put: before, remove: pass, size: 7000, over: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			request := r.request(15, "s1")
			if c.over {
				r.occupy(request.Key, "older", metadataOf(r.event(r.request(14, "s1"), noise(10))))
				r.clearStore()
			}
			put := c.put(sync.OnceFunc(func() { r.outcome(request, jetsheet.DoneSkipped) }))
			var accepted, deletes atomic.Int32
			r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				switch {
				case isWrite(q) && (!c.over || q.Header.Get("If-Match") != ""):
					response, err := put(q, next)
					if err != nil || response.StatusCode == http.StatusOK {
						accepted.Add(1)
					}
					return response, err
				case q.Method == http.MethodDelete && q.Header.Get("If-Match") != "" && deletes.Add(1) == 1:
					return c.remove(q, next)
				}
				return next.RoundTrip(q)
			})
			r.announce(r.render(request, noise(c.size)))
			r.run(smallParts(r.uploader()))
			r.settled(request, jetsheet.DoneSkipped)
			if got := r.runOf(request.Key); got != "" {
				t.Errorf("the key holds %q, want nothing", got)
			}
			if accepted.Load() != 1 || deletes.Load() < 1 {
				t.Errorf("PUTs that were accepted: got %d, DELETEs %d, want 1 and at least 1: the case was not met", accepted.Load(), deletes.Load())
			}
			if !strings.Contains(r.log.String(), "workbook withdrawn") && c.name != "the answer of the DELETE is lost" {
				t.Error("nothing is logged of the workbook withdrawn")
			}
		})
	}
}
