package notify

import (
	"cmp"
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
)

const (
	// tickGrace is how long after its tick a run may be missing.
	tickGrace = 10 * time.Minute
	// lookLimit bounds one look.
	lookLimit = 2 * time.Minute
	// rereadEvery is how often everything is read again. A replica that lags may have
	// hidden something from a look.
	rereadEvery = time.Hour
)

// SourceConfig is what a source over JetStream needs.
type SourceConfig struct {
	JetStream jetstream.JetStream
	// Parse reads definitions.
	Parse func(file string, data []byte) (*report.Definition, error)
	// PauseGrace is how long a worker may wait for something before that is of concern;
	// 0 means [DefaultPauseGrace].
	PauseGrace time.Duration
	// Returns lists the automatic returns in force; nil means that there are none.
	Returns func(ctx context.Context) ([]Returned, error)
}

// JetStreamSource sees what the stages leave in JetStream. Make it with [NewSource].
type JetStreamSource struct {
	failures   *failureBook
	runs       *runBook
	reports    *reportBook
	attendance *attendance
	flags      jetstream.KeyValue
	progress   jetstream.KeyValue
	pauseGrace time.Duration
	returns    func(ctx context.Context) ([]Returned, error)
	readAt     time.Time
}

// NewSource looks up what setup makes. A missing part is an error that wraps
// delivery.ErrNotSetUp. It only ever reads.
func NewSource(ctx context.Context, cfg SourceConfig) (*JetStreamSource, error) {
	buckets := map[string]jetstream.KeyValue{}
	for _, name := range []string{jetsheet.BucketRuns, jetsheet.BucketReports, jetsheet.BucketFlags, jetsheet.BucketProgress} {
		kv, err := cfg.JetStream.KeyValue(ctx, name)
		if err != nil {
			return nil, delivery.NotSetUp("bucket "+name, err)
		}
		buckets[name] = kv
	}
	failures, err := newFailureBook(ctx, cfg.JetStream)
	if err != nil {
		return nil, err
	}
	return &JetStreamSource{
		failures:   failures,
		runs:       newRunBook(buckets[jetsheet.BucketRuns]),
		reports:    &reportBook{kv: buckets[jetsheet.BucketReports], parse: cfg.Parse, reports: map[string]scheduled{}},
		attendance: &attendance{js: cfg.JetStream, since: map[jetsheet.Stage]time.Time{}},
		flags:      buckets[jetsheet.BucketFlags],
		progress:   buckets[jetsheet.BucketProgress],
		pauseGrace: cmp.Or(cfg.PauseGrace, DefaultPauseGrace),
		returns:    cfg.Returns,
	}, nil
}

// Look implements [Source]. A part that fails makes its kinds blind and leaves the
// others as they are.
func (s *JetStreamSource) Look(ctx context.Context, now time.Time) Sight {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	s.reread(now)
	sight := Sight{Blind: map[Kind]error{}}
	see := func(kind Kind, concerns []Concern, err error) {
		if err != nil {
			sight.Blind[kind] = err
			return
		}
		sight.Concerns = append(sight.Concerns, concerns...)
	}
	concerns, err := s.lookAtFailures(ctx)
	see(KindFailures, concerns, err)
	sight.Retried = s.failures.retried
	concerns, err = s.lookAtTicks(ctx, now)
	see(KindMissing, concerns, err)
	err = s.runs.refresh(ctx)
	see(KindStuck, s.runs.stuck(now), err)
	workers, err := delivery.LiveWorkers(ctx, s.attendance.js.Conn(), s.progress)
	see(KindPaused, paused(workers, now, s.pauseGrace), err)
	if err == nil {
		concerns, err = s.attendance.unattended(ctx, workers, now)
	}
	see(KindUnattended, concerns, err)
	if s.returns != nil {
		returns, err := s.returns(ctx)
		see(KindReturned, returned(returns), err)
	}
	return sight
}

// reread forgets where the reading stopped, now and then.
func (s *JetStreamSource) reread(now time.Time) {
	if now.Sub(s.readAt) < rereadEvery {
		return
	}
	s.readAt = now
	s.failures.fromFailed = 0
	*s.runs = *newRunBook(s.runs.kv)
	s.reports.from, s.reports.reports = 0, map[string]scheduled{}
}

func (s *JetStreamSource) lookAtFailures(ctx context.Context) ([]Concern, error) {
	done, failed, err := s.failures.streams(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.runs.refresh(ctx); err != nil {
		return nil, err
	}
	if err := s.failures.refresh(ctx, s.runs, done, failed); err != nil {
		return nil, err
	}
	return s.failures.concerns, nil
}

// lookAtTicks reads the reports before the runs: a tick is missing only where its run
// was not there after it was due.
func (s *JetStreamSource) lookAtTicks(ctx context.Context, now time.Time) ([]Concern, error) {
	if err := s.reports.refresh(ctx); err != nil {
		return nil, err
	}
	if err := s.runs.refresh(ctx); err != nil {
		return nil, err
	}
	none, err := withoutFlags(ctx, s.flags)
	if err != nil {
		return nil, err
	}
	return s.reports.missing(s.runs, none, now, tickGrace), nil
}
