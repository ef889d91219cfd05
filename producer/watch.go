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
	uncounted          bool          // the last look came too soon after that to count
	retryAt            time.Time     // the earliest retry; zero when there is none
	quiet              int           // looks in a row that showed nothing new

	// enough is the least number of records in DONE and FAILED with which the run can
	// be complete. Counts cannot say more: they have outcomes that are not in the plan.
	enough int
	// uncompared says that counts have moved since the last comparison with the plan,
	// again how long to wait after it when they have not.
	uncompared bool
	again      time.Duration
}

// watch counts outcomes and decides whether a closer look is due.
func (r *runner) watch(ctx context.Context, run *jetsheet.Run) (time.Duration, bool, error) {
	heard := r.ear.heard.Load()
	moved, err := r.count(ctx)
	if err != nil {
		return idlePace, false, err
	}
	t := &r.tally
	t.news, t.uncompared = t.news || moved, t.uncompared || moved
	if r.surveyDue(time.Now()) {
		t.news = false
		return r.reconcile(ctx, run.Plan.Expected)
	}
	pause := t.untilDue(t.pace(moved))
	if r.ear.await(r, heard, t.enough-t.done-t.failed) {
		pause = closePace
	}
	return pause, false, nil
}

// pace is how long to pause before the next look: while nothing moves, longer and
// longer. A stuck run costs little; the last outcomes of a run are heard of anyway.
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
func (r *runner) surveyDue(now time.Time) bool {
	t := &r.tally
	since := now.Sub(t.surveyed)
	if since < surveyRest*t.cost {
		return false
	}
	maybeClosed := t.mayBeComplete() && (t.uncompared || since >= t.again)
	retryDue := !t.retryAt.IsZero() && !now.Before(t.retryAt)
	newFailures := t.news && t.failed > 0 && since > idlePace
	return maybeClosed || retryDue || newFailures || since >= r.p.cfg.Interval
}

func (t *tally) mayBeComplete() bool { return t.done+t.failed >= t.enough }

// compared notes a comparison with the plan after which the run goes on. Where the
// counts were complete all the same, a request may not have left its lane yet; or they
// have what the plan has not, and the next look comes later and later.
func (t *tally) compared(enough int, most time.Duration) {
	if t.uncompared {
		t.again = closePace
	} else {
		t.again = min(2*t.again, most)
	}
	t.uncompared, t.enough = false, enough
}

// countDue is when the counts may be looked at again.
func (t *tally) countDue() time.Time { return t.counted.Add(surveyRest * t.countCost) }

// untilDue shortens a pause to what is due before its end.
func (t *tally) untilDue(pause time.Duration) time.Duration {
	if t.uncounted { // the wake-up may have been for what is not counted
		pause = max(closePace, min(pause, time.Until(t.countDue())))
	}
	if !t.retryAt.IsZero() {
		pause = max(retryPace, min(pause, time.Until(t.retryAt)))
	}
	if t.mayBeComplete() {
		rest := surveyRest * t.cost
		if !t.uncompared {
			rest = max(rest, t.again)
		}
		pause = max(closePace, min(pause, time.Until(t.surveyed.Add(rest))))
	}
	return pause
}

// count looks at the counts of DONE and FAILED and says whether they moved. The
// streams' last sequences tell cheaply that nothing did.
//
// Counting a million outcomes takes the server 0.15 s, so that it is done for a tenth
// of the time at most.
func (r *runner) count(ctx context.Context) (moved bool, err error) {
	began := time.Now()
	if r.tally.uncounted = began.Before(r.tally.countDue()); r.tally.uncounted {
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

// close ends the run, unless its plan has been replaced meanwhile.
func (r *runner) close(ctx context.Context, counts jetsheet.Counts) (time.Duration, bool, error) {
	closed, err := r.advance(ctx, jetsheet.RunClosed, &counts)
	if err != nil || !closed {
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
