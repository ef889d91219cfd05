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

// standing is what became of a conversion; several may be true at once.
type standing uint8

const (
	failed standing = 1 << iota
	retrying
	pending
	done
)

// wins returns the one that counts: done over pending over retrying over failed.
func (st standing) wins() standing {
	for _, one := range []standing{done, pending, retrying, failed} {
		if st&one != 0 {
			return one
		}
	}
	return 0
}

// survey is what became of each conversion of a run at one moment.
type survey struct {
	by map[digest]standing
	// records counts what lies in DONE and FAILED.
	records int
	// retries holds the address of each conversion that is to be tried again, and
	// when.
	retries map[jetsheet.Address]time.Time
}

func (s *survey) note(key string, st standing) { s.by[digestOf(key)] |= st }

func (s *survey) of(c jetsheet.Conversion) standing { return s.by[digestOf(c.Address().Key())] }

// missing says whether nothing is known of a conversion.
func (s *survey) missing(c jetsheet.Conversion) bool { return s.of(c) == 0 }

// survey reads CONVERSIONS, RENDERED, FAILED and DONE in this order: a conversion
// that moves on while we read is then seen twice rather than not at all.
func (r *runner) survey(ctx context.Context) (*survey, error) {
	s, err := r.surveyRetries(ctx)
	if err != nil {
		return nil, err
	}
	err = delivery.Scan(ctx, r.p.js, jetsheet.StreamDone, true, func(m jetstream.Msg) error {
		s.records++
		s.note(jetsheet.SubjectKey(m.Subject()), done)
		return nil
	}, jetsheet.RunDoneSubjects(r.id))
	return s, err
}

// surveyRetries is a survey without DONE: enough to find what is to be tried again.
func (r *runner) surveyRetries(ctx context.Context) (*survey, error) {
	s := &survey{by: map[digest]standing{}, retries: map[jetsheet.Address]time.Time{}}
	if err := r.surveyQueue(ctx, s, jetsheet.StreamConversions, jetsheet.RunQueueSubjects(r.id)); err != nil {
		return nil, err
	}
	if err := r.surveyQueue(ctx, s, jetsheet.StreamRendered, jetsheet.RunRenderedSubjects(r.id)...); err != nil {
		return nil, err
	}
	err := delivery.Scan(ctx, r.p.js, jetsheet.StreamFailed, true, s.seeFailure, jetsheet.RunFailedSubjects(r.id))
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
	s.records++
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
	found, err := r.compare(s)
	if err != nil {
		return problemPace, false, err
	}
	r.tally.surveyed, r.tally.cost = time.Now(), time.Since(began)
	found.Expected = expected
	if found.Done+found.Failed == expected {
		return r.close(ctx, found.Counts)
	}
	r.tally.compared(s.records+found.unrecorded, r.p.cfg.Interval)
	if _, err := r.retry(ctx, s); err != nil {
		return time.Second, false, err
	}
	if found.missing > 0 {
		r.log.WarnContext(ctx, "conversions are missing, publishing them again", slog.Int("missing", found.missing))
		r.pass = newPass(r, s)
		return 0, false, nil
	}
	return r.tally.untilDue(watchPace), false, nil
}

// comparison is how the conversions of a plan stand.
type comparison struct {
	jetsheet.Counts
	missing int // of which nothing is known
	// unrecorded counts the pending ones without a record in DONE or FAILED: each of
	// them will add one.
	unrecorded int
}

func (c *comparison) add(st standing) {
	switch st.wins() {
	case done:
		c.Done++
	case failed:
		c.Failed++
	default:
		c.Pending++
		if st == 0 {
			c.missing++
		}
		if st&(failed|retrying) == 0 {
			c.unrecorded++
		}
	}
}

// compare walks the plan.
func (r *runner) compare(s *survey) (comparison, error) {
	var found comparison
	for _, lane := range r.plan.lanes() {
		plan := r.plan.lane(lane)
		for {
			var t jetsheet.Target
			err := plan.Read(&t)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return found, err
			}
			if t.Route.Expected() {
				found.add(s.of(jetsheet.Conversion{Run: r.id, Tenant: t.Tenant, Target: t.Target}))
			}
		}
	}
	return found, nil
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
