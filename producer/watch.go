package producer

import (
	"context"
	"log/slog"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// tally is what the last look at DONE and FAILED showed.
type tally struct {
	doneSeq, failedSeq uint64
	done, failed       int
	surveyed           time.Time
	cost               time.Duration // of the last survey
	news               bool          // counts have moved since the last survey
	counted            time.Time     // when counts were last looked at
	countCost          time.Duration // and how long that took
	retryAt            time.Time     // the earliest retry; zero when there is none
	quiet              int           // looks in a row that showed nothing new
}

// watch counts outcomes and decides whether a closer look is due.
func (r *runner) watch(ctx context.Context, run *jetsheet.Run) (time.Duration, bool, error) {
	moved, err := r.count(ctx)
	if err != nil {
		return idlePace, false, err
	}
	expected := run.Plan.Expected
	if r.tally.done >= expected {
		return r.close(ctx, jetsheet.Counts{Expected: expected, Done: expected})
	}
	r.tally.news = r.tally.news || moved
	if r.surveyDue(time.Now(), expected) {
		r.tally.news = false
		return r.reconcile(ctx, expected)
	}
	return r.untilRetry(r.tally.pace(moved)), false, nil
}

// pace is how long to pause before the next look: while nothing moves, longer and
// longer. A small run closes soon after its last workbook, a stuck one costs little.
func (t *tally) pace(moved bool) time.Duration {
	if moved {
		t.quiet = 0
	}
	pause := min(idlePace, watchPace<<t.quiet)
	t.quiet = min(t.quiet+1, 10)
	return pause
}

// surveyDue says whether it is time to look at every conversion. A survey of a large
// run takes a second: however much moves, surveys take a tenth of the time.
func (r *runner) surveyDue(now time.Time, expected int) bool {
	t := &r.tally
	since := now.Sub(t.surveyed)
	if since < surveyRest*t.cost {
		return false
	}
	maybeClosed := t.news && t.done+t.failed >= expected
	retryDue := !t.retryAt.IsZero() && !now.Before(t.retryAt)
	newFailures := t.news && t.failed > 0 && since > idlePace
	return maybeClosed || retryDue || newFailures || since >= r.p.cfg.Interval
}

// untilRetry shortens a pause to the next retry.
func (r *runner) untilRetry(pause time.Duration) time.Duration {
	if r.tally.retryAt.IsZero() {
		return pause
	}
	return max(retryPace, min(pause, time.Until(r.tally.retryAt)))
}

// count looks at the counts of DONE and FAILED and says whether they moved. The
// streams' last sequences tell cheaply that nothing did.
//
// Counting a million outcomes takes the server 0.15 s, so that it is done for a tenth
// of the time at most.
func (r *runner) count(ctx context.Context) (moved bool, err error) {
	began := time.Now()
	if began.Sub(r.tally.counted) < surveyRest*r.tally.countCost {
		return false, nil
	}
	defer func() { r.tally.counted, r.tally.countCost = time.Now(), time.Since(began) }()
	doneSeq, err := r.p.lastSequence(ctx, jetsheet.StreamDone)
	if err != nil {
		return false, err
	}
	failedSeq, err := r.p.lastSequence(ctx, jetsheet.StreamFailed)
	if err != nil {
		return false, err
	}
	t := &r.tally
	if doneSeq != t.doneSeq {
		done, err := r.p.countRun(ctx, jetsheet.StreamDone, jetsheet.RunDoneSubjects(r.id))
		if err != nil {
			return false, err
		}
		moved = moved || done != t.done
		t.done, t.doneSeq = done, doneSeq
	}
	if failedSeq != t.failedSeq {
		failed, err := r.p.countRun(ctx, jetsheet.StreamFailed, jetsheet.RunFailedSubjects(r.id))
		if err != nil {
			return false, err
		}
		// A record that replaces another leaves the count as it is.
		moved = moved || failed > 0
		t.failed, t.failedSeq = failed, failedSeq
	}
	return moved, nil
}

// close ends the run.
func (r *runner) close(ctx context.Context, counts jetsheet.Counts) (time.Duration, bool, error) {
	if err := r.advance(ctx, jetsheet.RunClosed, &counts); err != nil {
		return time.Second, false, err
	}
	r.log.InfoContext(ctx, "run closed", slog.Int("expected", counts.Expected), slog.Int("done", counts.Done), slog.Int("failed", counts.Failed))
	return 0, true, nil
}

// lastSequence is a stream's last sequence, without its subjects.
func (p *Producer) lastSequence(ctx context.Context, stream string) (uint64, error) {
	s, err := p.js.Stream(ctx, stream)
	if err != nil {
		return 0, delivery.NotSetUp("stream "+stream, err)
	}
	return s.CachedInfo().State.LastSeq, nil
}
