package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// The server acknowledges a message before its consumers have counted it, and says
// until then that a queue is empty: the order holds among what has been counted.
func TestLanesAreAskedInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, 5*time.Second)
	for i := len(jetsheet.Lanes()) - 1; i >= 0; i-- {
		lane := jetsheet.Lanes()[i]
		b.publish(lane, targets(string(lane), 3)...)
	}
	b.eventually("the server has counted the requests", func() bool {
		return !slices.ContainsFunc(jetsheet.Lanes(), func(l jetsheet.Lane) bool { return b.consumer(l).NumPending != 3 })
	})
	var seen calls
	cfg := b.config(1, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil })
	cfg.Queues[0].ExtraSlot = false
	b.start(cfg)
	b.eventually("all requests are settled", b.drained)
	var want []string
	for _, lane := range []string{"express", "small", "large", "bulk"} {
		want = append(want, lane, lane, lane)
	}
	if got := seen.lanes(); !slices.Equal(got, want) {
		t.Errorf("order of lanes: got %v, want %v", got, want)
	}
}

func TestLastOrdinarySlotIsNotForLarge(t *testing.T) {
	t.Parallel()
	b := setup(t, 5*time.Second)
	release := make(chan struct{})
	var large, most, small atomic.Int64
	b.publish(jetsheet.LaneLarge, targets("l", 4)...)
	b.start(b.config(3, func(ctx context.Context, job *delivery.Job) error {
		if job.Request.Lane == jetsheet.LaneSmall {
			small.Add(1)
			return nil
		}
		n := large.Add(1)
		most.Store(max(most.Load(), n))
		hold(ctx, release)
		large.Add(-1)
		return nil
	}))
	b.eventually("two large jobs run", func() bool { return large.Load() == 2 })
	b.publish(jetsheet.LaneSmall, targets("s", 50)...)
	b.eventually("small jobs pass by", func() bool { return small.Load() == 50 })
	if got := most.Load(); got != 2 {
		t.Errorf("large jobs at a time in 3 slots: got %d, want 2", got)
	}
	close(release)
	b.eventually("all requests are settled", b.drained)
}

func TestExpressHasASlotOfItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t, 5*time.Second)
	release := make(chan struct{})
	var small, express atomic.Int64
	b.publish(jetsheet.LaneSmall, targets("s", 5)...)
	b.start(b.config(2, func(ctx context.Context, job *delivery.Job) error {
		if job.Request.Lane == jetsheet.LaneExpress {
			express.Add(1)
			return nil
		}
		small.Add(1)
		hold(ctx, release)
		return nil
	}))
	b.eventually("the ordinary slots are taken", func() bool { return small.Load() == 2 })
	b.publish(jetsheet.LaneExpress, targets("e", 4)...)
	b.eventually("express jobs run", func() bool { return express.Load() == 4 })
	if got := small.Load(); got != 2 {
		t.Errorf("small jobs begun in 2 slots: got %d, want 2", got)
	}
	close(release)
	b.eventually("all requests are settled", b.drained)
}

func TestCapIsSharedByWorkers(t *testing.T) {
	t.Parallel()
	const lane, most = jetsheet.LaneSmall, 12
	b := setup(t, 5*time.Second)
	release := make(chan struct{})
	var running, peak, begun atomic.Int64
	handle := func(ctx context.Context, _ *delivery.Job) error {
		n := running.Add(1)
		for p := peak.Load(); n > p && !peak.CompareAndSwap(p, n); p = peak.Load() {
		}
		begun.Add(1)
		hold(ctx, release)
		running.Add(-1)
		return nil
	}
	b.publish(lane, targets("s", 60)...)
	for _, name := range []string{"worker-1", "worker-2"} {
		cfg := b.config(10, handle)
		cfg.Worker = name
		b.start(cfg)
	}
	b.eventually("the cap is reached", func() bool { return begun.Load() == most })
	for range 20 { // what goes on at the cap
		select {
		case release <- struct{}{}:
		case <-t.Context().Done():
		}
	}
	b.eventually("the cap is reached again", func() bool { return begun.Load() == most+20 })
	close(release)
	b.eventually("all requests are settled", b.drained)
	if got := peak.Load(); got != most {
		t.Errorf("jobs at a time over two workers of 10 slots: got %d, want the lane's cap %d", got, most)
	}
	if got := b.consumer(lane).NumRedelivered; got != 0 {
		t.Errorf("redelivered requests: got %d, want 0", got)
	}
}

