package ops

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
)

// ServiceName is the name under which `nats micro ls` shows the service.
const ServiceName = "conversions"

// Names of the endpoints; each listens on [jetsheet.SubjectOps] + "." + its name.
const (
	// EndpointStart takes a [StartRequest] and answers a [StartAnswer].
	EndpointStart = "start"
	// EndpointStatus takes a [StatusRequest] and answers a [RunDetail], a [ReplayStatus] or
	// a [FailureDetail].
	EndpointStatus = "status"
	// EndpointReplay takes a [ReplayRequest] and answers a [ReplayAnswer].
	EndpointReplay = "replay"
	// EndpointCancel takes a [CancelRequest] and answers a [CancelAnswer].
	EndpointCancel = "cancel"
	// EndpointDismiss takes a [DismissRequest] and answers a [DismissAnswer].
	EndpointDismiss = "dismiss"
	// EndpointRoutes takes a [RoutesRequest] and answers a [RoutesAnswer].
	EndpointRoutes = "routes"
	// EndpointList takes a [ListRequest] and answers a [RunsAnswer], [FailuresAnswer] or
	// [WorkbooksAnswer].
	EndpointList = "list"
)

const (
	// answerLimit bounds the work on one request.
	answerLimit = 30 * time.Second
	// answersAtOnce bounds how many requests of an endpoint are worked on together.
	answersAtOnce = 4
	// serveAgain is the pause before the service is registered again.
	serveAgain = time.Second
)

// Freezer freezes runs. It may be called again for a run that exists and then
// returns what is stored.
type Freezer interface {
	Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error)
}

// Config is what a service needs.
type Config struct {
	JetStream jetstream.JetStream
	Freezer   Freezer
	// Compile reads the flag document of a frozen run; nil means that this service does
	// not answer routes.
	Compile func(document []byte) (Routes, error)
	// Parse reads definitions.
	Parse func(file string, data []byte) (*report.Definition, error)
	// Now is the clock that says whether a tick has come; nil means this machine's. A
	// producer asks PostgreSQL's before it plans.
	Now func() time.Time
	// Worker is this process's name, Version its build.
	Worker  string
	Version string
	Logger  *slog.Logger

	// lease and answerWithin stand in for [replayLease] and [answerReplayWithin] in
	// tests, window for [bulkWindow].
	lease, answerWithin time.Duration
	window              int
}

// Service answers requests of people and programs. Make it with [New].
//
// A tick is written as RFC 3339 (2026-10-31T20:00:00Z), as in a run's id
// (20261031T200000Z), or as local time in the report's zone (2026-11-01 05:00, or
// 2026-11-01 for the only tick of a day).
type Service struct {
	cfg     Config
	reader  *Reader
	starter *starter
	replays *replayer
	cancels *canceller
	dismiss *dismisser
	router  *router
	log     *slog.Logger
	// slots holds one token for each request that may be worked on, by endpoint.
	slots map[string]chan struct{}

	mu       sync.Mutex
	stopping bool
	working  sync.WaitGroup  // requests and replays in hand; none is added once stopping is set
	life     context.Context //nolint:containedctx // that of Run: replays outlive the requests that began them
}

// New looks up what setup makes. A missing part is an error that wraps
// [delivery.ErrNotSetUp].
func New(ctx context.Context, cfg Config) (*Service, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	reader, err := NewReader(ctx, cfg.JetStream)
	if err != nil {
		return nil, err
	}
	reports, err := cfg.JetStream.KeyValue(ctx, jetsheet.BucketReports)
	if err != nil {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketReports, err)
	}
	s := &Service{cfg: cfg, reader: reader, log: cfg.Logger, slots: map[string]chan struct{}{}}
	s.starter = &starter{
		reader: reader, reports: reports, freezer: cfg.Freezer, parse: cfg.Parse, now: cfg.Now, log: cfg.Logger,
	}
	s.replays = &replayer{
		js: cfg.JetStream, reader: reader, owner: cfg.Worker + "/" + rand.Text()[:6], log: cfg.Logger, start: s.goReplay,
		definition: s.starter.definition, parse: cfg.Parse,
		window: cmp.Or(cfg.window, bulkWindow), lease: cmp.Or(cfg.lease, replayLease),
		answerWithin: cmp.Or(cfg.answerWithin, answerReplayWithin), active: map[string]bool{},
	}
	s.cancels = &canceller{runs: reader.runs, reader: reader, log: cfg.Logger}
	s.dismiss = &dismisser{js: cfg.JetStream, reader: reader, log: cfg.Logger}
	s.router = &router{
		starter: s.starter, reader: reader, compile: cfg.Compile, ticks: Ticks{Runs: reader.runs, Parse: cfg.Parse, Now: cfg.Now},
	}
	for name := range s.endpoints() {
		s.slots[name] = make(chan struct{}, answersAtOnce)
	}
	return s, nil
}

