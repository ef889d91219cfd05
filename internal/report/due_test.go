package report

import (
	"fmt"
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	t.Parallel()
	const applied = "2026-10-01T00:00:00Z"
	for _, tc := range []struct {
		name, cron, last, applied, now string
		policy                         CatchUp
		want                           string // first tick, count, more, skipped
	}{
		{"nothing has passed", "0 5 * * *", "", applied, "2026-10-01T04:59:59Z", CatchUpAll, "0 ticks"},
		{"at the tick", "0 5 * * *", "", applied, "2026-10-01T05:00:00Z", CatchUpNone, "1 ticks from 2026-10-01T05:00:00Z"},
		{"applied at a tick", "0 5 * * *", "", "2026-10-01T05:00:00Z", "2026-10-01T05:00:01Z", CatchUpAll, "0 ticks"},
		{"the last tick has a record", "0 5 * * *", "2026-10-01T05:00:00Z", applied, "2026-10-02T04:00:00Z", CatchUpAll, "0 ticks"},
		{"all", "0 5 * * *", "", applied, "2026-10-03T06:00:00Z", CatchUpAll, "3 ticks from 2026-10-01T05:00:00Z"},
		{"latest", "0 5 * * *", "", applied, "2026-10-03T06:00:00Z", CatchUpLatest, "1 ticks from 2026-10-03T05:00:00Z, 2 skipped"},
		{"none, long ago", "0 5 * * *", "", applied, "2026-10-03T06:00:00Z", CatchUpNone, "0 ticks, 3 skipped"},
		{"none, within the grace", "0 5 * * *", "", applied, "2026-10-03T05:14:59Z", CatchUpNone, "1 ticks from 2026-10-03T05:00:00Z, 2 skipped"},
		{"none, the grace is over", "0 5 * * *", "", applied, "2026-10-03T05:15:00Z", CatchUpNone, "0 ticks, 3 skipped"},
		{"none, after the last record", "*/5 * * * *", "2026-10-03T05:00:00Z", applied, "2026-10-03T05:11:00Z", CatchUpNone, "2 ticks from 2026-10-03T05:05:00Z"},
		{"a record before the schedule was applied", "0 5 * * *", "2025-01-01T05:00:00Z", applied, "2026-10-02T00:00:00Z", CatchUpAll, "1 ticks from 2026-10-01T05:00:00Z"},
		{"a clock that went back", "0 5 * * *", "2026-10-03T05:00:00Z", applied, "2026-10-02T00:00:00Z", CatchUpAll, "0 ticks"},
		{"all, too many for one call", "* * * * *", "", applied, "2026-11-01T00:00:00Z", CatchUpAll, "1000 ticks from 2026-10-01T00:01:00Z, more"},
		{"latest, years of minutes", "* * * * *", "", "2006-10-01T00:00:00Z", "2026-10-01T00:00:00Z", CatchUpLatest, "1 ticks from 2026-10-01T00:00:00Z, 1000 skipped"},
		{"latest, a rare tick", "0 0 29 2 *", "", "2006-10-01T00:00:00Z", "2026-10-01T00:00:00Z", CatchUpLatest, "1 ticks from 2024-02-29T00:00:00Z, 4 skipped"},
		{"latest, none yet", "0 0 29 2 *", "", "2025-10-01T00:00:00Z", "2026-10-01T00:00:00Z", CatchUpLatest, "0 ticks"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var last time.Time
			if tc.last != "" {
				last = instant(t, tc.last)
			}
			due := mustCalendar(t, tc.cron, "UTC").Due(last, instant(t, tc.applied), instant(t, tc.now), tc.policy)
			if got := showDue(due); got != tc.want {
				t.Errorf("%q, last %q, applied %s, now %s, %s:\ngot  %s\nwant %s", tc.cron, tc.last, tc.applied, tc.now, tc.policy, got, tc.want)
			}
		})
	}
}

func showDue(due Due) string {
	text := fmt.Sprintf("%d ticks", len(due.Ticks))
	if len(due.Ticks) > 0 {
		text += " from " + due.Ticks[0].Format(time.RFC3339)
	}
	if due.More {
		text += ", more"
	}
	if due.Skipped > 0 {
		text += fmt.Sprintf(", %d skipped", due.Skipped)
	}
	return text
}

// TestDueCatchesUpInSteps follows a producer that was away: asked again after each
// batch, it runs every tick once.
func TestDueCatchesUpInSteps(t *testing.T) {
	t.Parallel()
	c := mustCalendar(t, "*/7 * * * *", "Europe/Berlin")
	applied, now := instant(t, "2026-10-20T00:00:00Z"), instant(t, "2026-11-05T00:00:00Z")
	want := c.Ticks(applied, now, 0)
	var got []time.Time
	for last, more := (time.Time{}), true; more; {
		due := c.Due(last, applied, now, CatchUpAll)
		got = append(got, due.Ticks...)
		last, more = got[len(got)-1], due.More
	}
	if !equalTimes(got, want) {
		t.Errorf("got %d ticks, want %d", len(got), len(want))
	}
}
