package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

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

// TestPutOffIsNoOutcome has a job that kills its worker and is put off by the next one. The
// start without an outcome still counts.
func TestPutOffIsNoOutcome(t *testing.T) {
	t.Parallel()
	c := &crasher{setup(t, 500*time.Millisecond), "puts-off"}
	c.publish(jetsheet.LaneSmall, "bad")
	_, ended, stop := c.life(0, func(kill func()) handler {
		return func(context.Context, *delivery.Job) error {
			kill()
			return errDown
		}
	})
	if err := <-ended; err == nil {
		t.Fatal("the worker's connection was closed; got no error from Run")
	}
	stop()
	cfg := c.config(2, denied(func(string) bool { return true }))
	cfg.Worker, cfg.PutOff = "puts-off-1", time.Millisecond
	c.start(cfg)
	c.eventually("it is put off", func() bool { return c.failures() == 1 })
	c.eventually("its own start is struck off", func() bool {
		p := c.progress("bad")
		return p.Waiting == "" && len(p.Starts) == 1 && p.Starts[0].Worker == "puts-off-0"
	})
}

// TestACrashIsItsJobsOwnTrouble has a query that brings the server down each time. Between
// its tries it meets the recovery, as all others do, and they get through in between.
func TestACrashIsItsJobsOwnTrouble(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	const recovery = 600 * time.Millisecond
	var crashed, crashes atomic.Int64
	others := make(chan struct{})
	b.publish(jetsheet.LaneSmall, "bad")
	b.start(b.config(3, func(ctx context.Context, job *delivery.Job) error {
		switch {
		case time.Since(time.Unix(0, crashed.Load())) < recovery:
			return delivery.Unavailable("database", errors.New("in recovery mode"))
		case job.Request.Target.Target == "bad":
			if crashes.Add(1); job.Attempt == 1 {
				crashed.Store(time.Now().UnixNano())
			} else { // two slots are left for others: with three calls more, one has come to its end
				for range 3 {
					select {
					case <-others:
					case <-ctx.Done():
					}
				}
			}
			return delivery.Doubtful("database", jetsheet.CauseStatement, errors.New("unexpected EOF"))
		}
		select {
		case others <- struct{}{}:
		default:
		}
		job.Used("database")
		return nil
	}))
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for n := 0; b.failures() == 0; n++ {
		b.publish(jetsheet.LaneSmall, fmt.Sprintf("good-%d", n))
		<-tick.C
		if n == 1200 {
			t.Fatalf("nothing is recorded of a job that crashed the server %d times while others got through", crashes.Load())
		}
	}
	if f := b.failureOf("bad"); f == nil || f.Cause != jetsheet.CauseStatement || f.Attempts != 1 {
		t.Errorf("FAILED record: got %+v, want an attempt that failed with %s", f, jetsheet.CauseStatement)
	}
	if got := crashes.Swap(0); got < 4 {
		t.Errorf("the first attempt crashed the server %d times, want 4 at least", got)
	}
	b.eventually("the server has recovered", func() bool { return time.Since(time.Unix(0, crashed.Load())) > recovery })
	r := b.request(jetsheet.LaneSmall, "bad")
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	b.publishRaw(jetsheet.RequestSubject(r.Lane, r.Conversion()), body, nats.Header{jetsheet.HeaderAttempt: {"1"}})
	next := func() bool { f := b.failureOf("bad"); return f != nil && f.Attempts == 2 }
	for n := 0; !next(); n++ {
		b.publish(jetsheet.LaneSmall, fmt.Sprintf("more-%d", n))
		<-tick.C
		if n == 1200 {
			t.Fatal("nothing is recorded of the next attempt")
		}
	}
	if got := crashes.Load(); got != 1 {
		t.Errorf("the next attempt crashed the server %d times, want once", got)
	}
	if f := b.failureOf("bad"); !strings.Contains(f.Message, "tried once while others got through") {
		t.Errorf("FAILED record of the next attempt: got %+v, want it ended by its first try", f)
	}
	b.eventually("all others are settled", b.drained)
}

// TestAnOutageIsNotHammered has a job that others contradict once, as they got through just
// before the outage began. It waits longer from try to try all the same.
func TestAnOutageIsNotHammered(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	var mu sync.Mutex
	var tries []time.Time
	begins := make(chan struct{})
	b.publish(jetsheet.LaneSmall, "a", "before")
	b.start(b.config(2, func(_ context.Context, job *delivery.Job) error {
		if job.Request.Target.Target == "before" {
			job.Used(exports)
			return nil
		}
		mu.Lock()
		first := len(tries) == 0
		tries = append(tries, time.Now())
		mu.Unlock()
		if first {
			<-begins
		}
		return delivery.Doubtful(exports, jetsheet.CauseUploadRefused, errors.New("AccessDenied"))
	}))
	b.eventually("the other one is done", func() bool { return b.queued() == 1 })
	close(begins)
	var seen []time.Time
	b.eventually("it has tried five times", func() bool {
		mu.Lock()
		defer mu.Unlock()
		seen = tries
		return len(seen) >= 5
	})
	if last := seen[4].Sub(seen[3]); last < 2*time.Second {
		t.Errorf("from the fourth try to the fifth: got %s, want 2 s at least", last)
	}
}

// TestWhatAJobWasPutOffForIsStillTold: until it comes again nobody waits, and nothing is
// there again either.
func TestWhatAJobWasPutOffForIsStillTold(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	cfg := b.config(2, denied(func(target string) bool { return target == "bad" }))
	cfg.PutOff = 2 * time.Second
	live := func() jetsheet.WorkerState {
		t.Helper()
		workers, err := delivery.LiveWorkers(t.Context(), b.conn, b.progressBucket())
		if err != nil || len(workers) != 1 {
			t.Fatalf("workers: got %+v, %v, want one", workers, err)
		}
		return workers[0]
	}
	b.publish(jetsheet.LaneSmall, "bad")
	b.start(cfg)
	b.eventually("the worker says that it is paused", func() bool { return b.pausedOn(jetsheet.ResourceS3) })
	first := live()
	b.eventually("the request has left the queue", b.drained)
	if f := b.failureOf("bad"); f == nil || !f.Retrying() || f.Attempts != 0 {
		t.Fatalf("FAILED record: got %+v, want one put off without an attempt", f)
	}
	if s := live(); s.Paused != exports || !s.PausedSince.Equal(first.PausedSince) {
		t.Errorf("after it was put off: paused for %q since %s, want %q still, since %s", s.Paused, s.PausedSince, exports, first.PausedSince)
	}
	b.publish(jetsheet.LaneSmall, "good")
	b.eventually("another one has got through, and nothing is paused", func() bool { return live().Paused == "" })
}
