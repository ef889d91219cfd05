package ops

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// shortestLookBack is how far back the runs of a report are looked at in any case: a month
// and some days, so that whoever is due once a month is seen whatever the periods are.
const shortestLookBack = 35 * 24 * time.Hour

// lookBack bounds which runs of a report say anything of its tenants: those whose ticks are
// at most some periods before the newest one. A plan holds who is due at its tick, so a
// report that comes daily and has months for periods has a tenant in every thirtieth plan.
type lookBack struct {
	periods int
	newest  time.Time
	// longest is the longest period of a target that was seen so far: months and, by
	// closing days, what lies between two of them have different lengths.
	longest time.Duration
}

// see takes a target's period into account.
func (l *lookBack) see(t *jetsheet.Target) {
	l.longest = max(l.longest, t.Period.Until.Sub(t.Period.From))
}

// over says whether a tick lies before what is looked at. It is asked of each run from the
// newest one back, as a plan that was read may have made the look-back longer.
func (l *lookBack) over(tick time.Time) bool {
	if l.newest.IsZero() {
		l.newest = tick
	}
	return tick.Before(l.newest.Add(-max(shortestLookBack, time.Duration(l.periods)*l.longest)))
}

// runsOfApplied returns the runs of each report that is applied, newest first; a report
// without any has none. What is applied no more makes no workbook in the next run.
func (r *Reader) runsOfApplied(ctx context.Context) (map[string][]jetsheet.RunID, error) {
	reports, err := r.js.KeyValue(ctx, jetsheet.BucketReports)
	if err != nil {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketReports, err)
	}
	of := map[string][]jetsheet.RunID{}
	err = eachEntry(ctx, reports, "reports", func(entry jetstream.KeyValueEntry) { of[entry.Key()] = nil })
	if err != nil {
		return nil, err
	}
	ids, err := r.knownRuns(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, applied := of[id.Report]; applied {
			of[id.Report] = append(of[id.Report], id)
		}
	}
	return of, nil
}
