package delivery_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// work makes progress until the time is up, the job is released or cancelled.
func work(ctx context.Context, job *delivery.Job, limit time.Duration, release <-chan struct{}) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < limit; {
		select {
		case <-tick.C:
			job.Rows(1)
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func TestSlowJobWithProgressKeepsItsLease(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Second)
	var seen calls
	b.publish(jetsheet.LaneSmall, "a")
	b.start(b.config(2, func(ctx context.Context, job *delivery.Job) error {
		seen.add(job)
		return work(ctx, job, 5*b.ackWait, nil)
	}))
	b.eventually("rows are in the progress record", func() bool { return b.progress("a").Rows > 0 })
	b.eventually("the request is settled", b.drained)
	if got := seen.count("a"); got != 1 {
		t.Errorf("handler calls over 5 × AckWait: got %d, want 1", got)
	}
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
}

func TestSilentJobIsStalled(t *testing.T) {
	t.Parallel()
	for name, excuse := range map[string]time.Duration{"at once": 0, "past its statement": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 600*time.Millisecond)
			var cause atomic.Value
			b.publish(jetsheet.LaneSmall, "a")
			b.start(b.config(2, func(ctx context.Context, job *delivery.Job) error {
				if excuse > 0 {
					job.Statement(excuse)
				}
				<-ctx.Done()
				cause.Store(context.Cause(ctx))
				return ctx.Err()
			}))
			b.eventually("the request is settled", b.drained)
			if err, _ := cause.Load().(error); !errors.Is(err, delivery.ErrStalled) {
				t.Errorf("cause: got %v, want %v", err, delivery.ErrStalled)
			}
			f := b.failureOf("a")
			if f == nil || f.Cause != jetsheet.CauseStalled || !f.Retrying() || f.Attempts != 1 {
				t.Errorf("FAILED record: got %+v, want cause stalled, one attempt, to be retried", f)
			}
		})
	}
}

func TestJobPastItsDeadlineIsStalled(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	b.publish(jetsheet.LaneSmall, "a")
	cfg := b.config(1, func(ctx context.Context, job *delivery.Job) error { return work(ctx, job, time.Minute, nil) })
	cfg.Deadline = time.Second
	b.start(cfg)
	b.eventually("the request is settled", b.drained)
	if f := b.failureOf("a"); f == nil || f.Cause != jetsheet.CauseStalled || !strings.Contains(f.Message, "the most is 1s") {
		t.Errorf("FAILED record: got %+v, want cause stalled and the limit in its message", f)
	}
}

func TestStatementExcusesSilence(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	var seen calls
	b.publish(jetsheet.LaneSmall, "a")
	b.start(b.config(1, func(ctx context.Context, job *delivery.Job) error {
		seen.add(job)
		ended := job.Statement(time.Minute)
		defer ended()
		timer := time.NewTimer(3 * b.ackWait)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}))
	b.eventually("the request is settled", b.drained)
	if got, failed := seen.count("a"), b.failures(); got != 1 || failed != 0 {
		t.Errorf("got %d handler calls and %d failures, want 1 and 0", got, failed)
	}
}