func TestLaneAtItsCapDoesNotBlockOthers(t *testing.T) {
	t.Parallel()
	b := setup(t, 5*time.Second)
	release := make(chan struct{})
	var large, others atomic.Int64
	b.publish(jetsheet.LaneLarge, targets("l", 8)...)
	var deliveries atomic.Uint64
	b.start(b.config(8, func(ctx context.Context, job *delivery.Job) error {
		if job.Request.Lane == jetsheet.LaneLarge {
			deliveries.Add(job.Delivery)
			large.Add(1)
			hold(ctx, release)
			return nil
		}
		others.Add(1)
		return nil
	}))
	b.eventually("large is at its cap", func() bool { return large.Load() == 4 })
	b.publish(jetsheet.LaneBulk, targets("b", 200)...)
	b.publish(jetsheet.LaneSmall, targets("s", 200)...)
	// Behind large in order, so each of them would wait if the cap blocked.
	b.eventually("bulk and small are done", func() bool { return others.Load() == 400 })
	close(release)
	b.eventually("all requests are settled", b.drained)
	if got := deliveries.Load(); got != 8 {
		t.Errorf("deliveries of 8 large requests: got %d, want 8", got)
	}
}

func TestBurstAfterIdle(t *testing.T) {
	t.Parallel()
	b := setup(t, 5*time.Second)
	var seen calls
	b.start(b.config(4, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil }))
	b.eventually("a pull stands on every lane", func() bool {
		for _, lane := range jetsheet.Lanes() {
			if b.consumer(lane).NumWaiting != 1 {
				return false
			}
		}
		return true
	})
	for round := range 3 {
		for _, lane := range jetsheet.Lanes() {
			b.publish(lane, targets(string(lane)+string(rune('a'+round)), 30)...)
		}
		b.eventually("the burst is settled", b.drained)
	}
	if got := seen.all.Load(); got != 360 {
		t.Errorf("handler calls: got %d, want 360", got)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	var open atomic.Bool
	var asked, begun atomic.Int64
	cfg := b.config(2, func(context.Context, *delivery.Job) error { begun.Add(1); return nil })
	cfg.Gate = func(context.Context) error {
		asked.Add(1)
		if open.Load() {
			return nil
		}
		return errors.New("bucket workbooks is 81 % full")
	}
	b.publish(jetsheet.LaneSmall, "a", "b")
	b.start(cfg)
	b.eventually("the gate was asked", func() bool { return asked.Load() >= 3 })
	if got := begun.Load(); got != 0 {
		t.Errorf("jobs begun behind a closed gate: got %d, want 0", got)
	}
	open.Store(true)
	b.eventually("the requests are settled", b.drained)
	b.eventually("it is logged", func() bool { return b.logs.has("fetching paused") && b.logs.has("fetching resumed") })

	open.Store(false)
	closedAt := asked.Load()
	b.eventually("the gate was asked again", func() bool { return asked.Load() >= closedAt+2 })
	b.publish(jetsheet.LaneSmall, "c")
	closedAt = asked.Load()
	b.eventually("the gate was asked again", func() bool { return asked.Load() >= closedAt+3 })
	if got := begun.Load(); got != 2 {
		t.Errorf("jobs begun after the gate closed again: got %d, want still 2", got)
	}
	open.Store(true)
	b.eventually("the last request is settled", b.drained)
}

// TestClosedGateHoldsWhatWaits: a job that found the store full would read the database
// again with every try, for as long as the store stays so.
func TestClosedGateHoldsWhatWaits(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	var full atomic.Bool
	var asked, begun atomic.Int64
	cfg := b.config(1, func(context.Context, *delivery.Job) error {
		if begun.Add(1) == 1 {
			full.Store(true)
		}
		if full.Load() {
			return delivery.Unavailable("object store workbooks", errors.New("it is full"))
		}
		return nil
	})
	cfg.Gate = func(context.Context) error {
		defer asked.Add(1)
		if full.Load() {
			return errors.New("the store is 100 % full")
		}
		return nil
	}
	b.start(cfg)
	b.publish(jetsheet.LaneSmall, "a")
	b.eventually("the job has begun", func() bool { return begun.Load() > 0 })
	closed := asked.Load()
	b.eventually("the gate is closed", func() bool { return asked.Load() >= closed+2 })
	before := begun.Load()
	b.eventually("the gate was asked for some pauses", func() bool { return asked.Load() >= closed+10 })
	if got := begun.Load(); got != before {
		t.Errorf("tries behind a closed gate: got %d, want none", got-before)
	}
	full.Store(false)
	b.eventually("the request is settled", b.drained)
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
}

func TestTwoWorkersHandleEachRequestOnce(t *testing.T) {
	t.Parallel()
	const n = 2000
	b := setup(t, 10*time.Second)
	for i, target := range targets("s", n) {
		r := b.request(jetsheet.Lanes()[i%4], target)
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.js.PublishAsync(jetsheet.RequestSubject(r.Lane, r.Conversion()), body, jetstream.WithStallWait(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	<-b.js.PublishAsyncComplete()
	var seen calls
	for _, name := range []string{"worker-1", "worker-2"} {
		cfg := b.config(6, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil })
		cfg.Worker = name
		b.start(cfg)
	}
	b.eventually("all requests are settled", b.drained)
	for _, target := range targets("s", n) {
		if got := seen.count(target); got != 1 {
			t.Errorf("handler calls for %s: got %d, want 1", target, got)
		}
	}
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
}
