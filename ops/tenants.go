package ops

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/jetsheet/jetsheet"
)

// KnownTenants are the tenants that the newest plans name.
type KnownTenants struct {
	// Tenants are their ids in order.
	Tenants []string
	// Runs are those whose plans were read: the newest planned scheduled run of each
	// report.
	Runs []jetsheet.RunID
	// Unread are runs that should have been among them and could not be read: what
	// people must be able to do in an emergency does not depend on one damaged record.
	Unread []jetsheet.RunID
}

// KnownTenants reads the plan of the newest scheduled run of each report. Ids that a plan
// could not use are left out.
func (r *Reader) KnownTenants(ctx context.Context) (*KnownTenants, error) {
	runs, unread, err := r.NewestRuns(ctx)
	if err != nil {
		return nil, err
	}
	known, tenants := &KnownTenants{Unread: unread}, map[string]bool{}
	for _, run := range runs {
		counts, err := r.plannedTenants(ctx, run)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			known.Unread = append(known.Unread, run.ID())
			continue
		}
		known.Runs = append(known.Runs, run.ID())
		for tenant := range counts {
			tenants[tenant] = true
		}
	}
	known.Tenants = slices.Sorted(maps.Keys(tenants))
	return known, nil
}

// NewestRuns returns the newest planned scheduled run of each report, and the ids of newer
// ones whose records cannot be read.
func (r *Reader) NewestRuns(ctx context.Context) (runs []*jetsheet.Run, unread []jetsheet.RunID, err error) {
	ids, err := r.knownRuns(ctx)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(ids, func(a, b jetsheet.RunID) int { return b.Compare(a) })
	found := map[string]bool{}
	for _, id := range ids {
		if id.Rerun > 0 || found[id.Report] {
			continue
		}
		run, err := r.Record(ctx, id)
		switch {
		case ctx.Err() != nil:
			return nil, nil, err
		case errors.Is(err, ErrUnknownRun):
		case err != nil:
			unread = append(unread, id)
		case run.Plan != nil:
			found[id.Report], runs = true, append(runs, run)
		}
	}
	return runs, unread, nil
}

// PlannedTenants counts the workbooks of each tenant in a run's plan; it is nil for a run
// that is not planned. Targets whose ids cannot be used are left out.
func (r *Reader) PlannedTenants(ctx context.Context, id jetsheet.RunID) (map[string]int, error) {
	run, err := r.Record(ctx, id)
	if err != nil || run.Plan == nil {
		return nil, err
	}
	return r.plannedTenants(ctx, run)
}

func (r *Reader) plannedTenants(ctx context.Context, run *jetsheet.Run) (map[string]int, error) {
	plan, err := r.openPlan(ctx, run)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for {
		var t jetsheet.Target
		err := plan.read(&t)
		switch {
		case errors.Is(err, io.EOF):
			return counts, nil
		case err != nil:
			return nil, err
		case t.Problem == nil:
			counts[t.Tenant]++
		}
	}
}
