package delivery_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestRefusalIsToldInPlaceOfATimeOut: the job waits, and people read which right is
// missing instead of an outage.
func TestRefusalIsToldInPlaceOfATimeOut(t *testing.T) {
	t.Parallel()
	b := setup(t, 2*time.Second)
	var granted atomic.Bool
	cfg := b.config(1, func(context.Context, *delivery.Job) error {
		if granted.Load() {
			return nil
		}
		return delivery.Unavailable("stream "+jetsheet.StreamRendered, context.DeadlineExceeded)
	})
	subject := jetsheet.RenderedSubject(jetsheet.RouteNew, b.conversion("a"))
	cfg.Refusal = func(_ time.Time, concerns func(string) bool) *delivery.RefusedError {
		if !concerns(subject) {
			return nil
		}
		return &delivery.RefusedError{Action: "publish", Subject: subject, User: "user renderer"}
	}
	b.publish(jetsheet.LaneSmall, "a")
	b.start(cfg)
	const brief = "stream RENDERED: permission denied: publish to conversions.rendered.publish.… (user renderer)"
	full := "permission denied by NATS: publish to \"" + subject + "\" (user renderer)"
	b.eventually("progress and worker say so", func() bool {
		p := b.progress("a")
		s, ok := b.state()
		return ok && p.Waiting == brief && strings.HasPrefix(p.LastError, full) &&
			s.Paused == brief && s.PausedOn == jetsheet.ResourceNATS && strings.HasPrefix(s.LastError, full)
	})
	if n := b.failures(); n != 0 {
		t.Errorf("FAILED records: got %d, want none", n)
	}
	granted.Store(true)
	b.eventually("the request is settled", b.drained)
}

// TestRefusalsConcern: what is refused to another conversion, or on something else, does
// not explain why this one waits.
func TestRefusalsConcern(t *testing.T) {
	t.Parallel()
	b := setup(t, 2*time.Second)
	own, other := b.conversion("a"), b.conversion("b")
	for waiting, subjects := range map[string]map[string]bool{
		"stream RENDERED": {
			jetsheet.RenderedSubject(jetsheet.RouteNew, own): true, jetsheet.RenderedSubject(jetsheet.RouteShadow, own): true,
			jetsheet.RenderedSubject(jetsheet.RouteNew, other): false, jetsheet.DoneSubject(own): false,
			"$JS.API.STREAM.INFO.RENDERED": true, "$JS.API.STREAM.INFO.DONE": false,
		},
		"stream DONE": {
			"$JS.API.DIRECT.GET.DONE." + jetsheet.DoneSubject(own): true, "$JS.API.DIRECT.GET.DONE." + jetsheet.DoneSubject(other): false,
		},
		"KV bucket progress": {
			"$KV.progress." + b.progressKey("a"): true, "$KV.progress." + b.progressKey("b"): false,
			"$JS.API.STREAM.INFO.KV_progress": true, "$KV.runs.x": false,
		},
		"KV bucket runs":         {"$JS.API.STREAM.MSG.GET.KV_runs": true, "$KV.runs." + b.run.String(): true},
		"object store workbooks": {"$O.workbooks.C.nuid": true, "$O.plans.C.nuid": false, "$JS.API.STREAM.INFO.OBJ_workbooks": true},
		"database":               {"$JS.API.STREAM.INFO.DONE": false, "database": false},
	} {
		got := make(map[string]bool, len(subjects))
		asked := make(chan struct{})
		cfg := b.config(1, func(context.Context, *delivery.Job) error {
			return delivery.Unavailable(waiting, context.DeadlineExceeded)
		})
		var once sync.Once
		cfg.Refusal = func(_ time.Time, concerns func(string) bool) *delivery.RefusedError {
			once.Do(func() {
				for subject := range subjects {
					got[subject] = concerns(subject)
				}
				close(asked)
			})
			return nil
		}
		b.publish(jetsheet.LaneSmall, "a")
		stop := b.start(cfg)
		<-asked
		stop()
		for subject, want := range subjects {
			if got[subject] != want {
				t.Errorf("waiting for %s: a refusal of %s concerns it: got %t, want %t", waiting, subject, got[subject], want)
			}
		}
		b.purge()
	}
}

func (b *bench) purge() {
	b.Helper()
	s, err := b.js.Stream(b.Context(), jetsheet.StreamConversions)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Purge(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// TestRowsAreThoseOfTheLastTry: a handler that is called again begins anew, unless it has
// kept its work.
func TestRowsAreThoseOfTheLastTry(t *testing.T) {
	t.Parallel()
	b := setup(t, 2*time.Second)
	var of calls
	b.start(b.config(2, func(_ context.Context, job *delivery.Job) error {
		of.add(job)
		if job.Kept == nil {
			job.Rows(5)
		}
		if job.Request.Target.Target == "kept" {
			job.Kept = "work"
		}
		if of.count(job.Request.Target.Target) < 3 {
			return delivery.Unavailable("stream RENDERED", errDown)
		}
		return nil
	}))
	b.publish(jetsheet.LaneSmall, "anew", "kept")
	b.eventually("all requests are settled", b.drained)
	for _, target := range []string{"anew", "kept"} {
		b.eventually(target+" has its final record", func() bool { p := b.progress(target); return p.Starts == nil && p.Waiting == "" })
		if p := b.progress(target); p.Rows != 5 || of.count(target) != 3 {
			t.Errorf("%s: got %d rows after %d tries, want 5 after 3", target, p.Rows, of.count(target))
		}
	}
}
