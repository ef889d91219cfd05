package retreat

import (
	"context"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// A row is the newest scheduled run of a report and those before it, at most so many, of so
// long.
const (
	rowRuns = 8
	rowTime = 35 * 24 * time.Hour
)

// row adds to what a run says of a group what the runs before it say, and returns that with
// what the oldest of them was frozen with. The row ends at a run that routes the group
// otherwise; a run that none of its tenants is in, or that cannot be read, says nothing.
func (w *Watch) row(ctx context.Context, run *jetsheet.Run, newest *Evidence) (*Evidence, *jetsheet.Frozen, error) {
	id := run.ID()
	before, err := w.reader.RunsBefore(ctx, id, rowRuns-1, id.Tick.Add(-rowTime))
	if err != nil {
		return nil, nil, err
	}
	frozen, row := &run.Frozen, newEvidence(newest.Group, id)
	of := map[string]*Evidence{id.String(): newest}
	row.planAll(newest)
	for _, earlier := range before {
		groups, elsewhere, err := w.planned(ctx, earlier)
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if elsewhere[newest.Group] {
			break
		}
		e := groups[newest.Group]
		if err != nil || e == nil {
			continue
		}
		frozen, of[earlier.ID().String()] = &earlier.Frozen, e
		row.Runs = append(row.Runs, earlier.ID())
		row.planAll(e)
	}
	// No run is named, so what was mended by a run that was started again does not count.
	filter := ops.FailureFilter{Report: id.Report, Since: frozen.Run.Tick}
	_, err = w.reader.Failures(ctx, filter, 0, func(f *ops.FailureInfo) error {
		e := of[f.Run.First().String()]
		if e != nil && e.tenants[f.Tenant] != nil && Counts(f.Cause) {
			row.fail(f.Tenant, f.Cause)
		}
		return nil
	})
	return row, frozen, err
}

// planAll adds what is planned in a run.
func (e *Evidence) planAll(run *Evidence) {
	for tenant, s := range run.tenants {
		e.plan(tenant, s.planned)
	}
}
