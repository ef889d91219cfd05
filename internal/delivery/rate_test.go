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

// failsAgain fails for now the conversions that are named for it, at once.
func failsAgain(job *delivery.Job) error {
	if strings.HasPrefix(job.Request.Target.Target, "again") {
		return delivery.Transient(jetsheet.CauseStatement, errors.New("deadlock detected"))
	}
	return nil
}

// TestWaitingRetriesHoldNoSlot: beside conversions that wait for their retry, a lane has
// all of its cap for others.
func TestWaitingRetriesHoldNoSlot(t *testing.T) {
	t.Parallel()
	const retries, most = 100, 12 // the lane's cap
	b := setup(t, forever)
	release := make(chan struct{})
	var running atomic.Int64
	b.start(b.config(most, func(ctx context.Context, job *delivery.Job) error {
		if err := failsAgain(job); err != nil {
			return err
		}
		running.Add(1)
		hold(ctx, release)
		return nil
	}))
	b.publish(jetsheet.LaneSmall, targets("again", retries)...)
	b.eventually("they wait for their retry", func() bool { return b.failures() == retries && b.drained() })
	if f := b.failureOf("again0"); f == nil || !f.Retrying() {
		t.Fatalf("FAILED record: got %+v, want one that is tried again", f)
	}
	b.publish(jetsheet.LaneSmall, targets("s", most)...)
	b.eventually("the whole cap is at work", func() bool { return running.Load() == most })
	close(release)
	b.eventually("all requests are settled", b.drained)
}

// BenchmarkLaneBesideRetries drains a lane of 240 jobs of 100 ms, alone and beside 500
// conversions that wait for their retry.
func BenchmarkLaneBesideRetries(b *testing.B) {
	const healthy, slots, takes = 240, 12, 100 * time.Millisecond
	for name, retries := range map[string]int{"alone": 0, "beside 500": 500} {
		b.Run(name, func(b *testing.B) {
			s := setup(b, 10*time.Second)
			s.start(s.config(slots, func(_ context.Context, job *delivery.Job) error {
				if err := failsAgain(job); err != nil {
					return err
				}
				<-time.After(takes)
				return nil
			}))
			s.publish(jetsheet.LaneSmall, targets("again", retries)...)
			s.eventually("they wait for their retry", func() bool { return s.failures() == uint64(retries) && s.drained() }) //nolint:gosec // not negative
			round := 0
			for b.Loop() {
				round++
				s.publish(jetsheet.LaneSmall, targets(fmt.Sprintf("s%d-", round), healthy)...)
				s.eventually("the lane is empty", s.drained)
			}
		})
	}
}

// TestExpressStartsAtOnce has every ordinary slot of two workers busy with jobs that end
// when the test says so, and more of them queued.
func TestExpressStartsAtOnce(t *testing.T) {
	t.Parallel()
	const slots = 8
	b := setup(t, forever)
	release, started := make(chan struct{}), make(chan string, 16)
	var long atomic.Int64
	handle := func(ctx context.Context, job *delivery.Job) error {
		if job.Request.Lane == jetsheet.LaneExpress {
			started <- job.Request.Target.Target
			return nil
		}
		long.Add(1)
		hold(ctx, release)
		return nil
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
		b.publish(jetsheet.LaneExpress, target)
		if got := <-started; got != target {
			t.Errorf("%s started, want %s", got, target)
		}
	}
	if got := long.Load(); got != 2*slots {
		t.Errorf("long jobs begun: got %d, want still %d", got, 2*slots)
	}
	close(release)
	b.eventually("all requests are settled", b.drained)
}
