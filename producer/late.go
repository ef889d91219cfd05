package producer

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// lateWatch finds retries that no open run looks after: a conversion of a closed run
// was asked for again and fails for now. Closed runs stay closed, but what the FAILED
// record promises is kept. FAILED is read on from where the last look ended, headers
// only, so that a look costs what is new; what is heard of failures is only a wake-up.
type lateWatch struct {
	wake chan struct{}

	created time.Time // of the stream that next belongs to
	next    uint64    // the first sequence not looked at

	mu sync.Mutex
	// runs had a retry in FAILED. A run that is open looks after its own, until it
	// closes.
	runs map[jetsheet.RunID]bool
}

func newLateWatch() *lateWatch {
	return &lateWatch{wake: make(chan struct{}, 1), next: 1, runs: map[jetsheet.RunID]bool{}}
}

func (l *lateWatch) note(run jetsheet.RunID) {
	l.mu.Lock()
	l.runs[run] = true
	l.mu.Unlock()
}

// take says whether a run was noted, and forgets it.
func (l *lateWatch) take(run jetsheet.RunID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	noted := l.runs[run]
	delete(l.runs, run)
	return noted
}

func (l *lateWatch) noted() []jetsheet.RunID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.runs))
}

// watchLate gives closed runs that have something to try again a runner, until ctx
// ends.
func (p *Producer) watchLate(ctx context.Context, group *sync.WaitGroup) {
	sub, err := p.js.Conn().Subscribe(jetsheet.SubjectFailed, p.hearFailure)
	if err != nil {
		p.log.DebugContext(ctx, "failures are not listened to", slog.Any("err", err))
	} else {
		defer func() { _ = sub.Unsubscribe() }()
	}
	for ctx.Err() == nil {
		pause := p.cfg.Interval
		if err := p.lookForLate(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "failures not looked at, will be tried again", slog.Any("err", err))
			pause = min(pause, problemPace)
		}
		p.startLate(ctx, group)
		waitOr(ctx, pause, p.late.wake)
	}
}

// startLate makes sure that closed runs that have something to try again have a runner.
func (p *Producer) startLate(ctx context.Context, group *sync.WaitGroup) {
	for _, id := range p.late.noted() {
		if p.book.closed(id) {
			p.startRunner(ctx, group, id)
		}
	}
}

// hearFailure wakes whoever is concerned by a failure as it is published.
func (p *Producer) hearFailure(m *nats.Msg) {
	address, err := jetsheet.ParseSubject(m.Subject)
	if err != nil {
		return
	}
	if r := p.runner(address.Run); r != nil {
		r.ear.hear(r)
	}
	if m.Header.Get(jetsheet.HeaderRetryAt) == "" || !p.book.closed(address.Run) {
		return
	}
	// It may not be stored yet.
	time.AfterFunc(closePace, func() {
		select {
		case p.late.wake <- struct{}{}:
		default:
		}
	})
}

// lookForLate notes the runs of new failures that are to be tried again.
func (p *Producer) lookForLate(ctx context.Context) error {
	stream, err := p.js.Stream(ctx, jetsheet.StreamFailed)
	if err != nil {
		return delivery.NotSetUp("stream "+jetsheet.StreamFailed, err)
	}
	l, info := p.late, stream.CachedInfo()
	if last := info.State.LastSeq; !info.Created.Equal(l.created) || last+1 < l.next {
		l.created, l.next = info.Created, 1
	} else if last < l.next {
		return nil
	}
	err = delivery.ScanFrom(ctx, p.js, jetsheet.StreamFailed, l.next, true, func(m jetstream.Msg) error {
		if m.Headers().Get(jetsheet.HeaderRetryAt) == "" {
			return nil
		}
		if address, err := jetsheet.ParseSubject(m.Subject()); err == nil {
			l.note(address.Run)
		}
		return nil
	}, jetsheet.SubjectFailed)
	if err != nil {
		return fmt.Errorf("look for retries: %w", err)
	}
	l.next = info.State.LastSeq + 1
	return nil
}

// stepLate queues what is to be tried again in a closed run, and ends when nothing is
// outstanding any more.
func (r *runner) stepLate(ctx context.Context) (time.Duration, bool, error) {
	r.lateRetries = r.p.late.take(r.id) || r.lateRetries
	if !r.lateRetries {
		return 0, true, nil
	}
	began := time.Now()
	s, err := r.surveyRetries(ctx)
	if err != nil {
		return idlePace, false, err
	}
	outstanding, err := r.retry(ctx, s)
	if err != nil {
		return time.Second, false, err
	}
	if outstanding == 0 {
		return 0, true, nil
	}
	pause := r.p.cfg.Interval
	if !r.tally.retryAt.IsZero() {
		pause = max(retryPace, min(pause, time.Until(r.tally.retryAt)))
	}
	return max(pause, surveyRest*time.Since(began)), false, nil
}
