package producer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// expressTargets is up to how many targets a narrowed re-run goes to the express
// lane: a person waits for it.
const expressTargets = 20

// plan reads the targets of a run in one read-only transaction, puts them in
// publishing order, stores the plan and moves the run on. A plan that the run has is
// replaced: it is lost. Two producers may do it at once: the one that writes the run's record first wins, the other obeys. ours
// says that this plan is the one, so that nothing of the run can have been
// published yet.
func (p *Producer) plan(ctx context.Context, run *jetsheet.Run) (ours bool, err error) {
	began := time.Now()
	d, err := p.cfg.Parse(run.ID().Report, []byte(run.Frozen.Definition))
	if err = run.Frozen.Explain(err); errors.Is(err, jetsheet.ErrNewerSchema) {
		return false, &planError{jetsheet.ClassUnavailable, jetsheet.CauseMessageVersion, err}
	}
	if err != nil {
		return false, &planError{jetsheet.ClassPermanent, jetsheet.CauseDefinition, err}
	}
	if err := p.due(ctx, run.ID()); err != nil {
		return false, err
	}
	routes, err := p.cfg.Router(run.Frozen.Flags)
	if err != nil {
		return false, &planError{jetsheet.ClassPermanent, jetsheet.CauseDefinition, err}
	}
	defer func() {
		if err := routes.Close(); err != nil {
			p.log.WarnContext(ctx, "routes not closed", slog.Any("err", err))
		}
	}()
	c, err := newCollector(p.cfg.TempDir, run.Frozen.Scope, routes.Route)
	if err != nil {
		return false, err
	}
	defer c.close()
	templates := templateDigests{templates: p.cfg.Templates, run: run.ID(), known: map[string]string{}}
	c.freeze = func(t *jetsheet.Target) error { return templates.freeze(ctx, t) }
	snapshot, err := readTargets(ctx, p.cfg.Database, d, run.ID().Tick, c)
	if err != nil {
		return false, err
	}
	c.finish()
	summary, err := p.storePlan(ctx, run.ID(), c)
	if err != nil {
		return false, err
	}
	summary.Snapshot = jetsheet.Snapshot{ID: snapshot.ID, At: snapshot.At}
	summary.At = time.Now().UTC()
	if ours, err = p.recordPlan(ctx, run, summary); err != nil || !ours {
		return false, err
	}
	p.log.InfoContext(ctx, "run planned", slog.String("run", run.ID().String()), slog.Int("targets", summary.Targets),
		slog.Int("expected", summary.Expected), slog.Duration("elapsed", time.Since(began)))
	return true, nil
}

// planError says why planning stands still.
type planError struct {
	class jetsheet.Class
	cause jetsheet.Cause
	err   error
}

func (e *planError) Error() string { return e.err.Error() }
func (e *planError) Unwrap() error { return e.err }

// due refuses a tick in the future: a run started by hand must not see half of its
// period.
func (p *Producer) due(ctx context.Context, run jetsheet.RunID) error {
	now, err := p.cfg.Now(ctx)
	if err != nil {
		return statementProblem(err)
	}
	if run.Tick.After(now) {
		return &planError{jetsheet.ClassUnavailable, "", fmt.Errorf("the tick %s has not come by the database's clock (%s)", run.Tick.Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	}
	return nil
}

func statementProblem(err error) error {
	var s *query.StatementError
	if !errors.As(err, &s) {
		return err
	}
	class, cause := s.Failure()
	if class == jetsheet.ClassUnavailable {
		cause = "" // one run waits and no other with it
	}
	return &planError{class, cause, err}
}

// recordPlan makes a plan that of the run it was made for, in the place of the one that
// the run has, and says whether it is: if another producer was first, its plan is obeyed
// and ours goes away. A run that was planning is publishing then.
//
// The run must be frozen as it was planned. Where NATS lost its data meanwhile, somebody
// may have created the record again with a newer flag document, before S3 showed the
// first one: a plan of other routes would then make the two differ for good. After an
// error it is not known which plan the record has: ours stays until the store's age limit.
func (p *Producer) recordPlan(ctx context.Context, planned *jetsheet.Run, summary *jetsheet.PlanSummary) (ours bool, err error) {
	run, err := p.updateRun(ctx, planned.ID(), func(r *jetsheet.Run) bool {
		if r.State == jetsheet.RunClosed || planOf(r) != planOf(planned) || !r.Frozen.DecidesAs(&planned.Frozen) {
			return false
		}
		r.Plan, r.Problem = summary, nil
		if r.State == jetsheet.RunPlanning {
			r.State = jetsheet.RunPublishing
		}
		return true
	})
	if err != nil {
		return false, err
	}
	if planOf(run) == summary.Object {
		return true, nil
	}
	if err := p.plans.Delete(ctx, summary.Object); err != nil {
		p.log.DebugContext(ctx, "superfluous plan not deleted", slog.String("object", summary.Object), slog.Any("err", err))
	}
	return false, nil
}

// planOf returns the name of a run's plan, "" while it has none.
func planOf(r *jetsheet.Run) string {
	if r.Plan == nil {
		return ""
	}
	return r.Plan.Object
}
