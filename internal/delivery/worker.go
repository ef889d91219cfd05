package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Config is what a worker needs. Fields without a remark are required.
type Config struct {
	JetStream jetstream.JetStream
	Stage     jetsheet.Stage
	// Worker is this worker's name, unique and fit for people; Version its build. A
	// second worker of one process needs a name of its own.
	Worker  string
	Version string
	// Stream holds the messages; Queues are its durables in the order in which a
	// free slot asks them.
	Stream string
	Queues []Queue
	// Slots is how many jobs run at a time, at least 1, plus one for a queue with
	// ExtraSlot.
	Slots int
	// Request reads a message. It may be called by many jobs at a time.
	Request func(data []byte) (Content, error)
	// Ready, if set, is asked before each call of Handle, and before a start is written: it
	// may put the message off with [Postpone], which leaves no trace of an attempt. What it
	// finds it may leave for Handle in the job's Kept. Its errors count like Handle's.
	Ready func(ctx context.Context, job *Job) error
	// Handle does the work of one attempt. Its context ends with a cause of this
	// package. It must not settle the message. When it returns nil, its effect must
	// be durable.
	Handle func(ctx context.Context, job *Job) error
	// Settled, if set, is called once the server has confirmed that the message is
	// gone, whether done or failed: the place to clear away what only this message
	// needed. It does not run for a message that comes again. The slot is held
	// until it returns.
	Settled func(ctx context.Context, job *Job)
	// RecordStarts writes the start of every attempt. Without it only redelivered
	// messages leave a trace: enough to stop a message that kills its worker, and
	// cheaper.
	RecordStarts bool
	// Gate, if set, is asked every few seconds; while it returns an error nothing is
	// fetched, and what waits for anything is not tried again. The error says why, for people; one made by [Unavailable] says what is
	// waited for as well.
	Gate func(ctx context.Context) error
	// Refusal, if set, says what NATS refused, so that a permission that is missing is
	// not told as an outage.
	Refusal RefusalFunc
	// Deadline is the most work time of one attempt, waiting not counted; 0 means 45
	// minutes.
	Deadline time.Duration
	// PutOff is how long a job whose error is in doubt holds its slot, see [Doubtful]; then
	// it comes again later, and nothing is counted. 0 means a minute.
	PutOff time.Duration
	// Grace is how long running jobs may go on after a shutdown began; 0 means 20 s.
	Grace  time.Duration
	Logger *slog.Logger
}

// Queue is one durable consumer.
type Queue struct {
	Consumer string
	// ExtraSlot gives the queue one slot of its own besides the ordinary ones.
	ExtraSlot bool
	// SpareLast keeps the last free ordinary slot from this queue, so that long jobs
	// never fill a worker.
	SpareLast bool
}

// Worker pulls messages and runs jobs. Make it with [New].
type Worker struct {
	cfg      Config
	conn     *nats.Conn
	ackWait  time.Duration
	progress jetstream.KeyValue
	stream   *incarnation
	log      *slog.Logger
	announce *Announcer
	company  company
	doubts   doubts

	jobs     sync.WaitGroup
	running  sync.Map      // *Job → struct{}
	stopping chan struct{} // closed when a shutdown begins
	waiting  atomic.Int32  // jobs that keep the worker from fetching until what they wait for is there
	gated    atomic.Bool
	wake     chan struct{}
	slot     chan slotKind
}

// New checks the configuration and looks up stream, consumers and buckets. A
// missing one is an error that wraps [ErrNotSetUp].
func New(ctx context.Context, cfg Config) (*Worker, error) {
	if cfg.Slots < 1 {
		return nil, fmt.Errorf("%s: slots is %d; at least 1 is needed", cfg.Stage, cfg.Slots)
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = 45 * time.Minute
	}
	if cfg.Grace == 0 {
		cfg.Grace = 20 * time.Second
	}
	if cfg.PutOff == 0 {
		cfg.PutOff = putOffAfter
	}
	w := &Worker{
		cfg:  cfg,
		conn: cfg.JetStream.Conn(),
		log:  cfg.Logger.With(slog.String("stage", string(cfg.Stage))),

		stopping: make(chan struct{}),
		wake:     make(chan struct{}, 1),
		slot:     make(chan slotKind, cfg.Slots+1),

		doubts: doubts{reached: map[string]time.Time{}, waiting: map[*Job]string{}},
	}
	var err error
	if w.stream, err = newIncarnation(ctx, cfg.JetStream, cfg.Stream); err != nil {
		return nil, NotSetUp("stream "+cfg.Stream, err)
	}
	for _, q := range cfg.Queues {
		c, err := cfg.JetStream.Consumer(ctx, cfg.Stream, q.Consumer)
		if err != nil {
			return nil, NotSetUp("consumer "+cfg.Stream+"/"+q.Consumer, err)
		}
		// The shortest: what keeps that lease keeps the others.
		if lease := c.CachedInfo().Config.AckWait; w.ackWait == 0 || lease < w.ackWait {
			w.ackWait = lease
		}
	}
	if w.progress, err = cfg.JetStream.KeyValue(ctx, jetsheet.BucketProgress); err != nil {
		return nil, NotSetUp("bucket "+jetsheet.BucketProgress, err)
	}
	w.announce = NewAnnouncer(AnnouncerConfig{
		JetStream: cfg.JetStream, Stage: cfg.Stage, Worker: cfg.Worker, Version: cfg.Version,
		Slots: cfg.Slots, Working: w.inHand, Logger: w.log,
	})
	return w, nil
}

