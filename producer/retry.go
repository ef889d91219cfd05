package producer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// retryMeanwhile looks after failures while the plan is still being published: a
// large run takes longer for that than a retry may wait.
func (r *runner) retryMeanwhile(ctx context.Context) error {
	moved, err := r.count(ctx)
	if err != nil {
		return err
	}
	t := &r.tally
	t.news = t.news || moved
	now := time.Now()
	due := !t.retryAt.IsZero() && !now.Before(t.retryAt) || t.news && t.failed > 0
	if !due || now.Sub(t.surveyed) < max(idlePace, surveyRest*t.cost) {
		return nil
	}
	s, err := r.survey(ctx)
	if err != nil {
		return err
	}
	t.surveyed, t.cost, t.news = time.Now(), time.Since(now), false
	_, err = r.retry(ctx, s)
	return err
}

// retry queues the failed conversions whose time has come, notes when the next one is
// due, and returns how many have not ended yet: those that wait for their time or for
// room, and those that are queued. It keeps to the windows: a database that was away
// for a moment may have failed thousands.
func (r *runner) retry(ctx context.Context, s *survey) (outstanding int, err error) {
	r.tally.retryAt = time.Time{}
	now := time.Now()
	room := map[jetsheet.Lane]int{}
	for a, at := range s.retries {
		switch s.by[digestOf(a.Key())].wins() {
		case done:
			continue
		case pending:
			outstanding++
			continue
		}
		result := notYet
		if !at.After(now) {
			if result, err = r.retryOne(ctx, a, room); err != nil {
				return outstanding, err
			}
		}
		if result != ended {
			outstanding++
		}
		if result == notYet && (r.tally.retryAt.IsZero() || at.Before(r.tally.retryAt)) {
			r.tally.retryAt = at
		}
	}
	return outstanding, nil
}

// retried says what became of a retry.
type retried uint8

const (
	notYet retried = iota // there is no room, or another build must do it
	queued
	ended // the conversion is done, or its failure is another one by now
)

// retryOne reads the failure once more: it may have been superseded meanwhile.
func (r *runner) retryOne(ctx context.Context, a jetsheet.Address, room map[jetsheet.Lane]int) (retried, error) {
	if isDone, err := r.p.exists(ctx, jetsheet.StreamDone, a.DoneSubject()); err != nil || isDone {
		return ended, err
	}
	f, err := r.p.failure(ctx, a)
	if err != nil || f == nil || !f.Retrying() || f.RetryAt.After(time.Now()) {
		return ended, err
	}
	var request jetsheet.Request
	if err := jetsheet.Decode(f.Request, &request); errors.Is(err, jetsheet.ErrNewerSchema) {
		return notYet, nil
	} else if err != nil || request.Conversion().Address() != a {
		return ended, r.p.failUnreadable(ctx, a, f, err)
	}
	lane := retryLane(&request)
	if _, known := room[lane]; !known {
		if room[lane], err = r.p.freeIn(ctx, lane); err != nil {
			return notYet, err
		}
	}
	if room[lane]--; room[lane] < 0 {
		return notYet, nil
	}
	w := r.p.lanes[lane]
	w.mu.Lock()
	defer w.mu.Unlock()
	stored, err := r.p.republish(ctx, f, jetsheet.RequestSubject(lane, request.Conversion()))
	if stored {
		w.Filled(1)
	}
	return queued, err
}

// retryLane is the planned lane, whichever one a replay came by: that is over. What was
// never planned to be queued, because its tenant was held, goes where replays go.
func retryLane(r *jetsheet.Request) jetsheet.Lane {
	if r.Lane == "" {
		return jetsheet.LaneBulk
	}
	return r.Lane
}

// failUnreadable ends a retry whose request cannot be read: it would be tried for ever.
func (p *Producer) failUnreadable(ctx context.Context, a jetsheet.Address, f *jetsheet.Failure, why error) error {
	p.log.ErrorContext(ctx, "request cannot be tried again", slog.String("conversion", a.Key()), slog.Any("err", why))
	final := *f
	final.RetryAt, final.Stage, final.Cause, final.At = time.Time{}, jetsheet.StageProducer, jetsheet.CauseBadMessage, time.Now().UTC()
	final.Message = fmt.Sprintf("the request cannot be tried again after %s (%s): it is not a request of %s", f.Cause, f.Message, a.Key())
	if _, err := p.js.PublishMsg(ctx, final.Msg(a.FailedSubject())); err != nil {
		return refused(jetsheet.StreamFailed, fmt.Errorf("record failure of %s: %w", a.Key(), err))
	}
	return nil
}

// freeIn returns how many retries a lane takes: a tenth of the window more than there
// is room, so that a plan that fills the window does not keep them out. A lane that
// this build does not know is left to one that does.
func (p *Producer) freeIn(ctx context.Context, lane jetsheet.Lane) (int, error) {
	w, ok := p.lanes[lane]
	if !ok {
		return 0, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	free, known, err := w.Room(ctx)
	if err != nil || !known {
		return 0, err
	}
	return free + max(1, p.cfg.LaneWindow/10), nil
}

// republish queues a failed request again whose time has come, byte for byte, and
// with the number of attempts behind it. It says whether the stream took it: one that is
// queued already is no error.
func (p *Producer) republish(ctx context.Context, f *jetsheet.Failure, subject string) (stored bool, err error) {
	m := nats.NewMsg(subject)
	m.Data = f.Request
	m.Header.Set(jetsheet.HeaderAttempt, strconv.Itoa(f.Attempts))
	jetsheet.KeepHeaders(m.Header, f.Msg(subject).Header)
	if _, err = p.js.PublishMsg(ctx, m); err != nil && !delivery.AlreadyQueued(err) {
		return false, refused(jetsheet.StreamConversions, fmt.Errorf("publish request again: %w", err))
	}
	p.log.InfoContext(ctx, "request queued again", slog.String("subject", subject), slog.Int("attempts", f.Attempts))
	return err == nil, nil
}
