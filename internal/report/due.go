package report

import "time"

// CatchUp says what becomes of ticks that passed while nothing was running. It
// governs only ticks without a run record; one with a record is always completed.
type CatchUp string

// The ways to catch up.
const (
	// CatchUpAll runs every missed tick.
	CatchUpAll CatchUp = "all"
	// CatchUpLatest runs the newest missed tick.
	CatchUpLatest CatchUp = "latest"
	// CatchUpNone runs a tick only within CatchUpGrace of its time.
	CatchUpNone CatchUp = "none"
)

// CatchUpGrace is how late a tick still counts as on time: long enough for a
// restart, short enough that a report for "now" is not about this morning.
const CatchUpGrace = 15 * time.Minute

// maxDue bounds what one call to Due returns and counts. A minute's cron reaches it
// in under a day; the caller asks again after these have run.
const maxDue = 1000

// Due is what a calendar owes at an instant.
type Due struct {
	// Ticks are to be run, oldest first.
	Ticks []time.Time
	// More says that there are further ones: ask again when these have run.
	More bool
	// Skipped counts the older ticks that catchUp leaves out, 1,000 at most.
	Skipped int
}

// Due returns the ticks that have no run record and are owed at now. lastTick is
// the newest tick with a record, zero when there is none; appliedFrom is where the
// schedule starts. A tick counts when it lies after both, and at or before now.
// An unknown policy counts as [CatchUpLatest].
func (c *Calendar) Due(lastTick, appliedFrom, now time.Time, policy CatchUp) Due {
	start := appliedFrom
	if lastTick.After(start) {
		start = lastTick
	}
	if !start.Before(now) {
		return Due{}
	}
	switch policy {
	case CatchUpAll:
		return c.dueAfter(start, now)
	case CatchUpNone:
		onTime := now.Add(-CatchUpGrace)
		if !onTime.After(start) {
			return c.dueAfter(start, now)
		}
		due := c.dueAfter(onTime, now)
		due.Skipped = len(c.Ticks(start, onTime, maxDue))
		return due
	default:
		newest := c.newest(start, now)
		if newest.IsZero() {
			return Due{}
		}
		skipped := c.Ticks(start, newest.Add(-time.Nanosecond), maxDue)
		return Due{Ticks: []time.Time{newest}, Skipped: len(skipped)}
	}
}

func (c *Calendar) dueAfter(start, now time.Time) Due {
	ticks := c.Ticks(start, now, maxDue+1)
	if len(ticks) > maxDue {
		return Due{Ticks: ticks[:maxDue], More: true}
	}
	return Due{Ticks: ticks}
}
