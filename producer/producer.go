package producer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// Settings are the numbers an operator may change.
type Settings struct {
	Interval time.Duration `help:"How often calendars and open runs are looked at without any event." default:"1m"`
	ClaimTTL time.Duration `help:"After how long another producer takes over the runs of one that is silent." default:"15s"`
	TempDir  string        `help:"Directory for plans while they are published; empty means the system's." type:"path" optional:""`
	// LaneWindow of 0 means [jetsheet.LaneWindow].
	LaneWindow int `help:"How many requests of one lane wait in NATS at most; the rest of a plan follows as they are taken." default:"5000"`
}

// Freezer freezes runs. It may be called again for a run that exists and then
// returns what is stored.
type Freezer interface {
	Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error)
}

// Routes says which system makes each tenant's workbooks in a run. Route is total. The
// producer closes what it was given.
type Routes interface {
	Route(tenant string) jetsheet.Route
	Close() error
}

// RouterFunc reads routes out of a frozen flag document.
type RouterFunc func(document json.RawMessage) (Routes, error)

// Config is what a producer needs.
type Config struct {
	Settings
	JetStream jetstream.JetStream
	Database  *query.DB
	Freezer   Freezer
	Router    RouterFunc
	// Parse reads definitions; it carries the checks that live in other packages.
	Parse func(file string, data []byte) (*report.Definition, error)
	// Templates are those that targets may name.
	Templates Templates
	// Refusal, if set, says what NATS refused; see [delivery.Config].
	Refusal delivery.RefusalFunc
	// Now is the clock that says whether a tick is due; nil means PostgreSQL's.
	Now func(ctx context.Context) (time.Time, error)
	// Worker is this process's name, Version its build.
	Worker  string
	Version string
	Logger  *slog.Logger
}

// Producer runs the producer stage. Make it with [New].
type Producer struct {
	cfg      Config
	js       jetstream.JetStream
	log      *slog.Logger
	runs     jetstream.KeyValue
	reports  jetstream.KeyValue
	progress jetstream.KeyValue
	plans    jetstream.ObjectStore // writes
	stored   *delivery.ObjectStore // reads the plans
	triggers jetstream.Stream
	outcomes map[string]jetstream.Stream // DONE and FAILED
	lanes    map[jetsheet.Lane]*laneWindow
	book     *book
	dead     *deadWatch
	late     *lateWatch
	announce *delivery.Announcer
	wake     chan struct{}

	mu      sync.Mutex
	runners map[jetsheet.RunID]*runner
}

// New checks the configuration and looks up what setup makes. A missing part is an
// error that wraps [delivery.ErrNotSetUp].
func New(ctx context.Context, cfg Config) (*Producer, error) {
	if cfg.Interval <= 0 {
		cfg.Interval = time.Minute
	}
	if cfg.ClaimTTL <= 0 {
		cfg.ClaimTTL = 15 * time.Second
	}
	if cfg.LaneWindow <= 0 {
		cfg.LaneWindow = jetsheet.LaneWindow
	}
	if cfg.Now == nil {
		cfg.Now = cfg.Database.Now
	}
	p := &Producer{
		cfg:     cfg,
		js:      cfg.JetStream,
		log:     cfg.Logger.With(slog.String("stage", string(jetsheet.StageProducer))),
		book:    newBook(),
		dead:    newDeadWatch(),
		late:    newLateWatch(),
		wake:    make(chan struct{}, 1),
		runners: map[jetsheet.RunID]*runner{},
		lanes:   map[jetsheet.Lane]*laneWindow{},
	}
	p.announce = delivery.NewAnnouncer(delivery.AnnouncerConfig{
		JetStream: cfg.JetStream, Stage: jetsheet.StageProducer, Worker: cfg.Worker, Version: cfg.Version, Logger: p.log,
	})
	return p, p.bind(ctx)
}