func TestLostHeartbeatsCancelTheJob(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string][]direction{
		"to server": {toServer}, "to client": {toClient}, "both ways": {toServer, toClient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupTCP(t, 1500*time.Millisecond)
			line := newProxy(t, b.server.URL())
			conn, err := nats.Connect(line.url(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(conn.Close)
			started, lost := make(chan uint64, 8), make(chan error, 8)
			var free atomic.Bool
			cfg := b.config(1, func(ctx context.Context, job *delivery.Job) error {
				started <- job.Delivery
				if free.Load() {
					return nil
				}
				err := work(ctx, job, time.Minute, nil)
				lost <- context.Cause(ctx)
				return err
			})
			if cfg.JetStream, err = newJetStream(conn); err != nil {
				t.Fatal(err)
			}
			b.start(cfg)
			b.publish(jetsheet.LaneSmall, "a")
			<-started
			for _, way := range cut {
				line.hold(way, true)
			}
			began := time.Now()
			if err := <-lost; !errors.Is(err, delivery.ErrLeaseLost) {
				t.Errorf("cause: got %v, want %v", err, delivery.ErrLeaseLost)
			}
			if took := time.Since(began); took > b.ackWait+b.ackWait/3 {
				t.Errorf("a job without heartbeats was cancelled after %s, want within AckWait %s", took, b.ackWait)
			}
			free.Store(true)
			for _, way := range cut {
				line.hold(way, false)
			}
			b.eventually("the request is settled", b.drained)
			if got := b.failures(); got != 0 {
				t.Errorf("FAILED records: got %d, want 0", got)
			}
		})
	}
}

func TestStreamMadeAnewWhileAJobRuns(t *testing.T) {
	t.Parallel()
	for name, obeys := range map[string]bool{"job is cancelled": true, "job ends first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 3*time.Second)
			release, oldEnded, newBegun := make(chan struct{}), make(chan error, 1), make(chan uint64, 8)
			begun := make(chan uint64, 1)
			b.publish(jetsheet.LaneSmall, "old")
			b.start(b.config(2, func(ctx context.Context, job *delivery.Job) error {
				if job.Request.Target.Target == "new" {
					newBegun <- job.Sequence
					return work(ctx, job, time.Minute, release)
				}
				begun <- job.Sequence
				if obeys {
					<-ctx.Done()
					oldEnded <- context.Cause(ctx)
					return ctx.Err()
				}
				hold(context.WithoutCancel(ctx), release)
				oldEnded <- nil
				return nil
			}))
			old := <-begun
			if err := b.js.DeleteStream(t.Context(), jetsheet.StreamConversions); err != nil {
				t.Fatal(err)
			}
			b.provision()
			b.publish(jetsheet.LaneSmall, "new")
			if !obeys {
				release <- struct{}{}
			}
			if err := <-oldEnded; obeys && !errors.Is(err, delivery.ErrStreamReplaced) {
				t.Errorf("cause: got %v, want %v", err, delivery.ErrStreamReplaced)
			}
			if got := <-newBegun; got != old {
				t.Fatalf("sequence of the new message: got %d, want that of the old one, %d", got, old)
			}
			b.eventually("the old job is over", func() bool {
				return b.logs.has("job dropped") || b.logs.has("not acknowledged")
			})
			if got := b.queued(); got != 1 {
				t.Errorf("messages in the new stream after the old job ended: got %d, want 1", got)
			}
			close(release)
			b.eventually("the new request is settled", b.drained)
		})
	}
}

func TestServerRestartsWhileAJobRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := localtest.StartNATS(t, local.NATSOptions{Dir: dir, Addr: "127.0.0.1:0"})
	addr := strings.TrimPrefix(server.URL(), "nats://")
	b := setupOn(t, server, 10*time.Second)
	var seen calls
	begun, release := make(chan struct{}, 8), make(chan struct{})
	b.publish(jetsheet.LaneSmall, "a")
	b.start(b.config(2, func(ctx context.Context, job *delivery.Job) error {
		seen.add(job)
		begun <- struct{}{}
		return work(ctx, job, time.Minute, release)
	}))
	<-begun
	server.Shutdown()
	localtest.StartNATS(t, local.NATSOptions{Dir: dir, Addr: addr})
	b.eventually("the connection is back", b.conn.IsConnected)
	close(release)
	b.eventually("the request is settled", b.drained)
	if got, failed := seen.count("a"), b.failures(); got != 1 || failed != 0 {
		t.Errorf("got %d handler calls and %d failures, want 1 and 0", got, failed)
	}
	b.publish(jetsheet.LaneSmall, "b")
	b.eventually("pulls go on", b.drained)
}
