package delivery

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// pauseSettles is how long a pause, or its end, must last to be written at once:
// what is shorter waits for the next heartbeat, or is never seen.
const pauseSettles = time.Second

// announceTimeout bounds one write, forgetTimeout the removal at the end: there is
// little time left at a shutdown.
const (
	announceTimeout = 5 * time.Second
	forgetTimeout   = time.Second
)

// maxErrorBytes is how much of an error goes into a worker's state.
const maxErrorBytes = 1 << 10

// AnnouncerConfig is what an announcer needs. Fields without a remark are required.
type AnnouncerConfig struct {
	JetStream jetstream.JetStream
	Stage     jetsheet.Stage
	// Worker is the worker's name: two with one name overwrite each other.
	Worker  string
	Version string
	// Slots is how many jobs it takes at most; 0 for a worker without jobs.
	Slots int
	// Working, if set, says how many jobs it has in hand. It is called now and then.
	Working func() int
	Logger  *slog.Logger
}

// Announcer keeps the [jetsheet.WorkerState] of one worker in KV progress, and tells it to
// who asks on [jetsheet.SubjectWorkers]. Pause, Resume and Failed may be called by anyone
// at any time: they only take note, and [Announcer.Run] writes, so that a bucket that is
// slow or gone holds up nobody.
type Announcer struct {
	cfg     AnnouncerConfig
	conn    *nats.Conn
	subject string
	changed chan struct{}

	mu      sync.Mutex
	state   jetsheet.WorkerState
	pauses  []pause           // oldest first
	written jetsheet.Resource // as of the last write; with writtenFor
	// writtenFor is the text of the pause that was last written.
	writtenFor string
}

// pause is one reason why the worker does nothing new.
type pause struct {
	source any
	on     jetsheet.Resource
	what   string
	until  time.Time // zero: until it is resumed
}

// NewAnnouncer makes an announcer; nothing is written before [Announcer.Run].
func NewAnnouncer(cfg AnnouncerConfig) *Announcer {
	return &Announcer{
		cfg: cfg, conn: cfg.JetStream.Conn(), changed: make(chan struct{}, 1),
		subject: progressSubject(cfg.JetStream, jetsheet.WorkerKey(cfg.Stage, cfg.Worker)),
		state: jetsheet.WorkerState{
			Envelope: jetsheet.CurrentEnvelope(), Stage: cfg.Stage, Worker: cfg.Worker, Version: cfg.Version,
			StartedAt: time.Now().UTC(), Slots: cfg.Slots,
		},
	}
}

// Pause takes note that the worker begins nothing new until what, such as "S3 bucket
// exports", is there again; err, if not nil, says why. source tells reasons apart:
// the worker goes on when each has been resumed. Any comparable value will do. The
// oldest reason is shown.
func (a *Announcer) Pause(source any, on jetsheet.Resource, what string, err error) {
	a.pause(pause{source: source, on: on, what: what}, err)
}

// PauseFor is [Announcer.Pause] for a reason that goes by itself after a while, to a
// heartbeat's precision, where nobody resumes it before.
func (a *Announcer) PauseFor(d time.Duration, source any, on jetsheet.Resource, what string, err error) {
	a.pause(pause{source, on, what, time.Now().Add(d)}, err)
}

func (a *Announcer) pause(p pause, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.state.LastError = shorten(err.Error())
	}
	if i := a.indexOf(p.source); i >= 0 {
		a.pauses[i] = p
	} else {
		a.pauses = append(a.pauses, p)
	}
	a.show()
}

// Resume takes note that a reason is gone; one that was not there is none.
func (a *Announcer) Resume(source any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := a.indexOf(source); i >= 0 {
		a.pauses = slices.Delete(a.pauses, i, i+1)
		a.show()
	}
}

// Failed takes note of an error that does not stop the worker; it is written with
// the next heartbeat.
func (a *Announcer) Failed(err error) {
	a.mu.Lock()
	a.state.LastError = shorten(err.Error())
	a.mu.Unlock()
}

func (a *Announcer) indexOf(source any) int {
	return slices.IndexFunc(a.pauses, func(p pause) bool { return p.source == source })
}

// expire drops the pauses whose time is over.
func (a *Announcer) expire(now time.Time) {
	over := func(p pause) bool { return !p.until.IsZero() && !now.Before(p.until) }
	if slices.ContainsFunc(a.pauses, over) {
		a.pauses = slices.DeleteFunc(a.pauses, over)
		a.show()
	}
}

