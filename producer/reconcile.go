package producer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// standing is what became of a conversion. Where several are true, the greatest
// wins.
type standing uint8

const (
	failed standing = iota + 1
	retrying
	pending
	done
)

// survey is what became of each conversion of a run at one moment.
type survey struct {
	by map[digest]standing
	// retries holds the address of each conversion that is to be tried again, and
	// when.
	retries map[jetsheet.Address]time.Time
}

func (s *survey) note(key string, st standing) {
	if d := digestOf(key); s.by[d] < st {
		s.by[d] = st
	}
}

func (s *survey) of(c jetsheet.Conversion) standing { return s.by[digestOf(c.Address().Key())] }

// missing says whether nothing is known of a conversion.
func (s *survey) missing(c jetsheet.Conversion) bool { return s.of(c) == 0 }

// survey reads CONVERSIONS, RENDERED, FAILED and DONE in this order: a conversion
// that moves on while we read is then seen twice rather than not at all.
func (r *runner) survey(ctx context.Context) (*survey, error) {
	s := &survey{by: map[digest]standing{}, retries: map[jetsheet.Address]time.Time{}}
	if err := r.surveyQueue(ctx, s, jetsheet.StreamConversions, jetsheet.RunQueueSubjects(r.id)); err != nil {
		return nil, err
	}
	if err := r.surveyQueue(ctx, s, jetsheet.StreamRendered, jetsheet.RunRenderedSubjects(r.id)...); err != nil {
		return nil, err
	}
	err := delivery.Scan(ctx, r.p.js, jetsheet.StreamFailed, true, s.seeFailure, jetsheet.RunFailedSubjects(r.id))
	if err != nil {
		return nil, err
	}
	err = delivery.Scan(ctx, r.p.js, jetsheet.StreamDone, true, func(m jetstream.Msg) error {
		s.note(jetsheet.SubjectKey(m.Subject()), done)
		return nil
	}, jetsheet.RunDoneSubjects(r.id))
	return s, err
}

// surveyQueue lists what is in a work queue, where a second consumer is not
// allowed. The windows keep the list short.
func (r *runner) surveyQueue(ctx context.Context, s *survey, stream string, patterns ...string) error {
	handle, err := r.p.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("look up stream %s: %w", stream, err)
	}
	for _, pattern := range patterns {
		info, err := handle.Info(ctx, jetstream.WithSubjectFilter(pattern))
		if err != nil {
			return fmt.Errorf("list subjects of stream %s: %w", stream, err)
		}
		for subject := range info.State.Subjects {
			s.note(jetsheet.SubjectKey(subject), pending)
		}
	}
	return nil
}

func (s *survey) seeFailure(m jetstream.Msg) error {
	key := jetsheet.SubjectKey(m.Subject())
	f, err := jetsheet.ParseFailure(m.Headers(), nil)
	if err != nil || !f.Retrying() {
		// A record that cannot be read is a failure all the same.
		s.note(key, failed)
		return nil //nolint:nilerr // see above
	}
	s.note(key, retrying)
	if a, err := jetsheet.ParseSubject(m.Subject()); err == nil {
		s.retries[a] = f.RetryAt
	}
	return nil
}

// reconcile compares the plan with what became of each conversion: it starts a new
// pass where some are missing, queues due retries, and closes the run when nothing
// is pending.
func (r *runner) reconcile(ctx context.Context, expected int) (time.Duration, bool, error) {
	began := time.Now()
	s, err := r.survey(ctx)
	if err != nil {
		return idlePace, false, err
	}
	r.tally.surveyed, r.tally.cost = time.Now(), time.Since(began)
	counts, missing, err := r.compare(s)
	if err != nil {
		return problemPace, false, err
	}
	counts.Expected = expected
	if counts.Done+counts.Failed == expected {
		return r.close(ctx, counts)
	}
	if err := r.retry(ctx, s); err != nil {
		return time.Second, false, err
	}
	if missing > 0 {
		r.log.WarnContext(ctx, "conversions are missing, publishing them again", slog.Int("missing", missing))
		r.pass = newPass(r, s)
		return 0, false, nil
	}
	return r.untilRetry(idlePace), false, nil
}

// compare walks the plan.
func (r *runner) compare(s *survey) (counts jetsheet.Counts, missing int, err error) {
	for _, lane := range r.plan.lanes() {
		plan := r.plan.lane(lane)
		for {
			var t jetsheet.Target
			err := plan.Read(&t)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return counts, 0, err
			}
			if !t.Route.Expected() {
				continue
			}
			switch s.of(jetsheet.Conversion{Run: r.id, Tenant: t.Tenant, Target: t.Target}) {
			case done:
				counts.Done++
			case failed:
				counts.Failed++
			case pending, retrying:
				counts.Pending++
			default:
				counts.Pending++
				missing++
			}
		}
	}
	return counts, missing, nil
}

// hasOutcome says whether a conversion is done, or failed for good or until its
// retry: in each case it is not to be published now.
func (p *Producer) hasOutcome(ctx context.Context, c jetsheet.Conversion) (bool, error) {
	for stream, subject := range map[string]string{
		jetsheet.StreamDone: jetsheet.DoneSubject(c), jetsheet.StreamFailed: jetsheet.FailedSubject(c),
	} {
		has, err := p.exists(ctx, stream, subject)
		if err != nil || has {
			return has, err
		}
	}
	return false, nil
}

func (p *Producer) exists(ctx context.Context, stream, subject string) (bool, error) {
	return delivery.HasMessage(ctx, p.outcomes[stream], subject)
}

// failure returns the newest failure of a conversion, nil when there is none.
func (p *Producer) failure(ctx context.Context, a jetsheet.Address) (*jetsheet.Failure, error) {
	m, err := delivery.LastMessage(ctx, p.outcomes[jetsheet.StreamFailed], a.FailedSubject())
	if err != nil || m == nil {
		return nil, err
	}
	f, err := jetsheet.ParseFailure(m.Header, m.Data)
	if err != nil {
		return nil, fmt.Errorf("read failure of %s: %w", a.Key(), err)
	}
	return &f, nil
}

func (p *Producer) countRun(ctx context.Context, stream, subjects string) (int, error) {
	return delivery.Count(ctx, p.js, stream, subjects)
}
