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

// Content is what a message says, read once for delivery and handler alike.
type Content struct {
	// Request is the request in the message, RequestBytes the same byte for byte as
	// the producer published it. Where an error comes with it, RequestBytes is what
	// the FAILED record keeps; nil means the whole message.
	Request      jetsheet.Request
	RequestBytes []byte
	// Body is what else was read, for the handler; delivery does not look at it. It
	// may be nil.
	Body any
}

// Job is one attempt at one message.
type Job struct {
	Content
	// Message is the message as it came.
	Message *nats.Msg
	// Sequence is the stream sequence, Delivery counts deliveries from 1.
	Sequence uint64
	Delivery uint64
	// Attempt counts attempts from 1; give-backs and waiting do not count.
	Attempt int
	// Kept is what the handler leaves for its next call in this attempt, after it had to
	// wait: what need not be done again. Delivery does not look into it. While it is nil,
	// each call counts its rows anew.
	Kept any

	worker  *Worker
	cancel  context.CancelCauseFunc
	arrived time.Time
	created time.Time // of the stream the message came from
	lease   *lease
	rows    atomic.Int64
	moved   atomic.Int64 // anything that shows progress: rows, bytes, steps
	pausing atomic.Bool  // fetching is paused until this job gets on
	told    atomic.Bool  // people are told that the worker is paused, for this job
	// Only its own goroutine uses what follows. alone: it may run only while no other job
	// does; recorded: its start is written.
	alone, recorded bool
	waited          time.Time // when it first waited for what is unavailable
	used            []string  // what this try has got through to
	refused         time.Time // when a try last ended in doubt
	doubted         time.Time // since when its errors are in doubt; zero where others get through
	contradicted    int       // tries that failed while others got through
	ownTrouble      bool      // an attempt, this one or the one before, ended as they did

	mu        sync.Mutex
	busyUntil time.Time
	waiting   string
	waits     int       // how often it has begun to wait
	triedAt   time.Time // when it last stopped waiting, or began

	startMu sync.Mutex // apart from mu: it is held while the record is written
	start   *startRecord
}

// Rows adds records to the job's progress; any other step may be told by Rows(0).
func (j *Job) Rows(n int64) {
	j.rows.Add(n)
	j.moved.Add(1)
	if n > 0 && j.told.Load() {
		j.worker.resume(j)
	}
}

// Statement says that a statement of at most the given time begins: until then
// silence counts as progress. Call the result when it has ended. A job has one at a
// time: the next call replaces the limit.
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

// excuses says whether a job may be silent.
type excuses struct {
	waiting, busy bool
	waits         int       // how often it has begun to wait
	triedAt       time.Time // when it last stopped waiting, or began
}

func (j *Job) excused(now time.Time) excuses {
	j.mu.Lock()
	defer j.mu.Unlock()
	return excuses{waiting: j.waiting != "", busy: now.Before(j.busyUntil), waits: j.waits, triedAt: j.triedAt}
}

func (j *Job) setWaiting(what string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.waiting = what
	if what == "" {
		j.triedAt = time.Now()
	} else {
		j.waits++
	}
}

// start runs a message in a slot.
func (w *Worker) start(ctx context.Context, a arrival, kind slotKind) {
	w.jobs.Go(func() {
		w.process(ctx, a)
		w.slot <- kind
	})
}

// process takes one message from delivery to settlement.
func (w *Worker) process(ctx context.Context, a arrival) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	job := &Job{Message: a.msg, worker: w, cancel: cancel, arrived: a.at, created: a.created, triedAt: time.Now()}
	w.running.Store(job, struct{}{})
	defer w.running.Delete(job)
	startTrace(job.Message)

	if err := w.accept(job); err != nil {
		w.settleUnreadable(ctx, job, err)
		return
	}
	job.lease = w.holdLease(ctx, job)
	defer job.lease.release()

	began := time.Now()
	err := w.attempt(ctx, job)
	w.settle(ctx, job, err, time.Since(began))
}

// startTrace gives a message that belongs to no trace the one of its conversion. What
// follows from the message copies the header.
func startTrace(m *nats.Msg) {
	address, err := jetsheet.ParseSubject(m.Subject)
	if err != nil || m.Header.Get(jetsheet.HeaderTrace) != "" {
		return
	}
	if m.Header == nil {
		m.Header = nats.Header{}
	}
	m.Header.Set(jetsheet.HeaderTrace, address.Trace())
}

