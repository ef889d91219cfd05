package delivery_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

func TestSlowAnswersDoNotChangeTheOrder(t *testing.T) {
	t.Parallel()
	b := setupTCP(t, 10*time.Second)
	b.publish(jetsheet.LaneBulk, targets("b", 2)...)
	b.publish(jetsheet.LaneSmall, targets("s", 5)...)
	p := newProxy(t, b.server.URL())
	conn, err := nats.Connect(p.url())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	var seen calls
	cfg := b.config(1, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil })
	cfg.Queues[0].ExtraSlot, cfg.RecordStarts = false, false
	if cfg.JetStream, err = newJetStream(conn); err != nil {
		t.Fatal(err)
	}
	p.delay(toClient, 300*time.Millisecond)
	b.start(cfg)
	b.eventually("all requests are settled", b.drained)
	want := []string{"small", "small", "small", "small", "small", "bulk", "bulk"}
	if got := seen.lanes(); !slices.Equal(got, want) {
		t.Errorf("order of lanes: got %v, want %v", got, want)
	}
}

func TestFlowAtTheCapLeavesFreeSlotsToOtherLanes(t *testing.T) {
	t.Parallel()
	for name, slots := range map[string][]int{"two workers": {8, 8}, "one worker": {20}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const backlog, soon = 8000, 3000 // at the cap, 12 jobs of 5 ms: 2,400 a second at most
			b := setup(t, time.Minute)
			for _, target := range targets("s", backlog) {
				r := b.request(jetsheet.LaneSmall, target)
				body, err := json.Marshal(r)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := b.js.PublishAsync(jetsheet.RequestSubject(r.Lane, r.Conversion()), body, jetstream.WithStallWait(time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			<-b.js.PublishAsyncComplete()
			b.publish(jetsheet.LaneLarge, targets("l", 4)...)

			release, never := make(chan struct{}), make(chan struct{})
			var small, large, smallBefore atomic.Int64
			for i, n := range slots {
				cfg := b.config(n, func(ctx context.Context, job *delivery.Job) error {
					if job.Request.Lane == jetsheet.LaneLarge {
						if large.Add(1) == 4 {
							smallBefore.Store(small.Load())
						}
						hold(ctx, release)
						return nil
					}
					small.Add(1)
					work, done := context.WithTimeout(ctx, 5*time.Millisecond)
					defer done()
					hold(work, never)
					return nil
				})
				cfg.Worker = "worker-" + strconv.Itoa(i)
				b.start(cfg)
			}
			b.eventually("the large jobs run", func() bool { return large.Load() == 4 })
			if got := smallBefore.Load(); got > soon {
				t.Errorf("small jobs begun before the last large one: got %d of %d, want at most %d", got, backlog, soon)
			}
			close(release)
		})
	}
}

func TestLaneAtItsCapIsAskedSeldom(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Minute)
	conn, js := localtest.Connect(t, b.server)
	release := make(chan struct{})
	var large atomic.Int64
	b.publish(jetsheet.LaneLarge, targets("l", 8)...)
	cfg := b.config(8, func(ctx context.Context, _ *delivery.Job) error {
		large.Add(1)
		hold(ctx, release)
		return nil
	})
	cfg.JetStream = js
	b.start(cfg)
	b.eventually("large is at its cap and a pull stands on every lane", func() bool {
		for _, lane := range jetsheet.Lanes() {
			if b.consumer(lane).NumWaiting != 1 {
				return false
			}
		}
		return large.Load() == 4
	})
	sent, began := conn.Stats().OutMsgs, time.Now()
	b.eventually("two seconds have passed", func() bool { return time.Since(began) > 2*time.Second })
	if got := conn.Stats().OutMsgs - sent; got > 10 {
		t.Errorf("messages sent in two seconds with nothing to do: got %d, want at most 10", got)
	}
	close(release)
	b.eventually("all requests are settled", b.drained)
}

func TestQueueThatIsGoneComesBack(t *testing.T) {
	t.Parallel()
	b := setup(t, 2*time.Second)
	var begun atomic.Int64
	b.start(b.config(2, func(context.Context, *delivery.Job) error { begun.Add(1); return nil }))
	b.eventually("a pull stands", func() bool { return b.consumer(jetsheet.LaneSmall).NumWaiting == 1 })
	if err := b.js.DeleteConsumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall)); err != nil {
		t.Fatal(err)
	}
	before := b.conn.Stats().OutMsgs
	b.publish(jetsheet.LaneBulk, "b")
	b.eventually("the other lanes go on", b.drained)
	const missing = "consumer CONVERSIONS/renderer-small: not set up; make what is missing with: jetsheet setup"
	b.eventually("it is logged what is missing", func() bool { return b.logs.has(missing) })
	asked := time.Now()
	b.eventually("the consumer is asked again and again", func() bool { return time.Since(asked) > 1500*time.Millisecond })
	if got := strings.Count(b.logs.String(), missing); got != 1 {
		t.Errorf("log lines about what is missing: got %d, want 1\nlog:\n%s", got, b.logs.tail())
	}
	b.provision()
	b.publish(jetsheet.LaneSmall, "a")
	b.eventually("the request is settled", b.drained)
	b.eventually("it is logged", func() bool { return b.logs.has("pulls are answered again") })
	// Pulls to a consumer that is gone are refused at once; asking again at once
	// would be thousands.
	if got := b.conn.Stats().OutMsgs - before; got > 1000 {
		t.Errorf("messages sent meanwhile: got %d, want fewer than 1000", got)
	}
}
