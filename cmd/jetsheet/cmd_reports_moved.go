package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
)

// periodTwice warns of a schedule that was moved behind the tick of the newest scheduled
// run and comes again in that run's period; "" where it does not. The producer cannot know
// that one run is meant, so it freezes another, with the routes of that moment: a tenant
// whose route changed between the two would have two workbooks of one period, one from
// each system. A schedule that has the run's tick comes as often as it was meant to.
func periodTwice(d *report.Definition, u upcoming, last time.Time) string {
	if d.Schedule == nil || last.IsZero() || d.Schedule.Calendar.Next(last.Add(-time.Nanosecond)).Equal(last) {
		return ""
	}
	period := d.PeriodAt(last, u.zone).Label
	for _, tick := range slices.Concat(u.Due, []time.Time{u.NextTick}) {
		if tick.After(last) && d.PeriodAt(tick, u.zone).Label == period {
			return fmt.Sprintf("report %s: the schedule has moved, and at %s it makes the period %s again, which the run of %s has, by the routes of that moment; "+
				`if that is not meant, apply it with: --from "%s"`, d.Name, localMinute(tick, u.zone), period, localMinute(last, u.zone), tick.Format(time.RFC3339))
		}
	}
	return ""
}
