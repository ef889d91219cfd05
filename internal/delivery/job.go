package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// Job is one attempt at one message.
type Job struct {
	// Message is the message as it came; Request is the request in it, RequestBytes
	// the same byte for byte.
	Message      *nats.Msg
	Request      jetsheet.Request
	RequestBytes []byte
	// Sequence is the stream sequence, Delivery counts deliveries from 1.
	Sequence uint64
	Delivery uint64
	// Attempt counts attempts from 1; give-backs and waiting do not count.
	Attempt int

	cancel  context.CancelCauseFunc
	created time.Time
	rows    atomic.Int64
	moved   atomic.Int64 // anything that shows progress: rows, bytes, steps

	mu        sync.Mutex
	busyUntil time.Time
	waiting   string

	startMu sync.Mutex // apart from mu: it is held while the record is written
	start   *startRecord
}

// Rows adds records to the job's progress; any other step may be told by Rows(0).
func (j *Job) Rows(n int64) {
	j.rows.Add(n)
	j.moved.Add(1)
}

// Statement says that a statement of at most the given time begins: until then
// silence counts as progress. Call the result when it has ended.
func (j *Job) Statement(limit time.Duration) func() {
	j.setBusy(time.Now().Add(limit))
	return func() {
		j.setBusy(time.Time{})
		j.moved.Add(1)
	}
}

func (j *Job) setBusy(until time.Time) {
	j.mu.Lock()
	j.busyUntil = until
	j.mu.Unlock()
}

// excused says whether the job may be silent now.
func (j *Job) excused(now time.Time) (waiting, busy bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.waiting != "", now.Before(j.busyUntil)
}

func (j *Job) setWaiting(what string) {
	j.mu.Lock()
	j.waiting = what
	j.mu.Unlock()
}

// start runs a message in a slot.
func (w *Worker) start(ctx context.Context, m *nats.Msg, kind slotKind) {
	w.jobs.Go(func() {
		w.process(ctx, m)
		w.slot <- kind
	})
}

// process takes one message from delivery to settlement.
func (w *Worker) process(ctx context.Context, m *nats.Msg) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	job := &Job{Message: m, cancel: cancel, created: w.stream.now()}
	w.running.Store(job, struct{}{})
	defer w.running.Delete(job)

	if err := w.accept(ctx, job); err != nil {
		w.settleUnreadable(ctx, job, err)
		return
	}
	lease := w.holdLease(ctx, job)
	defer lease.release()

	began := time.Now()
	err := w.attempt(ctx, job)
	w.settle(ctx, job, err, time.Since(began))
}

// accept reads the message.
func (w *Worker) accept(ctx context.Context, job *Job) error {
	meta, err := job.Message.Metadata()
	if err != nil {
		return fmt.Errorf("%w: %w", jetsheet.ErrMessage, err)
	}
	job.Sequence, job.Delivery = meta.Sequence.Stream, meta.NumDelivered
	if job.RequestBytes, job.Request, err = w.cfg.Request(job.Message.Data); err != nil {
		return err
	}
	_, err = jetsheet.ParseSubject(job.Message.Subject)
	return err
}

// attempt records the start and calls the handler, again and again while what it
// needs is unavailable.
func (w *Worker) attempt(ctx context.Context, job *Job) error {
	recorded := false
	for try := 0; ; try++ {
		var err error
		if !recorded {
			err = w.recordStart(ctx, job)
			recorded = err == nil
		}
		if err == nil {
			err = w.call(ctx, job)
		}
		if err == nil {
			return nil
		}
		c := classify(ctx, err)
		if c.Class != jetsheet.ClassUnavailable {
			return c
		}
		if err := w.wait(ctx, job, c, try); err != nil {
			return err
		}
	}
}

// call runs the handler; a panic is a permanent failure.
func (w *Worker) call(ctx context.Context, job *Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.log.ErrorContext(ctx, "panic in handler", slog.Any("panic", p), slog.String("stack", string(debug.Stack())),
				slog.String("conversion", job.Request.Conversion().String()))
			err = Permanent(jetsheet.CausePanic, fmt.Errorf("panic: %v", p))
		}
	}()
	return w.cfg.Handle(ctx, job)
}

// wait keeps the lease while something is unavailable; fetching stops meanwhile.
func (w *Worker) wait(ctx context.Context, job *Job, c *Error, try int) error {
	what := c.Waiting
	if what == "" {
		what = c.Error()
	}
	w.log.WarnContext(ctx, "waiting for what is unavailable", slog.String("waiting", what), slog.Any("err", c.Err),
		slog.String("conversion", job.Request.Conversion().String()))
	job.setWaiting(what)
	w.noteWaiting(ctx, job, c)
	w.waiting.Add(1)
	defer func() {
		job.setWaiting("")
		job.moved.Add(1)
		w.waiting.Add(-1)
		w.nudge()
	}()
	if !sleep(ctx, backoff(try)) {
		return classify(ctx, ctx.Err())
	}
	return nil
}

// backoff returns how long to wait before the next try: from 0.5 s, doubling, to
// 30 s, with jitter so that workers do not come back together.
func backoff(try int) time.Duration {
	d := min(500*time.Millisecond<<min(try, 6), 30*time.Second)
	return d/2 + rand.N(d/2+1)
}

// errNewer is what a worker logs when it gives back a message it may not read.
var errNewer = errors.New("message is for a newer worker")
