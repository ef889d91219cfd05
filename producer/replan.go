package producer

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/jetsheet/jetsheet"
)

// errPlanLost is wrapped where a plan that the run's record names is gone or is not
// what was stored: it does not come back by itself.
var errPlanLost = errors.New("the plan is lost")

// lostPace is how long a plan must be lost before another one is made: a replica that
// lags does not have it yet.
const lostPace = 2 * time.Second

// lostPlan is the plan that was found lost last, and when at first.
type lostPlan struct {
	object string
	since  time.Time
	looked time.Time
}

// see notes that a plan is lost and says whether it has been for long enough.
func (l *lostPlan) see(object string, now time.Time) bool {
	if l.object != object {
		*l = lostPlan{object: object, since: now, looked: l.looked}
	}
	return now.Sub(l.since) >= lostPace
}

// stepLostPlan plans a run again whose plan is lost. The data may have changed since:
// what is done or queued of the old plan stays, and the new one is compared with it.
func (r *runner) stepLostPlan(ctx context.Context, run *jetsheet.Run, lost error) (time.Duration, bool, error) {
	if !r.lost.see(run.Plan.Object, time.Now()) {
		r.noteProblem(ctx, lost)
		return lostPace, false, lost
	}
	r.log.WarnContext(ctx, "the plan is lost, planning the run again", slog.String("object", run.Plan.Object), slog.Any("err", lost))
	if _, err := r.planNow(ctx, run); err != nil {
		return problemPace, false, err
	}
	return 0, false, nil
}

// dropPlan forgets the plan and all that was found by it.
func (r *runner) dropPlan() {
	if r.plan != nil {
		r.plan.close()
	}
	r.plan, r.pass, r.tally, r.fresh = nil, nil, tally{}, false
}

// keepPlan stores the plan again, under another name, where the store has lost it while
// we have it on disk: it is then the same plan for everybody.
func (r *runner) keepPlan(ctx context.Context, run *jetsheet.Run) error {
	now := time.Now()
	if now.Sub(r.lost.looked) < r.p.cfg.Interval {
		return nil
	}
	r.lost.looked = now
	if _, err := r.p.stored.Info(ctx, run.Plan.Object); !errors.Is(err, jetstream.ErrObjectNotFound) {
		r.lost = lostPlan{looked: now}
		return err
	}
	if !r.lost.see(run.Plan.Object, now) {
		return nil
	}
	summary := *run.Plan
	summary.Object = jetsheet.PlanObject(r.id, nuid.Next())
	plan := io.NewSectionReader(r.plan.file, 0, summary.SizeBytes)
	if err := r.p.putPlan(ctx, summary.Object, plan); err != nil {
		return about(r.id, "storing the lost plan again", err)
	}
	ours, err := r.p.recordPlan(ctx, run, &summary)
	if err != nil || !ours {
		return err
	}
	r.plan.summary, run.Plan = &summary, &summary
	r.log.WarnContext(ctx, "the plan was lost and is stored again", slog.String("object", summary.Object))
	return nil
}
