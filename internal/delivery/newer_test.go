package delivery_test

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// needsNewer is what a handler returns that met a record of a newer build.
func needsNewer() error {
	// Whoever could not read it all gave it a class all the same.
	return delivery.Permanent(jetsheet.CauseDefinition, fmt.Errorf("read the record of the run: %w", jetsheet.ErrNewerSchema))
}

// A job that only a newer worker can do waits for one: no attempt is counted, nothing
// fails, and the newer one begins with a clean record.
func TestJobForANewerWorkerIsGivenBack(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	b.publish(jetsheet.LaneSmall, "a")
	var seen calls
	stop := b.start(b.config(2, func(_ context.Context, job *delivery.Job) error {
		if seen.add(job); job.Attempt != 1 {
			t.Errorf("delivery %d is attempt %d, want 1", job.Delivery, job.Attempt)
		}
		return needsNewer()
	}))
	began := time.Now()
	// More often than a conversion may start without an outcome.
	b.eventually("it was given back often", func() bool { return seen.count("a") > jetsheet.MaxStarts+1 })
	if took := time.Since(began); took < time.Duration(jetsheet.MaxStarts)*b.ackWait {
		t.Errorf("%d deliveries in %s, want AckWait %s between them", seen.count("a"), took, b.ackWait)
	}
	stop()
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
	b.eventually("no start and no attempt is in the progress record", func() bool {
		p := b.progress("a")
		return len(p.Starts) == 0 && p.Attempts == 0
	})
	var attempt atomic.Int64
	b.start(b.config(1, func(_ context.Context, job *delivery.Job) error {
		attempt.Store(int64(job.Attempt))
		return nil
	}))
	b.eventually("the newer worker has done it", b.drained)
	if got := attempt.Load(); got != 1 || b.failures() != 0 {
		t.Errorf("the newer worker's attempt is %d with %d failures, want 1 and 0", got, b.failures())
	}
}

func TestJobThatNobodyCanDoFailsInTheEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, 120*time.Millisecond)
	body := b.publish(jetsheet.LaneSmall, "a")
	var seen calls
	b.start(b.config(1, func(_ context.Context, job *delivery.Job) error { seen.add(job); return needsNewer() }))
	b.eventually("the request is settled", b.drained)
	f := b.failureOf("a")
	if f == nil || f.Cause != jetsheet.CauseMessageVersion || f.Retrying() || f.Attempts != 1 || !bytes.Equal(f.Request, body) {
		t.Errorf("FAILED record: got %+v, want cause message_version, final, with the request", f)
	}
	if got := seen.count("a"); got < 10 {
		t.Errorf("it failed after %d deliveries, want it to wait for a newer worker first", got)
	}
}
