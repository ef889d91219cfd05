package delivery_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// most keeps the largest delivery and attempt that a handler has seen.
type most struct{ delivery, attempt atomic.Int64 }

func (m *most) see(job *delivery.Job) {
	m.delivery.Store(max(m.delivery.Load(), int64(job.Delivery))) //nolint:gosec // small
	m.attempt.Store(max(m.attempt.Load(), int64(job.Attempt)))
}

// TestAnHoursOutageFailsNothing lets the database be down for more leases than a request
// has deliveries, while requests come in on every lane.
func TestAnHoursOutageFailsNothing(t *testing.T) {
	t.Parallel()
	const lease = 900 * time.Millisecond // a busy machine keeps it
	leases := 25                         // a request has 20 deliveries
	if testing.Short() {
		leases = 5
	}
	b := setup(t, lease)
	var up atomic.Bool
	var seen most
	var mu sync.Mutex // the counters take one at a time
	down := time.Now()
	cfg := b.config(4, func(_ context.Context, job *delivery.Job) error {
		if !up.Load() {
			return delivery.Unavailable("database", errDown)
		}
		mu.Lock()
		defer mu.Unlock()
		seen.see(job)
		return nil
	})
	cfg.Deadline = 2 * time.Second
	b.start(cfg)
	n := 1
	for _, lane := range jetsheet.Lanes() {
		b.publish(lane, fmt.Sprintf("%s-%d", lane, 0))
	}
	b.eventually("the worker says that it is paused", func() bool { return b.pausedOn(jetsheet.ResourceDatabase) })
	first, _ := b.state()
	tick := time.NewTicker(lease)
	defer tick.Stop()
	for ; time.Since(down) < time.Duration(leases)*lease; n++ {
		for _, lane := range jetsheet.Lanes() {
			b.publish(lane, fmt.Sprintf("%s-%d", lane, n))
		}
		<-tick.C
	}
	if s, _ := b.state(); s.PausedOn != jetsheet.ResourceDatabase || !s.PausedSince.Equal(first.PausedSince) {
		t.Errorf("paused on %q since %s, want on the database still, since %s: it never worked", s.PausedOn, s.PausedSince, first.PausedSince)
	}
	if got, want := b.queued(), uint64(4*n); got != want { //nolint:gosec // small
		t.Errorf("requests in the stream during the outage: got %d, want all %d", got, want)
	}
	up.Store(true)
	b.eventually("all requests are settled", b.drained)
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
	if got := seen.attempt.Load(); got != 1 {
		t.Errorf("attempts after the outage: got up to %d, want 1", got)
	}
	if got := seen.delivery.Load(); got > 3 {
		t.Errorf("deliveries after an outage of %d leases: got up to %d, want at most 3", leases, got)
	}
}

// TestOutageInWhichNothingAnswers has S3 behind a line that swallows what is sent.
// Calls hang until their limit, time after time: together far past the deadline.
func TestOutageInWhichNothingAnswers(t *testing.T) {
	t.Parallel()
	const lease, limit, deadline = 3 * time.Second, 600 * time.Millisecond, time.Second
	times := 3.0
	if testing.Short() {
		times = 2
	}
	b := setup(t, lease)
	var put atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		put.Add(1)
	}))
	t.Cleanup(server.Close)
	line := newProxy(t, server.Listener.Addr().String())
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", line.listener.Addr().String())
	}, DisableKeepAlives: true}}
	var hung atomic.Int64
	var seen most
	cfg := b.config(1, func(ctx context.Context, job *delivery.Job) error {
		seen.see(job)
		defer job.Statement(limit)()
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		request, err := http.NewRequestWithContext(limited, http.MethodPut, "http://s3/x.xlsx", strings.NewReader("workbook"))
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			hung.Add(int64(time.Since(began)))
			return delivery.Unavailable("S3 bucket exports", err)
		}
		return response.Body.Close()
	})
	cfg.Deadline = deadline
	line.hold(toServer, true)
	b.publish(jetsheet.LaneSmall, "a")
	b.start(cfg)
	b.eventually("calls have hung for several times the deadline", func() bool { return time.Duration(hung.Load()).Seconds() > times*deadline.Seconds() })
	b.publish(jetsheet.LaneSmall, "b", "c")
	b.eventually("the worker says what it waits for", func() bool { return b.pausedOn(jetsheet.ResourceS3) })
	line.hold(toServer, false)
	b.eventually("all requests are settled", b.drained)
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0; calls hung for %s", got, time.Duration(hung.Load()))
	}
	if a, d := seen.attempt.Load(), seen.delivery.Load(); a != 1 || d != 1 {
		t.Errorf("got up to attempt %d and delivery %d, want 1 and 1", a, d)
	}
	if put.Load() == 0 {
		t.Error("nothing was put")
	}
}

