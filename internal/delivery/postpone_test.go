package delivery_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// What is not ready waits outside the slots: others get through, nothing is counted, and
// no start is written however often it is looked at.
func TestPostponedHoldsNoSlot(t *testing.T) {
	t.Parallel()
	b := setup(t, 5*time.Second)
	b.publish(jetsheet.LaneSmall, "a", "b", "c", "d")
	var ready atomic.Bool
	var asked calls
	cfg := b.config(1, func(_ context.Context, job *delivery.Job) error {
		if found, ok := job.Kept.(string); !ok || found != "found "+job.Request.Target.Target || job.Attempt != 1 {
			t.Errorf("Handle got %v in attempt %d, want what Ready found, in attempt 1", job.Kept, job.Attempt)
		}
		return nil
	})
	cfg.Ready = func(_ context.Context, job *delivery.Job) error {
		if asked.add(job); !ready.Load() && job.Request.Target.Target != "z" {
			return delivery.Postpone(50*time.Millisecond, errors.New("not there"))
		}
		job.Kept = "found " + job.Request.Target.Target
		return nil
	}
	b.start(cfg)
	b.eventually("each was asked about often", func() bool {
		return asked.count("a") > jetsheet.MaxStarts && asked.count("d") > jetsheet.MaxStarts
	})
	b.publish(jetsheet.LaneSmall, "z")
	b.eventually("another one got through", func() bool { return !b.progress("z").UpdatedAt.IsZero() })
	if p := b.progress("a"); !p.UpdatedAt.IsZero() {
		t.Errorf("progress of one that was put off: got %+v, want no record", p)
	}
	ready.Store(true)
	b.eventually("all are done", b.drained)
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
}

// Ready's errors have the classes of Handle's.
func TestReadyMayFail(t *testing.T) {
	t.Parallel()
	b := setup(t, 5*time.Second)
	b.publish(jetsheet.LaneSmall, "refused", "panics", "unavailable")
	var waited atomic.Bool
	cfg := b.config(3, func(context.Context, *delivery.Job) error { return nil })
	cfg.Ready = func(_ context.Context, job *delivery.Job) error {
		switch job.Request.Target.Target {
		case "refused":
			return delivery.Permanent(jetsheet.CauseBadMessage, errors.New("planted"))
		case "panics":
			panic("planted")
		}
		if !waited.Swap(true) {
			return delivery.Unavailable("S3 bucket b", errors.New("planted"))
		}
		return nil
	}
	b.start(cfg)
	b.eventually("all are settled", b.drained)
	for target, want := range map[string]jetsheet.Cause{"refused": jetsheet.CauseBadMessage, "panics": jetsheet.CausePanic} {
		if f := b.failureOf(target); f.Cause != want || f.Attempts != 1 {
			t.Errorf("failure of %s: got %s after %d attempts, want %s after 1", target, f.Cause, f.Attempts, want)
		}
	}
	if b.failures() != 2 || !waited.Load() {
		t.Errorf("got %d failures, want 2: what is unavailable is waited for", b.failures())
	}
}
