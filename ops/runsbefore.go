package ops

import (
	"context"
	"time"

	"github.com/jetsheet/jetsheet"
)

// RunsBefore returns the planned scheduled runs of the same report with earlier ticks, at or
// after an instant, newest first and at most so many. Those whose records cannot be read are
// left out.
func (r *Reader) RunsBefore(ctx context.Context, id jetsheet.RunID, most int, since time.Time) ([]*jetsheet.Run, error) {
	ids, err := r.knownRuns(ctx)
	if err != nil {
		return nil, err
	}
	var runs []*jetsheet.Run
	for _, earlier := range ids { // newest first
		if len(runs) == most {
			break
		}
		if earlier.Report != id.Report || earlier.Rerun > 0 || !earlier.Tick.Before(id.Tick) || earlier.Tick.Before(since) {
			continue
		}
		run, err := r.Record(ctx, earlier)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err == nil && run.Plan != nil {
			runs = append(runs, run)
		}
	}
	return runs, nil
}