func TestFirstAttemptThatWaitsIsSeen(t *testing.T) {
	t.Parallel()
	b := setup(t, 900*time.Millisecond)
	var up atomic.Bool
	b.publish(jetsheet.LaneSmall, "a")
	cfg := b.config(1, func(_ context.Context, job *delivery.Job) error {
		if job.Delivery != 1 {
			t.Errorf("delivery: got %d, want 1", job.Delivery)
		}
		if !up.Load() {
			return delivery.Unavailable("S3 bucket exports", errDown)
		}
		return nil
	})
	cfg.RecordStarts = false
	b.start(cfg)
	b.eventually("the wait is in the progress record", func() bool { return b.progress("a").Waiting == "S3 bucket exports" })
	if p := b.progress("a"); len(p.Starts) != 1 || p.Starts[0].Worker != "worker-1" || !strings.Contains(p.LastError, "refused") {
		t.Errorf("progress: got %+v, want who waits, and why", p)
	}
	up.Store(true)
	b.eventually("the request is settled", b.drained)
	b.eventually("the start is over", func() bool { p := b.progress("a"); return len(p.Starts) == 0 && p.Waiting == "" })
}

func TestShortWaitLeavesNoRecord(t *testing.T) {
	t.Parallel()
	b := setup(t, forever) // the record comes after 5 s
	begun := b.revision()
	var tried atomic.Int64
	b.publish(jetsheet.LaneSmall, "a")
	cfg := b.config(1, func(context.Context, *delivery.Job) error {
		if tried.Add(1) == 1 {
			return delivery.Unavailable("S3 bucket exports", errDown)
		}
		return nil
	})
	cfg.RecordStarts = false
	stop := b.start(cfg)
	b.eventually("the request is settled", b.drained)
	stop()
	if p, err := b.progressBucket().History(t.Context(), b.progressKey("a")); err == nil {
		t.Errorf("records of a request that waited once: got %d, want none (revision %d → %d)", len(p), begun, b.revision())
	}
}

func TestWorkersThatDieInAnOutageAreNotTheJobsFault(t *testing.T) {
	t.Parallel()
	c := &crasher{setup(t, 500*time.Millisecond), "unlucky"}
	c.publish(jetsheet.LaneSmall, "a")
	for n := range jetsheet.MaxStarts + 2 {
		conn, ended, stop := c.life(n, func(func()) handler {
			return func(context.Context, *delivery.Job) error { return delivery.Unavailable("database", errDown) }
		})
		c.eventually(fmt.Sprintf("worker %d waits with the request", n), func() bool {
			p := c.progress("a")
			return len(p.Starts) > 0 && p.Starts[len(p.Starts)-1].Worker == fmt.Sprintf("unlucky-%d", n) && p.Waiting != ""
		})
		conn.Close()
		if err := <-ended; err == nil {
			t.Errorf("worker %d: its connection was closed; got no error from Run", n)
		}
		stop()
	}
	c.start(c.config(1, func(context.Context, *delivery.Job) error { return nil }))
	c.eventually("the request is settled", c.drained)
	if f := c.failureOf("a"); f != nil {
		t.Errorf("FAILED record: got %+v, want none", f)
	}
}