// Run answers requests until ctx ends, finishes those in hand and returns nil. Replays in
// hand are left to another process, or to the next one. It may be called once.
func (s *Service) Run(ctx context.Context) error {
	defer s.finish()
	s.mu.Lock()
	s.life = ctx
	s.mu.Unlock()
	s.goWork(func() { s.replays.watch(ctx) })
	for {
		if err := s.serve(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "service stopped, registering it again", slog.Any("err", err))
		}
		timer := time.NewTimer(serveAgain)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// serve registers the service and waits until it stops or ctx ends.
func (s *Service) serve(ctx context.Context) error {
	ended := make(chan struct{})
	var once sync.Once
	service, err := micro.AddService(s.cfg.JetStream.Conn(), micro.Config{
		Name:        ServiceName,
		Version:     semantic(s.cfg.Version),
		Description: "see, start and mend runs of jetsheet",
		Metadata:    map[string]string{"worker": s.cfg.Worker, "version": s.cfg.Version},
		DoneHandler: func(micro.Service) { once.Do(func() { close(ended) }) },
	})
	if err != nil {
		return fmt.Errorf("register the service: %w", err)
	}
	defer func() { _ = service.Stop() }()
	group := service.AddGroup(jetsheet.SubjectOps)
	for name, answer := range s.endpoints() {
		handle := func(req micro.Request) { s.take(ctx, name, req, answer) }
		if err := group.AddEndpoint(name, micro.HandlerFunc(handle)); err != nil {
			return fmt.Errorf("register the endpoint %s: %w", name, err)
		}
	}
	select {
	case <-ctx.Done():
		return nil
	case <-ended:
		return errors.New("it was stopped from outside")
	}
}

func (s *Service) endpoints() map[string]answerFunc {
	return map[string]answerFunc{
		EndpointStart:   s.answerStart,
		EndpointStatus:  s.answerStatus,
		EndpointList:    s.answerList,
		EndpointReplay:  ask(s.replays.replay),
		EndpointCancel:  ask(s.answerCancel),
		EndpointDismiss: ask(s.dismiss.dismiss),
		EndpointRoutes:  ask(s.router.routes),
	}
}

// take works on a request beside the subscription, which would otherwise let one long
// answer hold up all others. A full endpoint makes the next request wait in the
// subscription.
func (s *Service) take(ctx context.Context, name string, req micro.Request, answer answerFunc) {
	select {
	case s.slots[name] <- struct{}{}:
	case <-ctx.Done():
		s.respond(ctx, name, req, refuseStopping)
		return
	}
	work := func() {
		defer func() { <-s.slots[name] }()
		s.respond(ctx, name, req, answer)
	}
	if !s.goWork(work) {
		<-s.slots[name]
		s.respond(ctx, name, req, refuseStopping)
	}
}

// goWork starts work unless the service stops, and says whether it did.
func (s *Service) goWork(work func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping {
		s.working.Go(work)
	}
	return !s.stopping
}

// goReplay starts a replay's work, which ends with the service.
func (s *Service) goReplay(work func(ctx context.Context)) bool {
	return s.goWork(func() { work(s.life) })
}

// finish waits for the requests in hand.
func (s *Service) finish() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	s.working.Wait()
}

// semantic is the part of a build's version that the service protocol surely takes;
// the whole is in the metadata.
func semantic(version string) string {
	part := regexp.MustCompile(`^v?((?:(?:0|[1-9]\d*)\.){2}(?:0|[1-9]\d*))`).FindStringSubmatch(version)
	if part == nil {
		return "0.0.0"
	}
	return part[1]
}