// accept reads the message.
func (w *Worker) accept(job *Job) error {
	meta, err := job.Message.Metadata()
	if err != nil {
		return fmt.Errorf("%w: %w", jetsheet.ErrMessage, err)
	}
	job.Sequence, job.Delivery = meta.Sequence.Stream, meta.NumDelivered
	if job.Content, err = w.cfg.Request(job.Message.Data); err != nil {
		return err
	}
	if _, err := jetsheet.ParseSubject(job.Message.Subject); err != nil {
		return err
	}
	// A body under another conversion's subject would settle the one and lose the other.
	if asked := job.Request.Conversion().Address().Key(); asked != jetsheet.SubjectKey(job.Message.Subject) {
		return fmt.Errorf("%w: it asks for %s", jetsheet.ErrMessage, asked)
	}
	return nil
}

// attempt records the start and calls the handler, again and again while what it
// needs is unavailable.
func (w *Worker) attempt(ctx context.Context, job *Job) error {
	defer w.resume(job)
	for try := 0; ; try++ {
		began := time.Now()
		err := w.try(ctx, job)
		if err == nil {
			w.got(job)
			return nil
		}
		if errors.Is(err, errLastStart) && ctx.Err() == nil {
			job.alone = true
			continue
		}
		c := w.weigh(job, w.explain(classify(ctx, err), job.Request.Conversion().Address().Key(), began), began)
		if c.Class != jetsheet.ClassUnavailable || c.After > 0 {
			return c
		}
		if job.stopsNobody(c) { // what it waits for is there: no need to wait for long
			try = min(try, job.contradicted)
		}
		if err := w.wait(ctx, job, c, try); err != nil {
			return err
		}
	}
}

// try is one call of the handler, in company or alone, with the start written before.
func (w *Worker) try(ctx context.Context, job *Job) error {
	if err := w.enter(ctx, job); err != nil {
		return err
	}
	defer w.leave(job)
	if !job.recorded {
		job.Attempt = 1 + attemptsBefore(job.Message.Header)
	}
	if w.cfg.Ready != nil {
		if err := w.call(ctx, job, w.cfg.Ready); err != nil {
			return err
		}
	}
	if !job.recorded {
		ended := job.Statement(settleTimeout) // a slow bucket is no stalled job
		err := w.recordStart(ctx, job)
		ended()
		if err != nil {
			return err
		}
		job.recorded = true
	}
	if job.Kept == nil {
		job.rows.Store(0)
	}
	job.used = job.used[:0]
	return w.call(ctx, job, w.cfg.Handle)
}

// call runs the stage's code; a panic is a permanent failure.
func (w *Worker) call(ctx context.Context, job *Job, handle func(context.Context, *Job) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.log.ErrorContext(ctx, "panic in handler", slog.Any("panic", p), slog.String("stack", string(debug.Stack())),
				slog.String("conversion", job.Request.Conversion().String()))
			err = Permanent(jetsheet.CausePanic, fmt.Errorf("panic: %v", p))
		}
	}()
	return handle(ctx, job)
}

// wait keeps the lease while something is unavailable. Fetching stops until the job
// is seen to get on; were it to start again with every try, an hour's outage would
// use up the deliveries of whatever was fetched.
func (w *Worker) wait(ctx context.Context, job *Job, c *Error, try int) error {
	what := c.what()
	w.log.WarnContext(ctx, "waiting for what is unavailable", slog.String("waiting", what), slog.Any("err", c.Err),
		slog.String("conversion", job.Request.Conversion().String()))
	lift := w.halt(job, c)
	defer w.doubt(job, c)()
	job.setWaiting(what)
	w.noteWaiting(ctx, job, c)
	defer func() {
		job.moved.Add(1)
		job.setWaiting("")
	}()
	timer := time.NewTimer(backoff(try))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			// Behind a closed gate it would do all its work again, and in vain.
			if !w.gated.Load() {
				return nil
			}
			timer.Reset(w.gatePace())
			continue
		case <-lift:
			w.lift(job)
			continue
		case <-w.stopping: // what it waits for may stay away for longer than the grace
			job.cancel(ErrShutdown)
		case <-ctx.Done():
		}
		return classify(ctx, c)
	}
}

// pause stops fetching, resume starts it again, once for each job that waits.
func (w *Worker) pause(job *Job) {
	if !job.pausing.Swap(true) {
		w.waiting.Add(1)
	}
}

func (w *Worker) resume(job *Job) {
	w.lift(job)
	if job.told.Swap(false) {
		w.announce.Resume(job)
	}
}

// lift lets the worker fetch although the job still waits.
func (w *Worker) lift(job *Job) {
	if job.pausing.Swap(false) {
		w.waiting.Add(-1)
		w.nudge()
	}
}

// backoff returns how long to wait before the next try: from 0.5 s, doubling, to
// 30 s, with jitter so that workers do not come back together.
func backoff(try int) time.Duration {
	d := min(500*time.Millisecond<<min(try, 6), 30*time.Second)
	return d/2 + rand.N(d/2+1)
}
