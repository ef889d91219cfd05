package producer

import (
	"context"
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
	return r.retry(ctx, s)
}

// retry queues the failed conversions whose time has come and notes when the next
// one is due. It keeps to the windows: a database that was away for a moment may
// have failed thousands.
func (r *runner) retry(ctx context.Context, s *survey) error {
	r.tally.retryAt = time.Time{}
	now := time.Now()
	room := map[jetsheet.Lane]int{}
	for a, at := range s.retries {
		if s.by[digestOf(a.Key())] != retrying {
			continue
		}
		if !at.After(now) {
			queued, err := r.retryOne(ctx, a, room)
			if err != nil {
				return err
			}
			if queued {
				continue
			}
		}
		if r.tally.retryAt.IsZero() || at.Before(r.tally.retryAt) {
			r.tally.retryAt = at
		}
	}
	return nil
}

// retryOne reads the failure once more: it may have been superseded meanwhile. It
// says whether the retry needs no further attention.
func (r *runner) retryOne(ctx context.Context, a jetsheet.Address, room map[jetsheet.Lane]int) (bool, error) {
	isDone, err := r.p.exists(ctx, jetsheet.StreamDone, a.DoneSubject())
	if err != nil || isDone {
		return isDone, err
	}
	f, err := r.p.failure(ctx, a)
	if err != nil || f == nil || !f.Retrying() || f.RetryAt.After(time.Now()) {
		return true, err
	}
	var request jetsheet.Request
	if err := jetsheet.Decode(f.Request, &request); err != nil {
		return false, fmt.Errorf("read the request of a failure: %w", err)
	}
	if _, known := room[request.Lane]; !known {
		if room[request.Lane], err = r.p.freeIn(ctx, request.Lane); err != nil {
			return false, err
		}
	}
	if room[request.Lane]--; room[request.Lane] < 0 {
		return false, nil
	}
	return true, r.p.republish(ctx, f, &request)
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
	if w.unsettled() {
		return 0, nil
	}
	free, err := w.free(ctx)
	if err != nil {
		return 0, err
	}
	w.filledAt = time.Now() // it will be
	return free + max(1, w.size/10), nil
}

// republish queues a failed request again whose time has come, byte for byte, and
// with the number of attempts behind it.
func (p *Producer) republish(ctx context.Context, f *jetsheet.Failure, r *jetsheet.Request) error {
	m := nats.NewMsg(jetsheet.RequestSubject(r.Lane, r.Conversion()))
	m.Data = f.Request
	m.Header.Set(jetsheet.HeaderAttempt, strconv.Itoa(f.Attempts))
	if f.Trace != "" {
		m.Header.Set(jetsheet.HeaderTrace, f.Trace)
	}
	if _, err := p.js.PublishMsg(ctx, m); err != nil && !delivery.AlreadyQueued(err) {
		return fmt.Errorf("publish request again: %w", err)
	}
	p.log.InfoContext(ctx, "request queued again", slog.String("conversion", r.Conversion().String()), slog.Int("attempts", f.Attempts))
	return nil
}
