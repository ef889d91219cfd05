package producer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// The pace of a runner, in the absence of events.
const (
	// fillPace is how often the windows of a run that is being published are looked
	// at. At 2,000 workbooks a second a window of 5,000 lasts ten times as long.
	fillPace = 250 * time.Millisecond
	// watchPace and idlePace are how often outcomes are counted while they come and
	// while they do not.
	watchPace = 250 * time.Millisecond
	idlePace  = 2 * time.Second
	// closePace is the shortest time between two comparisons with the plan that nothing
	// new calls for, and how long outcomes are gathered before one looks.
	closePace = 50 * time.Millisecond
	// problemPace is how often a run with a problem is tried again.
	problemPace = 10 * time.Second
	// retryPace is the shortest pause before a retry that is due.
	retryPace = 250 * time.Millisecond
	// surveyRest is how many times as long as a survey took is waited until the next.
	surveyRest = 10
)

// runner takes one run from its freezing to its closing.
type runner struct {
	p     *Producer
	id    jetsheet.RunID
	log   *slog.Logger
	claim *claim
	wake  chan struct{}

	// definition and scope are what the run was last seen frozen with.
	definition string
	scope      jetsheet.Scope

	fresh    bool // planned here, so that nothing was published before unless it has outcomes
	refrozen bool // the record was lost once
	// lateRetries says that the run is closed and has something to try again.
	lateRetries bool
	plan        *planFile
	lost        lostPlan
	pass        *pass
	tally       tally
	ear         *ear

	complaint    string // what was logged last
	complainedAt time.Time
}

func newRunner(p *Producer, id jetsheet.RunID) *runner {
	return &runner{
		p: p, id: id,
		log:   p.log.With(slog.String("run", id.String())),
		claim: newClaim(p.progress, id, p.cfg.Worker, p.cfg.ClaimTTL),
		wake:  make(chan struct{}, 1),
		ear:   newEar(),
	}
}

func (r *runner) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run works until the run is closed or ctx ends.
func (r *runner) run(ctx context.Context) {
	defer func() {
		r.p.announce.Resume(r)
		r.ear.close()
		r.claim.release(ctx)
		if r.plan != nil {
			r.plan.close()
		}
	}()
	for ctx.Err() == nil {
		began := time.Now()
		pause, closed, err := r.step(ctx)
		if closed {
			return
		}
		r.p.tell(ctx, r, began, err)
		if err != nil {
			r.complain(ctx, err)
			pause = max(pause, time.Second)
		}
		waitOr(ctx, pause, r.wake)
	}
}

// complain logs why the run does not go on: at once when that is new, and then once a
// minute.
func (r *runner) complain(ctx context.Context, err error) {
	if ctx.Err() != nil { // it is being stopped
		return
	}
	if text := err.Error(); text != r.complaint || time.Since(r.complainedAt) > time.Minute {
		r.complaint, r.complainedAt = text, time.Now()
		r.log.WarnContext(ctx, "run does not go on, will be tried again", slog.Any("err", err))
	}
}

// step does what the run's state calls for and says how long to pause.
func (r *runner) step(ctx context.Context) (pause time.Duration, closed bool, err error) {
	held, err := r.claim.hold(ctx)
	if err != nil || !held {
		r.pass, r.fresh = nil, false // somebody else may publish meanwhile
		return r.p.cfg.ClaimTTL / 3, false, err
	}
	run, _, err := r.p.readRun(ctx, r.id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		err = r.freezeAgain(ctx, err)
	}
	if err != nil {
		return time.Second, false, err
	}
	if run == nil {
		return 0, false, nil
	}
	r.definition, r.scope = run.Frozen.Definition, run.Frozen.Scope
	switch run.State {
	case jetsheet.RunPlanning:
		if r.plan != nil { // the record was lost, and somebody else froze the run again
			r.dropPlan()
			r.refrozen = true
		}
		if run.Cancelled != nil { // nothing is expected of a run without a plan
			return r.close(ctx, jetsheet.Counts{})
		}
		return r.stepPlan(ctx, run)
	case jetsheet.RunPublishing, jetsheet.RunOpen:
		return r.stepPublish(ctx, run)
	default:
		r.p.book.setRun(r.id, run.State)
		return r.stepLate(ctx)
	}
}

// freezeAgain brings back the record of a run. Records are never deleted, so NATS has
// lost its data; what was frozen lies on S3 as well.
func (r *runner) freezeAgain(ctx context.Context, lost error) error {
	if r.definition == "" {
		return lost
	}
	r.log.WarnContext(ctx, "the record of the run is lost, freezing it again from S3", slog.Any("err", lost))
	if _, err := r.p.cfg.Freezer.Freeze(ctx, r.id, r.definition, r.scope); err != nil {
		return about(r.id, "freezing", err)
	}
	r.dropPlan()
	r.refrozen = true
	return nil
}

