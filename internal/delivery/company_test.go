package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestJobThatKillsItsWorkerTakesNobodyWithIt has long jobs beside one that kills their
// worker as soon as they all have begun.
func TestJobThatKillsItsWorkerTakesNobodyWithIt(t *testing.T) {
	t.Parallel()
	const healthy = 3
	c := &crasher{setup(t, 500*time.Millisecond), "poisoned"}
	c.publish(jetsheet.LaneSmall, "poison")
	c.publish(jetsheet.LaneSmall, targets("healthy", healthy)...)
	var mu sync.Mutex
	effect := map[string]bool{}
	kills, lives := 0, 0
	for ; !c.drained() && lives < 12; lives++ {
		c.poisonedLife(lives, healthy, func(target string) {
			mu.Lock()
			defer mu.Unlock()
			if target == "poison" {
				kills++
			} else {
				effect[target] = true
			}
		})
	}
	mu.Lock()
	defer mu.Unlock()
	if !c.drained() || kills != jetsheet.MaxStarts {
		t.Errorf("after %d lives of a worker: %d requests left, %d kills; want none left and %d kills", lives, c.queued(), kills, jetsheet.MaxStarts)
	}
	if f := c.failureOf("poison"); f == nil || f.Cause != jetsheet.CauseWorkerCrash {
		t.Errorf("FAILED record of the poison: got %+v, want cause worker_crash", f)
	}
	for _, name := range targets("healthy", healthy) {
		if f := c.failureOf(name); !effect[name] || f != nil {
			t.Errorf("%s: effect %t, FAILED record %+v; want the effect and no failure", name, effect[name], f)
		}
	}
}

// poisonedLife runs a worker until it is killed or everything is settled.
func (c *crasher) poisonedLife(n, healthy int, happened func(target string)) {
	c.Helper()
	var begun atomic.Int64
	all := make(chan struct{})
	conn, js := localtest.Connect(c, c.server, nats.NoReconnect())
	cfg := c.config(healthy+1, func(ctx context.Context, job *delivery.Job) error {
		name := job.Request.Target.Target
		if name == "poison" {
			_ = work(ctx, job, 500*time.Millisecond, all) // until they have begun, or alone
			happened(name)
			conn.Close()
			return errDown
		}
		if int(begun.Add(1)) == healthy {
			close(all)
		}
		err := work(ctx, job, 700*time.Millisecond, nil) // longer than the poison takes
		if err == nil {
			happened(name)
		}
		return err
	})
	cfg.JetStream, cfg.Worker, cfg.Grace = js, fmt.Sprintf("%s-%d", c.name, n), time.Millisecond
	stop, ended := c.launch(cfg)
	defer stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !c.drained() {
		select {
		case err := <-ended: // killed
			c.Logf("life %d ended with %v", n, err)
			return
		case <-tick.C:
		}
	}
	stop()
	if err := <-ended; err != nil {
		c.Logf("life %d ended with %v", n, err)
	}
}

func TestLastStartIsMadeAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, 10*time.Second)
	suspects := targets("suspect", 2)
	for _, name := range suspects {
		p := jetsheet.Progress{Envelope: jetsheet.CurrentEnvelope()}
		for i := range jetsheet.MaxStarts - 1 {
			p.Starts = append(p.Starts, jetsheet.Start{Worker: "gone", At: time.Now(), Sequence: 1, Delivery: uint64(i + 1)}) //nolint:gosec // small
		}
		value, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.progressBucket().Put(t.Context(), b.progressKey(name), value); err != nil {
			t.Fatal(err)
		}
	}
	var running, beside atomic.Int64
	var seen calls
	release := make(chan struct{})
	b.publish(jetsheet.LaneSmall, targets("before", 2)...)
	b.start(b.config(6, func(ctx context.Context, job *delivery.Job) error {
		n := running.Add(1)
		defer running.Add(-1)
		seen.add(job)
		switch name := job.Request.Target.Target; name {
		case suspects[0], suspects[1]:
			for range 20 {
				beside.Store(max(beside.Load(), n-1, running.Load()-1))
				if err := work(ctx, job, 10*time.Millisecond, nil); err != nil {
					return err
				}
			}
		case "before0", "before1":
			return work(ctx, job, time.Minute, release)
		}
		return nil
	}))
	b.eventually("two jobs run", func() bool { return running.Load() == 2 })
	b.publish(jetsheet.LaneSmall, suspects...)
	b.eventually("the suspects wait for them", func() bool { return b.consumer(jetsheet.LaneSmall).NumAckPending == 4 })
	b.publish(jetsheet.LaneSmall, targets("after", 20)...)
	close(release)
	b.eventually("all requests are settled", b.drained)
	if got := beside.Load(); got != 0 {
		t.Errorf("jobs beside a last start: got %d, want 0", got)
	}
	for _, name := range append(suspects, targets("after", 20)...) {
		if got := seen.count(name); got != 1 {
			t.Errorf("handler calls for %s: got %d, want 1", name, got)
		}
	}
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
}

func TestShutdownDoesNotWaitForALastStart(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	p := jetsheet.Progress{Envelope: jetsheet.CurrentEnvelope(), Starts: make([]jetsheet.Start, jetsheet.MaxStarts-1)}
	value, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.progressBucket().Put(t.Context(), b.progressKey("suspect"), value); err != nil {
		t.Fatal(err)
	}
	var seen calls
	cfg := b.config(2, func(ctx context.Context, job *delivery.Job) error {
		seen.add(job)
		<-ctx.Done()
		return ctx.Err()
	})
	cfg.Grace = 50 * time.Millisecond
	b.publish(jetsheet.LaneSmall, "long")
	stop := b.start(cfg)
	b.eventually("a job runs", func() bool { return seen.count("long") == 1 })
	b.publish(jetsheet.LaneSmall, "suspect")
	b.eventually("the suspect waits", func() bool { return b.consumer(jetsheet.LaneSmall).NumAckPending == 2 })
	stop()
	if got := len(b.progress("suspect").Starts); got != jetsheet.MaxStarts-1 || seen.count("suspect") != 0 {
		t.Errorf("a last start that was not made: got %d starts, %d calls; want %d and none", got, seen.count("suspect"), jetsheet.MaxStarts-1)
	}
	b.start(b.config(2, func(context.Context, *delivery.Job) error { return nil }))
	b.eventually("what was given back comes at once", b.drained)
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
}
