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

// TestWaitingRetriesLeaveTheLanesRate drains a lane with and without 500 conversions
// that wait for their retry. Jobs take far longer than their delivery, so that the
// slots they hold decide, and not what else the machine does.
func TestWaitingRetriesLeaveTheLanesRate(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes 30 s")
	}
	const retries, healthy, slots, takes = 500, 240, 12, 100 * time.Millisecond
	b := setup(t, 10*time.Second)
	var failed atomic.Int64
	b.start(b.config(slots, func(_ context.Context, job *delivery.Job) error {
		if strings.HasPrefix(job.Request.Target.Target, "again") {
			failed.Add(1)
			return delivery.Transient(jetsheet.CauseStatement, errors.New("deadlock detected"))
		}
		<-time.After(takes)
		return nil
	}))
	// The best of some, since others use this machine too.
	best := func(name string) time.Duration {
		least := time.Hour
		for round := range 4 {
			names := targets(fmt.Sprintf("%s%d-", name, round), healthy)
			began := time.Now()
			b.publish(jetsheet.LaneSmall, names...)
			b.eventually("the lane is empty", b.drained)
			least = min(least, time.Since(began))
		}
		return least
	}
	without := best("alone")
	b.publish(jetsheet.LaneSmall, targets("again", retries)...)
	b.eventually("they wait for their retry", func() bool { return failed.Load() == retries && b.drained() })
	if got := b.failures(); got != retries {
		t.Fatalf("FAILED records: got %d, want %d", got, retries)
	}
	if f := b.failureOf("again0"); f == nil || !f.Retrying() {
		t.Fatalf("FAILED record: got %+v, want one that is tried again", f)
	}
	with := best("beside")
	t.Logf("%d jobs of %s in %d slots: %s, beside %d that wait for their retry %s", healthy, takes, slots, without, retries, with)
	if with > without+without/10 {
		t.Errorf("%d jobs beside %d that wait for their retry took %s, want within 10 %% of %s", healthy, retries, with, without)
	}
}

// TestExpressStartsAtOnce has every ordinary slot of two workers busy with long jobs
// and more of them queued.
func TestExpressStartsAtOnce(t *testing.T) {
	t.Parallel()
	const slots, limit = 8, 5 * time.Second
	b := setup(t, 5*time.Second)
	release, started := make(chan struct{}), make(chan string, 16)
	var long atomic.Int64
	handle := func(ctx context.Context, job *delivery.Job) error {
		if job.Request.Lane == jetsheet.LaneExpress {
			started <- job.Request.Target.Target
			return nil
		}
		long.Add(1)
		return work(ctx, job, time.Minute, release)
	}
	b.publish(jetsheet.LaneSmall, targets("small", 30)...)
	b.publish(jetsheet.LaneLarge, targets("large", 30)...)
	b.publish(jetsheet.LaneBulk, targets("bulk", 30)...)
	for _, name := range []string{"worker-1", "worker-2"} {
		cfg := b.config(slots, handle)
		cfg.Worker = name
		b.start(cfg)
	}
	b.eventually("every ordinary slot is busy", func() bool { return long.Load() == 2*slots })
	for i := range 10 {
		target := fmt.Sprintf("express%d", i)
		began := time.Now()
		b.publish(jetsheet.LaneExpress, target)
		got := <-started
		if took := time.Since(began); got != target || took > limit {
			t.Errorf("%s started after %s, want %s within %s", got, took, target, limit)
		}
	}
	if got := long.Load(); got != 2*slots {
		t.Errorf("long jobs begun: got %d, want still %d", got, 2*slots)
	}
	close(release)
	b.eventually("all requests are settled", b.drained)
}