func (r *runner) stepPlan(ctx context.Context, run *jetsheet.Run) (time.Duration, bool, error) {
	ours, err := r.planNow(ctx, run)
	// What was published before the record was lost may still be there.
	if r.fresh = ours && !r.refrozen; err != nil {
		return problemPace, false, err
	}
	return 0, false, nil
}

// planNow plans the run as it was frozen. A run that somebody else created is planned
// only when its freezing is complete: on S3 as well, where the record may be another
// one.
func (r *runner) planNow(ctx context.Context, run *jetsheet.Run) (ours bool, err error) {
	frozen, err := r.p.cfg.Freezer.Freeze(ctx, r.id, run.Frozen.Definition, run.Frozen.Scope)
	if err != nil {
		return false, about(r.id, "freezing", err)
	}
	run.Frozen = *frozen
	if ours, err = r.p.plan(ctx, run); err != nil {
		r.noteProblem(ctx, err)
	}
	return ours, about(r.id, "planning", err)
}

// stepPublish publishes what is neither done, pending nor failed, and closes the
// run when nothing is pending.
func (r *runner) stepPublish(ctx context.Context, run *jetsheet.Run) (time.Duration, bool, error) {
	if r.plan != nil && !r.obeys(run) {
		r.dropPlan()
	}
	if r.plan == nil {
		plan, err := r.p.openPlan(ctx, run)
		if errors.Is(err, errPlanLost) {
			return r.stepLostPlan(ctx, run, err)
		}
		if err != nil {
			r.noteProblem(ctx, err)
			return problemPace, false, err
		}
		r.plan, r.lost = plan, lostPlan{}
		r.noteProblem(ctx, nil)
	}
	if err := r.keepPlan(ctx, run); err != nil {
		r.complain(ctx, err)
	}
	if r.pass == nil && run.State == jetsheet.RunPublishing {
		if err := r.beginPass(ctx); err != nil {
			return time.Second, false, err
		}
	}
	if r.pass != nil {
		r.pass.cancelled = run.Cancelled
		// First, or the plan would take all the room.
		if err := r.retryMeanwhile(ctx); err != nil {
			return fillPace, false, err
		}
		finished, err := r.pass.fill(ctx)
		if err != nil || !finished {
			return fillPace, false, err
		}
		r.pass = nil
		// Every request of the plan was acknowledged just now: there is nothing missing
		// to be found yet, and looking costs as much as publishing thousands.
		r.tally.surveyed, r.tally.uncompared, r.tally.enough = time.Now(), true, run.Plan.Expected
		if _, err := r.advance(ctx, jetsheet.RunOpen, nil); err != nil {
			return time.Second, false, err
		}
	}
	return r.watch(ctx, run)
}

// beginPass starts to go through the plan. Unless nothing was published before, it looks
// first at what became of each conversion.
func (r *runner) beginPass(ctx context.Context) error {
	if r.fresh {
		outcomes, err := r.outcomes(ctx)
		if err != nil {
			return err
		}
		if r.fresh = false; outcomes == 0 {
			r.pass = newPass(r, nil)
			return nil
		}
	}
	s, err := r.survey(ctx)
	if err != nil {
		return err
	}
	r.pass = newPass(r, s)
	return nil
}

// outcomes counts what lies in DONE and FAILED. A run that was planned just now has some
// where its record was lost after it had been made once.
func (r *runner) outcomes(ctx context.Context) (int, error) {
	done, err := r.p.countRun(ctx, jetsheet.StreamDone, jetsheet.RunDoneSubjects(r.id))
	if err != nil {
		return 0, err
	}
	failed, err := r.p.countRun(ctx, jetsheet.StreamFailed, jetsheet.RunFailedSubjects(r.id))
	return done + failed, err
}

// advance moves the run's state forward and says whether it is there now. What was
// found by one plan does not move a run that has another by now.
func (r *runner) advance(ctx context.Context, state jetsheet.RunState, counts *jetsheet.Counts) (bool, error) {
	run, err := r.p.updateRun(ctx, r.id, func(run *jetsheet.Run) bool {
		if !run.State.Before(state) || !r.obeys(run) {
			return false
		}
		run.State = state
		if state == jetsheet.RunClosed {
			run.Closed, run.ClosedAt = counts, time.Now().UTC()
		}
		return true
	})
	return err == nil && !run.State.Before(state), err
}

// obeys says whether the plan that we have is the one that the run's record names.
func (r *runner) obeys(run *jetsheet.Run) bool {
	ours := ""
	if r.plan != nil {
		ours = r.plan.summary.Object
	}
	return planOf(run) == ours
}
