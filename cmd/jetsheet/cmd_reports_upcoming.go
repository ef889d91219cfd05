package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// upcoming is what a report's schedule does next.
type upcoming struct {
	// Due are the ticks that are run as soon as a producer is there, as catchUp says.
	Due []time.Time `json:"due,omitempty"`
	// NextTick is the first after now; zero without a schedule.
	NextTick time.Time `json:"nextTick,omitzero"`
	TimeZone string    `json:"timeZone"`

	paused bool
	zone   *time.Location
}

// upcomingTicks asks the report's calendar. lastTick is that of the newest scheduled
// run, zero when there is none. Whether a tick is due is decided by PostgreSQL's clock
// later; now is ours.
func upcomingTicks(d *report.Definition, from, lastTick, now time.Time, paused bool) upcoming {
	u := upcoming{zone: scheduleZone(d), paused: paused}
	u.TimeZone = u.zone.String()
	if d.Schedule == nil {
		return u
	}
	u.Due = d.Schedule.Calendar.Due(lastTick, from, now, d.Schedule.CatchUp).Ticks
	if from.Before(now) {
		from = now
	}
	u.NextTick = d.Schedule.Calendar.Next(from)
	return u
}

// text says it to people.
func (u upcoming) text(name string) string {
	switch {
	case u.NextTick.IsZero():
		return "none: jetsheet runs start " + name
	case u.paused:
		return "paused: jetsheet reports resume " + name
	}
	next := localMinute(u.NextTick, u.zone)
	switch len(u.Due) {
	case 0:
		return next
	case 1:
		return fmt.Sprintf("due now: %s, then %s", localMinute(u.Due[0], u.zone), next)
	default:
		return fmt.Sprintf("due now: %d ticks from %s, then %s", len(u.Due), localMinute(u.Due[0], u.zone), next)
	}
}

// lastRun is the newest run of a report.
type lastRun struct {
	run jetsheet.RunID
	// scheduled is the newest tick of a run that is no re-run.
	scheduled time.Time
}

// lastRuns finds the newest run of every report.
func (b *reportBucket) lastRuns(ctx context.Context) (map[string]lastRun, error) {
	runs, err := b.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketRuns, err)
	}
	ids, err := keys(ctx, runs)
	if err != nil {
		return nil, err
	}
	last := map[string]lastRun{}
	for _, key := range ids {
		id, err := jetsheet.ParseRunID(key)
		if err != nil {
			continue // not a run's key: the producer reports it
		}
		l := last[id.Report]
		if l.run.IsZero() || id.Compare(l.run) > 0 {
			l.run = id
		}
		if id.Rerun == 0 && id.Tick.After(l.scheduled) {
			l.scheduled = id.Tick
		}
		last[id.Report] = l
	}
	return last, nil
}
