package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/flags/definition"
)

// session is a provider between Init and Shutdown. Its fields are guarded by the
// provider's mu.
type session struct {
	cancel  context.CancelFunc
	stopped <-chan struct{}
	ended   sync.WaitGroup
	timers  []*time.Timer
	// first is closed with the first document.
	first chan struct{}
	// problem is the source's, rejected is about the newest document, expired says
	// that the source has been out of reach for too long.
	problem, rejected error
	expired           bool
	grace             *time.Timer
	// loaded says that a document is in use.
	loaded bool
}

// state returns the state and why it is not READY.
func (s *session) state() (openfeature.State, error) {
	problem := s.problem
	if problem == nil {
		problem = s.rejected
	}
	switch {
	case !s.loaded && problem == nil:
		return openfeature.ErrorState, errNothingYet
	case !s.loaded || s.expired:
		return openfeature.ErrorState, problem
	case problem != nil:
		return openfeature.StaleState, problem
	}
	return openfeature.ReadyState, nil
}

var errNothingYet = fmt.Errorf("%w: nothing was heard of them yet", ErrUnreachable)

// InitWithContext starts watching the source and waits for the first document, up to
// InitLimit or the end of ctx. The error says why there is none; the provider is then
// started all the same, and tells when there is one.
func (p *Provider) InitWithContext(ctx context.Context, _ openfeature.EvaluationContext) error {
	p.mu.Lock()
	p.events.hold()
	s := p.session
	if s == nil {
		s = p.start(ctx)
	}
	p.mu.Unlock()

	limit := time.NewTimer(p.config.InitLimit)
	defer limit.Stop()
	select {
	case <-s.first:
	case <-s.stopped:
	case <-limit.C:
	case <-ctx.Done():
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session != s {
		return &openfeature.ProviderInitError{ErrorCode: openfeature.GeneralCode, Message: "the flag provider was stopped while it started"}
	}
	outcome := condition{state: openfeature.ReadyState, message: readyMessage}
	var err error
	if !s.loaded {
		_, problem := s.state()
		outcome = p.condition(s)
		err = &openfeature.ProviderInitError{ErrorCode: outcome.code, Message: problem.Error()}
	}
	s.timers = append(s.timers, p.events.release(outcome)...)
	return err
}

const readyMessage = "the flag document is in use"

// start begins a session. Its goroutines do not end with ctx, which is of the call.
func (p *Provider) start(ctx context.Context) *session {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &session{cancel: cancel, stopped: ctx.Done(), first: make(chan struct{})}
	p.session = s
	s.ended.Go(func() { p.config.Source.Run(ctx, func(news News) { p.take(ctx, s, news) }) })
	s.ended.Go(func() { p.events.run(ctx) })
	return s
}

// ShutdownWithContext stops the provider and waits until it has stopped or ctx ends.
// It may be called at any time and several times. Evaluations then give the caller's
// default until Init is called again.
func (p *Provider) ShutdownWithContext(ctx context.Context) error {
	p.mu.Lock()
	s := p.session
	p.session = nil
	if s != nil {
		s.stop()
		p.loaded.Store(nil)
		p.events.reset()
	}
	p.mu.Unlock()
	if s == nil {
		return nil
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.ended.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop flag provider: %w", context.Cause(ctx))
	}
}

func (s *session) stop() {
	s.cancel()
	for _, timer := range s.timers {
		timer.Stop()
	}
	if s.grace != nil {
		s.grace.Stop()
	}
}

// take makes news the state of things. It is called by the source's goroutine only.
func (p *Provider) take(ctx context.Context, s *session, news News) {
	var (
		before = p.loaded.Load()
		next   *loaded
		err    error
	)
	if news.Problem == nil {
		// Outside of the lock: reading a large document takes ten milliseconds.
		next, err = p.read(news, before)
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session != s {
		return
	}
	was, why := s.state()
	var changed []string
	switch {
	case news.Problem != nil:
		p.suffer(ctx, s, news.Problem)
	case err != nil:
		s.recover()
		s.rejected = err
	default:
		s.recover()
		s.rejected = nil
		changed = p.use(ctx, s, before, next)
	}
	p.log.LogAttrs(ctx, slog.LevelDebug, "flag source heard", slog.String("version", news.Version), slog.Int("changed", len(changed)))
	p.tell(ctx, s, was, why, changed)
}

// read parses a document, unless it is the one in use.
func (p *Provider) read(news News, before *loaded) (*loaded, error) {
	set, err := definition.ParseWith(news.Document, map[string]any{"version": news.Version})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", news.Version, err)
	}
	if before != nil && before.set.SHA256() == set.SHA256() {
		return before, nil
	}
	return &loaded{set: set, version: news.Version, at: time.Now()}, nil
}

// use puts a document into use and returns which flags it changes.
func (p *Provider) use(ctx context.Context, s *session, before, next *loaded) []string {
	if next == before {
		return nil
	}
	var old *definition.Set
	if before != nil {
		old = before.set
	}
	changed := definition.Changes(old, next.set)
	p.loaded.Store(next) // before the event: a handler evaluates what it was told of
	if !s.loaded {
		s.loaded = true
		close(s.first)
	}
	for _, warning := range next.set.Warnings() {
		p.log.LogAttrs(ctx, slog.LevelWarn, "flag document is doubtful", slog.String("version", next.version), slog.String("warning", warning))
	}
	return changed
}

// suffer notes a problem of the source, and lets the grace begin if that is out of
// reach.
func (p *Provider) suffer(ctx context.Context, s *session, problem error) {
	s.problem = problem
	if errors.Is(problem, ErrMissing) {
		s.endGrace()
		return
	}
	if s.grace != nil {
		return
	}
	var grace *time.Timer
	grace = time.AfterFunc(p.config.Grace, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.session != s || s.grace != grace {
			return
		}
		was, why := s.state()
		s.expired = true
		p.tell(ctx, s, was, why, nil)
	})
	s.grace = grace
}

func (s *session) recover() {
	s.problem = nil
	s.endGrace()
}

func (s *session) endGrace() {
	if s.grace != nil {
		s.grace.Stop()
		s.grace = nil
	}
	s.expired = false
}

// tell passes the state on, and logs it if it is another one.
func (p *Provider) tell(ctx context.Context, s *session, was openfeature.State, why error, changed []string) {
	now, problem := s.state()
	p.outdated.Store(now != openfeature.ReadyState)
	switch {
	case now == was && (problem == nil) == (why == nil) && (problem == nil || problem.Error() == why.Error()):
	case problem != nil:
		p.log.LogAttrs(ctx, slog.LevelWarn, "flag document is not up to date", slog.String("state", string(now)), slog.Any("err", problem))
	default:
		p.log.LogAttrs(ctx, slog.LevelInfo, "flag document is in use", slog.String("version", p.loaded.Load().version))
	}
	p.events.update(p.condition(s), changed)
}

func (p *Provider) condition(s *session) condition {
	state, problem := s.state()
	c := condition{state: state, message: readyMessage}
	if problem != nil {
		c.message, c.code = problem.Error(), codeOf(problem)
	}
	if l := p.loaded.Load(); l != nil {
		c.version = l.version
	}
	return c
}

// codeOf is never FATAL: the SDK would then not even ask for a document that is good.
func codeOf(problem error) openfeature.ErrorCode {
	if errors.Is(problem, definition.ErrDocument) {
		return openfeature.ParseErrorCode
	}
	return openfeature.GeneralCode
}