// inHand returns how many jobs there are.
func (w *Worker) inHand() (n int) {
	w.running.Range(func(any, any) bool { n++; return true })
	return n
}

// ErrNotSetUp is wrapped when something that `jetsheet setup` makes is missing.
var ErrNotSetUp = errors.New("not set up; make what is missing with: jetsheet setup")

// NotSetUp wraps the error of a look-up; where the thing is missing, with [ErrNotSetUp].
// A read by direct get is told of nobody who answers, which an outage looks like too: then
// the text says what to do if that lasts.
func NotSetUp(what string, err error) error {
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) {
		return fmt.Errorf("%s: %w (%w)", what, ErrNotSetUp, err)
	}
	if errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("look up %s: nobody answers; if that lasts, make what is missing with: jetsheet setup (%w)", what, err)
	}
	return fmt.Errorf("look up %s: %w", what, err)
}

// Run works until ctx ends, then stops fetching, lets running jobs go on for the
// grace period, gives the rest back and returns nil. It returns earlier only with
// an error: the connection was closed. It may be called once.
func (w *Worker) Run(ctx context.Context) error {
	jobs, cancelJobs := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancelJobs(nil)
	var background sync.WaitGroup
	watch, stopWatch := context.WithCancel(jobs)
	defer w.stream.listen()()
	background.Go(func() { w.watchStream(watch) })
	background.Go(func() { w.announce.Run(watch) })
	if w.cfg.Gate != nil {
		w.gated.Store(true) // until it was asked
		background.Go(func() { w.watchGate(watch) })
	}

	err := w.dispatch(ctx, jobs)

	close(w.stopping)
	if !w.jobsEnd(w.cfg.Grace) {
		cancelJobs(ErrShutdown)
		w.jobs.Wait()
	}
	stopWatch()
	background.Wait()
	// What was given back must reach the server before its caller closes the connection.
	_ = w.conn.FlushTimeout(closeLimit)
	return err
}

// jobsEnd waits for the running jobs, at most for the given time.
func (w *Worker) jobsEnd(within time.Duration) bool {
	ended := make(chan struct{})
	go func() {
		w.jobs.Wait()
		close(ended)
	}()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-ended:
		return true
	case <-timer.C:
		return false
	}
}

// paused says whether nothing may be fetched now.
func (w *Worker) paused() bool { return w.gated.Load() || w.waiting.Load() > 0 || w.company.closed() }

// nudge makes the dispatcher look at its state again.
func (w *Worker) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// watchGate asks the gate and stops fetching while it refuses.
func (w *Worker) watchGate(ctx context.Context) {
	open := true // the first time it is open, nothing has changed
	for {
		asked := time.Now()
		err := w.explainGate(w.cfg.Gate(ctx), asked)
		if ctx.Err() != nil {
			return
		}
		w.gated.Store(err != nil)
		w.nudge()
		w.announceGate(err)
		switch {
		case err != nil && open:
			w.log.WarnContext(ctx, "fetching paused", slog.Any("err", err))
		case err == nil && !open:
			w.log.InfoContext(ctx, "fetching resumed")
		}
		open = err == nil
		if !sleep(ctx, w.gatePace()) {
			return
		}
	}
}

// explainGate is [Worker.explain] for the gate's error.
func (w *Worker) explainGate(err error, asked time.Time) error {
	var known *Error
	if !errors.As(err, &known) {
		return err
	}
	if why := w.explain(known, "", asked); why != known {
		return why
	}
	return err
}

// gatePace is how often the gate is asked.
func (w *Worker) gatePace() time.Duration { return min(5*time.Second, w.ackWait/3) }

// announceGate tells people what the gate said.
func (w *Worker) announceGate(err error) {
	if err == nil {
		w.announce.Resume(&w.gated)
		return
	}
	var known *Error
	if !errors.As(err, &known) {
		known = &Error{Err: err}
	}
	w.announce.Pause(&w.gated, known.on(), known.what(), err)
}

// sleep waits and says whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