// show makes the state that of the oldest pause.
func (a *Announcer) show() {
	s := &a.state
	if len(a.pauses) == 0 {
		s.Paused, s.PausedOn, s.PausedSince = "", "", time.Time{}
	} else {
		s.Paused, s.PausedOn = a.pauses[0].what, a.pauses[0].on
		if s.PausedSince.IsZero() { // whatever the reasons: it has not worked since
			s.PausedSince = time.Now().UTC()
		}
	}
	if !a.isWritten() {
		select {
		case a.changed <- struct{}{}:
		default:
		}
	}
}

func (a *Announcer) isWritten() bool {
	return a.state.Paused == a.writtenFor && a.state.PausedOn == a.written
}

// Run writes and tells the state until ctx ends, and then removes it. It may be called
// once.
func (a *Announcer) Run(ctx context.Context) {
	defer a.remove()
	questions, err := a.conn.Subscribe(jetsheet.SubjectWorkers, a.answer)
	if err != nil {
		a.cfg.Logger.WarnContext(ctx, "nobody can ask this worker how it is", slog.Any("err", err))
	} else {
		defer func() { _ = questions.Unsubscribe() }()
	}
	beat := time.NewTicker(jetsheet.WorkerHeartbeat)
	defer beat.Stop()
	failed := false
	for {
		err := a.write(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			a.cfg.Logger.WarnContext(ctx, "worker state not written, trying again", slog.Any("err", err))
		}
		failed = err != nil
		if !a.wait(ctx, beat.C) {
			return
		}
	}
}

// wait returns when there is something to write, or false when ctx ends.
func (a *Announcer) wait(ctx context.Context, beat <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-beat:
			return true
		case <-a.changed:
		}
		if !sleep(ctx, pauseSettles) {
			return false
		}
		a.mu.Lock()
		written := a.isWritten()
		a.mu.Unlock()
		if !written {
			return true
		}
	}
}

// now returns the state as it is.
func (a *Announcer) now() jetsheet.WorkerState {
	working := 0
	if a.cfg.Working != nil {
		working = a.cfg.Working()
	}
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(now)
	a.state.Working, a.state.UpdatedAt = working, now.UTC()
	return a.state
}

// answer tells the state to who asks. A pause that has not lasted is not told, as it would
// not have been written.
func (a *Announcer) answer(question *nats.Msg) {
	state := a.now()
	if state.Paused != "" && time.Since(state.PausedSince) < pauseSettles {
		state.Paused, state.PausedOn, state.PausedSince = "", "", time.Time{}
	}
	value, err := json.Marshal(state)
	if err == nil {
		err = question.Respond(value)
	}
	if err != nil {
		a.cfg.Logger.Warn("question for the worker's state not answered", slog.Any("err", err))
	}
}

func (a *Announcer) write(ctx context.Context) error {
	state := a.now()
	value, err := json.Marshal(state)
	if err != nil {
		return err
	}
	m := nats.NewMsg(a.subject)
	m.Data = value
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	if _, err := a.cfg.JetStream.PublishMsg(ctx, m, jetstream.WithMsgTTL(jetsheet.WorkerStateTTL)); err != nil {
		return err
	}
	a.mu.Lock()
	a.written, a.writtenFor = state.PausedOn, state.Paused
	a.mu.Unlock()
	return nil
}

// remove leaves a marker in the place of the state, which goes by itself as the state
// would have. Nobody waits for an answer: what is not removed dies soon.
func (a *Announcer) remove() {
	if !a.conn.IsConnected() {
		return
	}
	m := nats.NewMsg(a.subject)
	m.Header.Set("KV-Operation", "PURGE")
	m.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	m.Header.Set(jetstream.MsgTTLHeader, jetsheet.WorkerStateTTL.String())
	if a.conn.PublishMsg(m) == nil {
		_ = a.conn.FlushTimeout(forgetTimeout)
	}
}

// shorten cuts a text to what fits into a state.
func shorten(text string) string {
	if len(text) > maxErrorBytes {
		text = text[:maxErrorBytes]
	}
	return strings.ToValidUTF8(text, "")
}

// progressSubject is where the bucket keeps a key. Outside the default API prefix,
// buckets are written through it.
func progressSubject(js jetstream.JetStream, key string) string {
	subject := jetsheet.EntrySubject(jetsheet.BucketProgress, key)
	if prefix := apiPrefix(js); prefix != jetstream.DefaultAPIPrefix {
		subject = prefix + subject
	}
	return subject
}
