package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

const exports = "S3 bucket exports"

// denied answers one target as S3 does where a policy denies its prefix.
func denied(bad func(target string) bool) handler {
	return func(_ context.Context, job *delivery.Job) error {
		if bad(job.Request.Target.Target) {
			return delivery.Doubtful(exports, jetsheet.CauseUploadRefused, errors.New("AccessDenied"))
		}
		job.Used(exports)
		return nil
	}
}

// TestOneJobsOwnTroubleIsNoOutage has one job that is refused each time, and no other job
// at first that might tell whether that is an outage.
func TestOneJobsOwnTroubleIsNoOutage(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	b.publish(jetsheet.LaneSmall, "bad")
	b.start(b.config(2, denied(func(target string) bool { return target == "bad" })))
	b.eventually("the worker says that it is paused", func() bool { return b.pausedOn(jetsheet.ResourceS3) })
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	n := 0
	for ; b.failures() == 0; n++ {
		b.publish(jetsheet.LaneSmall, fmt.Sprintf("good-%d", n))
		<-tick.C
		if n == 1200 {
			t.Fatal("nothing is recorded of a job that failed for a minute while others got through")
		}
	}
	f := b.failureOf("bad")
	if f == nil || f.Cause != jetsheet.CauseUploadRefused || !f.Retrying() || f.Attempts != 1 ||
		!strings.Contains(f.Message, "AccessDenied") || !strings.Contains(f.Message, "while others got through") {
		t.Errorf("FAILED record: got %+v, want an attempt that failed with upload_refused, and why that is no outage", f)
	}
	b.eventually("all others are settled", b.drained)
	b.eventually("the worker is not paused", func() bool { return b.pausedOn("") })
	if got := b.failures(); got != 1 {
		t.Errorf("FAILED records: got %d, want 1", got)
	}
}

// TestAnOutageInDoubtFailsNothing refuses all jobs alike: others are let in to see, and
// nothing is counted.
func TestAnOutageInDoubtFailsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, 3*time.Second)
	var up atomic.Bool
	var seen most
	refuse := denied(func(string) bool { return !up.Load() })
	b.publish(jetsheet.LaneSmall, "a")
	var tried atomic.Int64
	b.start(b.config(3, func(ctx context.Context, job *delivery.Job) error {
		seen.see(job)
		if job.Request.Target.Target != "a" {
			tried.Add(1)
		}
		return refuse(ctx, job)
	}))
	b.eventually("the worker says that it is paused", func() bool { return b.pausedOn(jetsheet.ResourceS3) })
	first, _ := b.state()
	b.publish(jetsheet.LaneSmall, "b", "c", "d", "e")
	b.eventually("others have tried, several times", func() bool { return tried.Load() >= 6 })
	if s, _ := b.state(); s.PausedOn != jetsheet.ResourceS3 || !s.PausedSince.Equal(first.PausedSince) {
		t.Errorf("paused on %q since %s, want on S3 still, since %s", s.PausedOn, s.PausedSince, first.PausedSince)
	}
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records in the outage: got %d, want 0", got)
	}
	up.Store(true)
	b.eventually("all requests are settled", b.drained)
	b.eventually("the worker is not paused", func() bool { return b.pausedOn("") })
	if got := b.failures(); got != 0 || seen.attempt.Load() != 1 {
		t.Errorf("got %d FAILED records and up to %d attempts, want none and 1", got, seen.attempt.Load())
	}
}

// TestJobsInDoubtDoNotHoldAllSlots has a worker of one slot, which a job holds that is
// refused each time. It is put off, nothing is counted, and the others have their turn.
func TestJobsInDoubtDoNotHoldAllSlots(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	cfg := b.config(1, denied(func(target string) bool { return target == "bad" }))
	cfg.PutOff = time.Second
	b.publish(jetsheet.LaneSmall, "bad", "good")
	began := time.Now()
	b.start(cfg)
	b.eventually("all requests have left the queue", b.drained)
	f := b.failureOf("bad")
	if f == nil || f.Cause != jetsheet.CauseUploadRefused || f.Attempts != 0 || !strings.Contains(f.Message, "put off, it waits for "+exports) {
		t.Fatalf("FAILED record: got %+v, want one put off without an attempt", f)
	}
	if after := f.RetryAt.Sub(began); after < 30*time.Second || after > 5*time.Minute {
		t.Errorf("it comes again after %s, want about a minute", after)
	}
	if f := b.failureOf("good"); f != nil {
		t.Errorf("FAILED record of the other: got %+v, want none", f)
	}
	b.eventually("no attempt is counted", func() bool { p := b.progress("bad"); return len(p.Starts) == 0 && p.Attempts == 0 })
}
