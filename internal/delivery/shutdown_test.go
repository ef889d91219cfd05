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

// forever is an AckWait that no test outlives: what comes again did not wait for it.
const forever = 10 * time.Minute

func TestShutdownFinishesOrGivesBack(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	for round := range 20 {
		quick, slow := targets(fmt.Sprintf("q%d-", round), 2), targets(fmt.Sprintf("s%d-", round), 2)
		begun, finish := make(chan struct{}, 4), make(chan struct{})
		b.publish(jetsheet.LaneSmall, append(quick, slow...)...)
		cfg := b.config(5, func(ctx context.Context, job *delivery.Job) error {
			begun <- struct{}{}
			if strings.HasPrefix(job.Request.Target.Target, "s") {
				<-ctx.Done()
				return ctx.Err()
			}
			<-finish
			return nil
		})
		cfg.Grace = 100 * time.Millisecond
		stop, ended := b.launch(cfg)
		for range 4 {
			<-begun
		}
		stop()
		close(finish) // within the grace
		if err := <-ended; err != nil {
			t.Fatalf("round %d: Run: got error %v, want nil", round, err)
		}
		if got := b.queued(); got != 2 {
			t.Errorf("round %d: requests left: got %d, want the 2 slow ones", round, got)
		}
		for _, target := range slow {
			b.eventually("the start is struck off", func() bool { return len(b.progress(target).Starts) == 0 })
		}
		stopNext := b.start(b.config(5, func(_ context.Context, job *delivery.Job) error {
			if job.Attempt != 1 {
				t.Errorf("round %d: attempt after a give-back: got %d, want 1", round, job.Attempt)
			}
			return nil
		}))
		b.eventually("what was given back comes at once", b.drained)
		stopNext()
	}
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
}

func TestShutdownDoesNotWaitForWhatIsUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	b.publish(jetsheet.LaneSmall, targets("a", 3)...)
	cfg := b.config(3, func(context.Context, *delivery.Job) error { return delivery.Unavailable("database", errDown) })
	cfg.Grace = forever
	stop := b.start(cfg)
	b.eventually("a job waits", func() bool { return b.progress("a0").Waiting != "" })
	stop() // hangs where the grace is waited for
	stop = b.start(b.config(3, func(context.Context, *delivery.Job) error { return nil }))
	b.eventually("what was given back comes at once", b.drained)
	stop()
}

func TestMessagesOnTheirWayAtShutdownAreGivenBack(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	var handled, published atomic.Int64
	cfg := b.config(4, func(context.Context, *delivery.Job) error { handled.Add(1); return nil })
	cfg.Grace = 10 * time.Second
	stopPublishing, publishing := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(publishing)
		for i := 0; ; i++ {
			select {
			case <-stopPublishing:
				return
			default:
				b.publish(jetsheet.Lanes()[i%4], fmt.Sprintf("m%d", i))
				published.Add(1)
			}
		}
	}()
	for round := range 20 {
		seen := handled.Load()
		stop := b.start(cfg)
		b.eventually(fmt.Sprintf("worker %d is in full swing", round), func() bool { return handled.Load() >= seen+20 })
		stop()
	}
	close(stopPublishing)
	<-publishing
	b.start(cfg)
	b.eventually("nothing waits for AckWait", b.drained)
	if got, want := handled.Load(), published.Load(); got != want {
		t.Errorf("handler calls: got %d, want one for each of %d requests", got, want)
	}
}

func TestJobThatEndsAsItIsCancelledIsAcknowledged(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	begun := make(chan struct{})
	b.publish(jetsheet.LaneSmall, "a")
	cfg := b.config(1, func(ctx context.Context, _ *delivery.Job) error {
		close(begun)
		<-ctx.Done()
		if !errors.Is(context.Cause(ctx), delivery.ErrShutdown) {
			t.Errorf("cause: got %v, want %v", context.Cause(ctx), delivery.ErrShutdown)
		}
		return nil // its effect was durable just then
	})
	cfg.Grace = time.Millisecond
	stop := b.start(cfg)
	<-begun
	stop()
	if got := b.queued(); got != 0 {
		t.Errorf("requests left: got %d, want 0", got)
	}
}
