package ops

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/jetsheet/jetsheet"
)

// KnownTenants are the tenants that the plans of the last periods name.
type KnownTenants struct {
	// Tenants are their ids in order.
	Tenants []string
	// ByReport are those of each report of which a plan was read, in order.
	ByReport map[string][]string
	// Runs are those whose plans were read.
	Runs []jetsheet.RunID
	// Cut says that time was up before all of them were read.
	Cut bool
	// Unread are runs that should have been among them and could not be read: what
	// people must be able to do in an emergency does not depend on one damaged record.
	Unread []jetsheet.RunID
}

// KnownTenants reads the plans of each applied report as far back as [DefaultShadowPeriods]
// of its periods and one more go, and at least 35 days: one plan alone may have only who was
// due at its tick. Ids that a plan could not use are left out. After the time given, of each
// report only the newest plan is still read; 0 means that all are.
func (r *Reader) KnownTenants(ctx context.Context, within time.Duration) (*KnownTenants, error) {
	begun := time.Now()
	inTime := func() bool { return within == 0 || time.Since(begun) < within }
	reports, err := r.runsOfApplied(ctx)
	if err != nil {
		return nil, err
	}
	known := &KnownTenants{ByReport: map[string][]string{}}
	for _, report := range slices.Sorted(maps.Keys(reports)) {
		if err := known.read(ctx, r, reports[report], inTime); err != nil {
			return nil, err
		}
		known.Tenants = append(known.Tenants, known.ByReport[report]...)
	}
	slices.Sort(known.Tenants)
	known.Tenants = slices.Compact(known.Tenants)
	return known, nil
}

// read reads the runs of one report, newest first.
func (k *KnownTenants) read(ctx context.Context, r *Reader, runs []jetsheet.RunID, inTime func() bool) error {
	back, tenants, plans := lookBack{periods: DefaultShadowPeriods + 1}, map[string]bool{}, len(k.Runs)
	for _, id := range runs {
		if back.over(id.Tick) {
			break
		}
		if len(k.Runs) > plans && !inTime() {
			k.Cut = true
			break
		}
		planned, err := r.planOf(ctx, id, func(t *jetsheet.Target) {
			if back.see(t); t.Problem == nil {
				tenants[t.Tenant] = true
			}
		})
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			k.Unread = append(k.Unread, id)
		case planned:
			k.Runs = append(k.Runs, id)
		}
	}
	if len(k.Runs) > plans {
		k.ByReport[runs[0].Report] = slices.Sorted(maps.Keys(tenants))
	}
	return nil
}

// planOf calls each for every target of a run's plan; false says that the run has none yet,
// or is gone.
func (r *Reader) planOf(ctx context.Context, id jetsheet.RunID, each func(t *jetsheet.Target)) (planned bool, err error) {
	run, err := r.Record(ctx, id)
	if errors.Is(err, ErrUnknownRun) {
		return false, nil
	}
	if err != nil || run.Plan == nil {
		return false, err
	}
	return true, r.eachTarget(ctx, run, each)
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
	counts := map[string]int{}
	err := r.eachTarget(ctx, run, func(t *jetsheet.Target) {
		if t.Problem == nil {
			counts[t.Tenant]++
		}
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// eachTarget calls each for every target of a run's plan.
func (r *Reader) eachTarget(ctx context.Context, run *jetsheet.Run, each func(t *jetsheet.Target)) error {
	plan, err := r.openPlan(ctx, run)
	if err != nil {
		return err
	}
	var t jetsheet.Target
	for {
		err := plan.read(&t)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		each(&t)
	}
}
