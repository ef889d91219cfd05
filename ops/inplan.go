package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Every id has a route, but only who is in the run's plan has workbooks here. A tenant that
// the previous system knows and the targets query does not return has nobody who makes its
// workbook as soon as it is routed new; only whoever asks for it can be told.

// planWait bounds how long an answer waits for the plan: routes are given without it too.
const planWait = 5 * time.Second

// tellPlanned says of each tenant of an answer whether the run's plan has it, or why that
// is not known. It is no reason to refuse the answer: the routes hold either way.
func (r *router) tellPlanned(ctx context.Context, answer *RoutesAnswer) {
	ctx, cancel := context.WithTimeout(ctx, planWait)
	defer cancel()
	lacking, err := r.lacking(ctx, answer)
	if err != nil {
		answer.PlanUnknown = errorOf(err)
		return
	}
	for i := range answer.Tenants {
		t := &answer.Tenants[i]
		t.Planned = new(!lacking[t.Tenant])
	}
}

// lacking returns which of an answer's tenants no plan of the tick has: who was left out may
// have been made again since.
func (r *router) lacking(ctx context.Context, answer *RoutesAnswer) (map[string]bool, error) {
	lacking := make(map[string]bool, len(answer.Tenants))
	for _, t := range answer.Tenants {
		lacking[t.Tenant] = true
	}
	scheduled := jetsheet.RunID{Tick: answer.Run.Tick, Report: answer.Run.Report}
	planned, err := r.reader.strikePlanned(ctx, scheduled, lacking)
	if err == nil && !planned {
		err = &Error{
			Text: fmt.Sprintf("run %s is not planned", scheduled),
			Next: fmt.Sprintf("ask again when it is; how it stands shows: jetsheet runs show %s", scheduled), Code: CodeUnavailable,
		}
	}
	if err != nil || len(lacking) == 0 {
		return nil, err
	}
	ids, err := r.starter.runsOf(ctx, scheduled.Report)
	for _, id := range ids {
		if err == nil && id.Rerun > 0 && id.Tick.Equal(scheduled.Tick) {
			_, err = r.reader.strikePlanned(ctx, id, lacking)
		}
	}
	return lacking, err
}

// strikePlanned takes the tenants of a run's plan out of those that are lacking; false says
// that there is no plan. A target that fails before it is queued counts: its failure is seen.
func (r *Reader) strikePlanned(ctx context.Context, id jetsheet.RunID, lacking map[string]bool) (planned bool, err error) {
	run, err := r.Record(ctx, id)
	if err != nil || run.Plan == nil {
		return false, err
	}
	plan, err := r.openPlan(ctx, run)
	if err != nil {
		return false, err
	}
	for len(lacking) > 0 {
		var t jetsheet.Target
		err := plan.read(&t)
		switch {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		}
		delete(lacking, t.Tenant)
	}
	return true, nil
}
