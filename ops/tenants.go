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
	runs, err := r.knownRuns(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(runs, func(a, b jetsheet.RunID) int { return b.Compare(a) })
	known, read := &KnownTenants{}, map[string]bool{}
	tenants := map[string]bool{}
	for _, id := range runs {
		if id.Rerun > 0 || read[id.Report] {
			continue
		}
		counts, err := r.PlannedTenants(ctx, id)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			known.Unread = append(known.Unread, id)
		}
		if counts == nil {
			continue
		}
		read[id.Report], known.Runs = true, append(known.Runs, id)
		for tenant := range counts {
			tenants[tenant] = true
		}
	}
	known.Tenants = slices.Sorted(maps.Keys(tenants))
	return known, nil
}

// PlannedTenants counts the workbooks of each tenant in a run's plan; it is nil for a run
// that is not planned or not there. Targets whose ids cannot be used are left out.
func (r *Reader) PlannedTenants(ctx context.Context, id jetsheet.RunID) (map[string]int, error) {
	run, err := r.Record(ctx, id)
	if errors.Is(err, ErrUnknownRun) {
		return nil, nil
	}
	if err != nil || run.Plan == nil {
		return nil, err
	}
	plan, err := r.openPlan(ctx, run)
	if err != nil {
		return nil, err
	}
	defer plan.close()
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
