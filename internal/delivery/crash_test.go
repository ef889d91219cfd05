package delivery_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// crasher runs workers that lose their connection for good, as if killed: what they
// do afterwards reaches nobody.
type crasher struct {
	*bench
	name string
}

// life runs one worker until it is dead or, with nil for dies, until the test says so.
func (c *crasher) life(n int, handle func(kill func()) handler) (conn *nats.Conn, ended <-chan error, stop func()) {
	c.Helper()
	conn, js := localtest.Connect(c, c.server, nats.NoReconnect())
	var once sync.Once
	cfg := c.config(2, handle(func() { once.Do(conn.Close) }))
	cfg.JetStream, cfg.Worker, cfg.Grace = js, fmt.Sprintf("%s-%d", c.name, n), time.Millisecond
	stop, ended = c.launch(cfg)
	return conn, ended, stop
}

func TestJobThatKillsItsWorkerFails(t *testing.T) {
	t.Parallel()
	c := &crasher{setup(t, 500*time.Millisecond), "poisoned"}
	c.publish(jetsheet.LaneSmall, "poison")
	for n := range jetsheet.MaxStarts {
		_, ended, stop := c.life(n, func(kill func()) handler {
			return func(context.Context, *delivery.Job) error {
				kill()
				return errDown
			}
		})
		if err := <-ended; err == nil {
			t.Fatalf("worker %d: its connection was closed; got no error from Run", n)
		}
		stop()
	}
	var seen calls
	c.start(c.config(2, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil }))
	c.publish(jetsheet.LaneSmall, "healthy")
	c.eventually("the requests are settled", c.drained)
	if seen.count("poison") != 0 || seen.count("healthy") != 1 {
		t.Errorf("handler calls after %d crashes: got %v, want healthy once and poison never", jetsheet.MaxStarts, seen.of)
	}
	if f := c.failureOf("poison"); f == nil || f.Cause != jetsheet.CauseWorkerCrash {
		t.Errorf("FAILED record: got %+v, want cause worker_crash", f)
	}
}

// TestEverythingSettlesAfterCrashes plays random schedules: each handler call may
// kill its worker before or after its effect, fail, or do its work.
func TestEverythingSettlesAfterCrashes(t *testing.T) {
	t.Parallel()
	servers, schedules := 8, 25
	if testing.Short() {
		servers, schedules = 2, 10
	}
	for s := range servers {
		t.Run(fmt.Sprintf("server %d", s), func(t *testing.T) {
			t.Parallel()
			b := setup(t, 500*time.Millisecond)
			for i := range schedules {
				seed := uint64(s*schedules + i) //nolint:gosec // small
				playCrashes(&crasher{b, fmt.Sprintf("w%d", seed)}, seed)
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

func playCrashes(c *crasher, seed uint64) {
	c.Helper()
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a schedule, not a secret
	var mu sync.Mutex
	effect := map[string]bool{}
	names := targets(c.name+"-", 1+random.IntN(5))
	c.publish(jetsheet.Lanes()[random.IntN(4)], names...)
	for crash := range 1 + random.IntN(2) {
		c.crash(crash, random.IntN(len(names)), random.IntN(2) == 0, &mu, effect)
	}
	stop := c.start(c.config(3, func(_ context.Context, job *delivery.Job) error {
		mu.Lock()
		effect[job.Request.Target.Target] = true
		mu.Unlock()
		return nil
	}))
	c.eventually(fmt.Sprintf("all requests are settled (seed %d)", seed), c.drained)
	stop()
	mu.Lock()
	defer mu.Unlock()
	for _, name := range names {
		if f := c.failureOf(name); !effect[name] || f != nil {
			c.Errorf("seed %d, %s: effect %t, FAILED record %+v; want the effect and no failure", seed, name, effect[name], f)
		}
	}
}

// crash runs a worker that dies in the given handler call, before or after its
// effect, or is stopped when it has settled everything before.
func (c *crasher) crash(n, at int, before bool, mu *sync.Mutex, effect map[string]bool) {
	c.Helper()
	count := 0
	_, ended, stop := c.life(n, func(kill func()) handler {
		return func(_ context.Context, job *delivery.Job) error {
			mu.Lock()
			defer mu.Unlock()
			count++
			dies := count > at
			if dies && before {
				kill()
				return errDown
			}
			effect[job.Request.Target.Target] = true
			if dies {
				kill()
			}
			return nil
		}
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !c.drained() {
		select {
		case err := <-ended: // a crash may end it with any error
			c.Logf("life %d ended with %v", n, err)
			stop()
			return
		case <-tick.C:
		}
	}
	stop()
	if err := <-ended; err != nil {
		c.Logf("life %d ended with %v", n, err)
	}
}