func (p *Producer) bind(ctx context.Context) error {
	var err error
	for bucket, kv := range map[string]*jetstream.KeyValue{
		jetsheet.BucketRuns: &p.runs, jetsheet.BucketReports: &p.reports, jetsheet.BucketProgress: &p.progress,
	} {
		if *kv, err = p.js.KeyValue(ctx, bucket); err != nil {
			return delivery.NotSetUp("bucket "+bucket, err)
		}
	}
	if p.plans, err = p.js.ObjectStore(ctx, jetsheet.StorePlans); err != nil {
		return delivery.NotSetUp("object store "+jetsheet.StorePlans, err)
	}
	if p.stored, err = delivery.OpenObjectStore(ctx, p.js, jetsheet.StorePlans); err != nil {
		return err
	}
	if p.triggers, err = p.js.Stream(ctx, jetsheet.StreamTriggers); err != nil {
		return delivery.NotSetUp("stream "+jetsheet.StreamTriggers, err)
	}
	p.outcomes = map[string]jetstream.Stream{}
	for _, stream := range []string{jetsheet.StreamDone, jetsheet.StreamFailed} {
		if p.outcomes[stream], err = p.js.Stream(ctx, stream); err != nil {
			return delivery.NotSetUp("stream "+stream, err)
		}
	}
	for _, lane := range jetsheet.Lanes() {
		c, err := p.js.Consumer(ctx, jetsheet.StreamConversions, jetsheet.LaneConsumer(lane))
		if err != nil {
			return delivery.NotSetUp("consumer "+jetsheet.StreamConversions+"/"+jetsheet.LaneConsumer(lane), err)
		}
		p.lanes[lane] = &laneWindow{consumer: c, Window: delivery.NewWindow(c, p.cfg.LaneWindow)}
	}
	return nil
}

// Run works until ctx ends and then returns nil. A run that is being published is
// left as it is: the next producer goes on with it.
func (p *Producer) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group.Go(func() { p.announce.Run(ctx) })
	group.Go(func() { p.watch(ctx, "reports", p.reports, p.seeReport) })
	group.Go(func() { p.watch(ctx, "runs", p.runs, p.seeRun) })
	group.Go(func() { p.readTriggers(ctx) })
	group.Go(func() { p.watchDead(ctx) })
	group.Go(func() { p.watchLate(ctx, &group) })
	for {
		interval := p.cfg.Interval
		began := time.Now()
		err := p.round(ctx, &group)
		p.tell(ctx, p, began, err)
		if err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "round not finished, will be tried again", slog.Any("err", err))
			interval = min(interval, problemPace)
		}
		if !p.pause(ctx, interval) {
			return nil
		}
	}
}

// round does everything that is due now. It waits until runs and reports are
// known: a tick must not be judged without the runs before it. What fails does not
// stop the rest: without a database no run is planned, but the planned ones go on.
func (p *Producer) round(ctx context.Context, group *sync.WaitGroup) error {
	if !p.book.complete() {
		return nil
	}
	err := p.syncSchedules(ctx)
	if err != nil {
		err = refused(jetsheet.StreamTriggers, err)
	}
	err = errors.Join(err, p.walkCalendars(ctx))
	p.startRunners(ctx, group)
	return err
}

// pause waits for the next event or the interval and says whether to go on.
func (p *Producer) pause(ctx context.Context, interval time.Duration) bool {
	waitOr(ctx, interval, p.wake)
	return ctx.Err() == nil
}

func (p *Producer) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// startRunners makes sure that every run that is not closed has a runner.
func (p *Producer) startRunners(ctx context.Context, group *sync.WaitGroup) {
	p.startLate(ctx, group)
	for _, id := range p.book.open() {
		p.startRunner(ctx, group, id)
	}
}

// startRunner starts the runner of a run, or wakes the one there is.
func (p *Producer) startRunner(ctx context.Context, group *sync.WaitGroup, id jetsheet.RunID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runners[id] != nil {
		p.runners[id].nudge()
		return
	}
	r := newRunner(p, id)
	p.runners[id] = r
	group.Go(func() {
		r.run(ctx)
		p.mu.Lock()
		delete(p.runners, id)
		p.mu.Unlock()
	})
}

// runner returns the runner of a run, nil where there is none.
func (p *Producer) runner(id jetsheet.RunID) *runner {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runners[id]
}

// about wraps an error with what was being looked at, for the log.
func about(run jetsheet.RunID, doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s of run %s: %w", doing, run, err)
}
