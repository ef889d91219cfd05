package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

var errDown = errors.New("connection refused")

func TestUnavailableKeepsTheLeaseAndPausesFetching(t *testing.T) {
	t.Parallel()
	b := setup(t, 3*time.Second)
	var up atomic.Bool
	var seen calls
	b.publish(jetsheet.LaneSmall, "a")
	b.start(b.config(3, func(_ context.Context, job *delivery.Job) error {
		seen.add(job)
		if !up.Load() {
			return delivery.Unavailable("database", errDown)
		}
		if job.Request.Target.Target == "a" && job.Delivery != 1 {
			t.Errorf("delivery of the request that waited: got %d, want 1", job.Delivery)
		}
		return nil
	}))
	b.eventually("the wait is in the progress record", func() bool {
		p := b.progress("a")
		return p.Waiting == "database" && strings.Contains(p.LastError, "connection refused")
	})
	b.publish(jetsheet.LaneSmall, targets("b", 5)...)
	b.eventually("it was tried again and again", func() bool { return seen.count("a") >= 4 })
	if got := seen.all.Load() - int64(seen.count("a")); got != 0 {
		t.Errorf("other jobs begun meanwhile: got %d, want 0", got)
	}
	if p := b.progress("a"); len(p.Starts) != 1 || p.Attempts != 0 {
		t.Errorf("progress while waiting: got %+v, want one start and no attempt", p)
	}
	up.Store(true)
	b.eventually("all requests are settled", b.drained)
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
}

func TestProgressBucketUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	var seen calls
	b.start(b.config(2, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil }))
	if err := b.js.DeleteKeyValue(t.Context(), jetsheet.BucketProgress); err != nil {
		t.Fatal(err)
	}
	b.publish(jetsheet.LaneSmall, "a")
	b.eventually("the worker waits", func() bool {
		return strings.Count(b.logs.String(), "waiting for what is unavailable") >= 2
	})
	if got := seen.all.Load(); got != 0 {
		t.Errorf("jobs begun without a recorded start: got %d, want 0", got)
	}
	b.provision()
	b.eventually("the request is settled", b.drained)
	if got, failed := seen.count("a"), b.failures(); got != 1 || failed != 0 {
		t.Errorf("got %d handler calls and %d failures, want 1 and 0", got, failed)
	}
}

func TestFifthStartFailsBeforeAnyWork(t *testing.T) {
	t.Parallel()
	b := setup(t, 2*time.Second)
	p := jetsheet.Progress{Envelope: jetsheet.CurrentEnvelope()}
	for i := range jetsheet.MaxStarts {
		p.Starts = append(p.Starts, jetsheet.Start{Worker: "gone-7", At: time.Now(), Sequence: 1, Delivery: uint64(i + 1)}) //nolint:gosec // small
	}
	value, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.progressBucket().Put(t.Context(), b.progressKey("a"), value); err != nil {
		t.Fatal(err)
	}
	b.publish(jetsheet.LaneSmall, "a", "b")
	var seen calls
	b.start(b.config(2, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil }))
	b.eventually("the requests are settled", b.drained)
	if seen.count("a") != 0 || seen.count("b") != 1 {
		t.Errorf("handler calls: got %v, want b once and a never", seen.of)
	}
	if f := b.failureOf("a"); f == nil || f.Cause != jetsheet.CauseWorkerCrash || f.Retrying() || f.Attempts != jetsheet.MaxStarts || !strings.Contains(f.Message, "gone-7") {
		t.Errorf("FAILED record: got %+v, want cause worker_crash, final, with each start as an attempt, naming the worker", f)
	}
	b.eventually("a replay starts counting anew", func() bool { return len(b.progress("a").Starts) == 0 })
}

func TestProgressOfAJob(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	release := make(chan struct{})
	b.publish(jetsheet.LaneSmall, "a")
	b.start(b.config(1, func(ctx context.Context, job *delivery.Job) error {
		return work(ctx, job, time.Minute, release)
	}))
	b.eventually("start and rows are recorded", func() bool {
		p := b.progress("a")
		return len(p.Starts) == 1 && p.Starts[0].Worker == "worker-1" && p.Starts[0].Delivery == 1 && p.Rows > 0
	})
	close(release)
	b.eventually("the start is over", func() bool { return len(b.progress("a").Starts) == 0 })
	s, err := b.js.Stream(t.Context(), "KV_"+jetsheet.BucketProgress)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetLastMsgForSubject(t.Context(), "$KV."+jetsheet.BucketProgress+"."+b.progressKey("a"))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header.Get(jetstream.MsgTTLHeader); got != "10m" {
		t.Errorf("life of a settled record: got %q, want 10m", got)
	}
}

func TestDeletedProgressKeyIsWrittenAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, 2*time.Second)
	kv := b.progressBucket()
	if _, err := kv.PutString(t.Context(), b.progressKey("a"), "x"); err != nil {
		t.Fatal(err)
	}
	if err := kv.Delete(t.Context(), b.progressKey("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := kv.PutString(t.Context(), b.progressKey("b"), "not a record"); err != nil {
		t.Fatal(err)
	}
	b.publish(jetsheet.LaneSmall, "a", "b")
	b.start(b.config(1, func(_ context.Context, job *delivery.Job) error { //nolint:contextcheck // the test's context serves
		if got := len(b.progress(job.Request.Target.Target).Starts); got != 1 {
			t.Errorf("starts of %s: got %d, want 1", job.Request.Target.Target, got)
		}
		return nil
	}))
	b.eventually("the requests are settled", b.drained)
}

func TestWithoutRecordStartsOnlyRedeliveriesLeaveATrace(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	var records atomic.Int64
	b.publish(jetsheet.LaneSmall, "a")
	cfg := b.config(1, func(ctx context.Context, job *delivery.Job) error {
		records.Store(int64(len(b.progress("a").Starts))) //nolint:contextcheck // the test's context serves
		if job.Delivery == 1 {
			if err := b.conn.PublishMsg(&nats.Msg{Subject: job.Message.Reply, Data: []byte("-NAK")}); err != nil {
				t.Error(err)
			}
			if records.Load() != 0 {
				t.Errorf("starts recorded at the first delivery: got %d, want 0", records.Load())
			}
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	})
	cfg.RecordStarts = false
	cfg.Queues[1] = delivery.Queue{Consumer: jetsheet.LaneConsumer(jetsheet.LaneSmall)}
	cfg.Slots = 2
	b.start(cfg)
	b.eventually("the request is settled", b.drained)
	if got := records.Load(); got != 1 {
		t.Errorf("starts recorded at the second delivery: got %d, want 1", got)
	}
}
