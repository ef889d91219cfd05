package notify

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// gather is how long a runner waits after a failure for the ones that follow it.
const gather = 2 * time.Second

// Config is what a runner needs.
type Config struct {
	JetStream jetstream.JetStream
	// Channels tell people; their names are unique. With none, notices are kept and
	// logged.
	Channels []Channel
	// Source says what is of concern.
	Source Source
	// UnkeptGrace is how long notices may not be kept before the channels are told of that;
	// 0 means [DefaultPauseGrace].
	UnkeptGrace time.Duration
	// Timeout is how long one message may take; 0 means [DefaultTimeout].
	Timeout time.Duration
	// Interval is how often a runner looks by itself; 0 means [DefaultInterval].
	Interval time.Duration
	// Now is the clock; nil means this machine's.
	Now func() time.Time
	// Worker is this process's name, unlike any other's.
	Worker string
	Logger *slog.Logger
}

// Runner keeps the notices and sends them. Make it with [New].
type Runner struct {
	cfg      Config
	bucket   *bucket
	log      *slog.Logger
	couriers []*courier
	wake     chan struct{} // holds one
	every    time.Duration
	gather   time.Duration
	// blind is what was last logged as out of sight, by kind.
	blind  map[Kind]string
	unkept *unkept
}

// New looks up what setup makes. A missing part is an error that wraps
// delivery.ErrNotSetUp.
func New(ctx context.Context, cfg Config) (*Runner, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	b, err := openBucket(ctx, cfg.JetStream)
	if err != nil {
		return nil, err
	}
	r := &Runner{
		cfg: cfg, bucket: b, log: cfg.Logger, wake: make(chan struct{}, 1),
		every: cmp.Or(cfg.Interval, DefaultInterval), gather: gather, blind: map[Kind]string{},
		unkept: &unkept{grace: cmp.Or(cfg.UnkeptGrace, DefaultPauseGrace)},
	}
	names := map[string]bool{}
	for _, channel := range cfg.Channels {
		if names[channel.Name()] {
			return nil, errors.New("two channels for notices are named " + channel.Name())
		}
		names[channel.Name()] = true
		r.couriers = append(r.couriers, &courier{
			channel: channel, bucket: b, holder: cfg.Worker, now: cfg.Now, log: cfg.Logger,
			wake: make(chan struct{}, 1), changed: r.nudge, limit: cmp.Or(cfg.Timeout, DefaultTimeout), unkept: r.unkept,
		})
	}
	return r, nil
}

// Run keeps notices until ctx ends, then returns nil; a message in hand is finished. It
// may be called once. Several processes may run.
func (r *Runner) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	for _, c := range r.couriers {
		running.Go(func() { c.run(ctx) })
	}
	defer r.listen(ctx)()
	for ctx.Err() == nil {
		err := r.look(ctx)
		if ctx.Err() == nil {
			r.noteKept(ctx, err)
		}
		r.wait(ctx)
	}
	return nil
}

// listen makes failures wake the runner, and answers who asks for notices. Without the
// right to either, notices are kept all the same. The returned function ends both.
func (r *Runner) listen(ctx context.Context) func() {
	conn := r.cfg.JetStream.Conn()
	failures, err := conn.Subscribe(jetsheet.SubjectFailed, func(*nats.Msg) { r.nudge() })
	if err != nil {
		r.log.WarnContext(ctx, "failures are not heard of at once", slog.Any("err", err))
	}
	requests, err := conn.QueueSubscribe(Subject, "notices", func(m *nats.Msg) { r.answer(ctx, m) })
	if err != nil {
		r.log.WarnContext(ctx, "requests for notices are not answered", slog.Any("err", err))
	}
	return func() {
		for _, sub := range []*nats.Subscription{failures, requests} {
			if sub != nil {
				_ = sub.Unsubscribe()
			}
		}
	}
}

// nudge makes the runner look soon.
func (r *Runner) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// wait waits for the next look: for a nudge and what comes right behind it, or until
// the time is up.
func (r *Runner) wait(ctx context.Context) {
	timer := time.NewTimer(r.every)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
		return
	case <-r.wake:
	}
	behind := time.NewTimer(r.gather)
	defer behind.Stop()
	select {
	case <-ctx.Done():
	case <-behind.C:
	}
	select { // what came meanwhile is looked at now
	case <-r.wake:
	default:
	}
}

// look brings the notices up to date. What is stored is read before what is seen, and
// written only where nobody has written since: so what is written was seen later than
// what it replaces.
func (r *Runner) look(ctx context.Context) error {
	stored, err := r.bucket.read(ctx)
	if err != nil {
		return err
	}
	now := r.cfg.Now().UTC()
	sight := r.cfg.Source.Look(ctx, now)
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	r.tellBlind(ctx, sight.Blind)
	seen := map[string]*Concern{}
	for i := range sight.Concerns {
		seen[sight.Concerns[i].Key] = &sight.Concerns[i]
	}
	own := channelConcerns(stored.channels, now)
	for i := range own {
		seen[own[i].Key] = &own[i]
	}
	err = r.store(ctx, stored, seen, &sight, now)
	for _, c := range r.couriers {
		c.nudge()
	}
	return err
}

// noteKept takes note of how a look has ended. The couriers tell when notices have not been
// kept for long.
func (r *Runner) noteKept(ctx context.Context, err error) {
	if err != nil {
		r.log.WarnContext(ctx, "notices cannot be kept, trying again", slog.Any("err", err))
	}
	if r.unkept.note(err, r.cfg.Now().UTC()) {
		for _, c := range r.couriers {
			c.nudge()
		}
	}
}

// store writes what has changed.
func (r *Runner) store(ctx context.Context, stored *contents, seen map[string]*Concern, sight *Sight, now time.Time) error {
	var failed []error
	for key, n := range stored.notices {
		if _, ok := seen[key]; ok || sight.hides(n) {
			continue
		}
		failed = append(failed, r.move(ctx, stored, key, nil, now))
	}
	for key, concern := range seen {
		if stored.revisions[key] != 0 && stored.notices[key] == nil {
			continue // a newer build's
		}
		failed = append(failed, r.move(ctx, stored, key, concern, now))
	}
	return errors.Join(failed...)
}

// move writes one notice's next state, if there is one.
func (r *Runner) move(ctx context.Context, stored *contents, key string, concern *Concern, now time.Time) error {
	previous := stored.notices[key]
	n := next(previous, concern, now)
	if n == nil {
		return nil
	}
	won, err := r.bucket.write(ctx, key, n, stored.revisions[key])
	if err != nil || !won {
		return err // where somebody else was first, the next look decides again
	}
	attrs := []any{slog.String("notice", key), slog.String("title", n.Title), slog.Int("count", n.Count)}
	switch {
	case n.Mended():
		r.log.InfoContext(ctx, "notice closed", attrs...)
	case previous == nil || previous.Mended():
		r.log.WarnContext(ctx, "notice opened", append(attrs, slog.String("next", n.Command))...)
	}
	return nil
}

// tellBlind logs what cannot be looked at, once until the reason changes.
func (r *Runner) tellBlind(ctx context.Context, blind map[Kind]error) {
	for kind, err := range blind {
		if r.blind[kind] != err.Error() {
			r.log.WarnContext(ctx, "notices of one kind are not kept up to date", slog.String("kind", string(kind)), slog.Any("err", err))
		}
		r.blind[kind] = err.Error()
	}
	for kind := range r.blind {
		if blind[kind] == nil {
			delete(r.blind, kind)
		}
	}
}
