package report

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPeriodAt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		kind       PeriodKind
		closingDay int
		zone, tick string
		want       string
	}{
		{"month start in Tokyo", PeriodMonth, 0, "Asia/Tokyo", "2026-10-31T20:00:00Z", "2026-09-30T15:00:00Z 2026-10-31T15:00:00Z 2026-10"},
		{"at the edge itself", PeriodMonth, 0, "Asia/Tokyo", "2026-10-31T15:00:00Z", "2026-09-30T15:00:00Z 2026-10-31T15:00:00Z 2026-10"},
		{"just before the edge", PeriodMonth, 0, "Asia/Tokyo", "2026-10-31T14:59:59Z", "2026-08-31T15:00:00Z 2026-09-30T15:00:00Z 2026-09"},
		{"over the new year", PeriodMonth, 0, "UTC", "2026-01-15T00:00:00Z", "2025-12-01T00:00:00Z 2026-01-01T00:00:00Z 2025-12"},
		{"closing day 20", PeriodMonth, 20, "Asia/Tokyo", "2026-10-20T20:00:00Z", "2026-09-20T15:00:00Z 2026-10-20T15:00:00Z 2026-10"},
		{"closing day 20, before it", PeriodMonth, 20, "Asia/Tokyo", "2026-10-15T20:00:00Z", "2026-08-20T15:00:00Z 2026-09-20T15:00:00Z 2026-09"},
		{"closing day 31 is the month's end", PeriodMonth, 31, "UTC", "2026-03-05T00:00:00Z", "2026-02-01T00:00:00Z 2026-03-01T00:00:00Z 2026-02"},
		{"closing day 30 in February", PeriodMonth, 30, "UTC", "2026-03-05T00:00:00Z", "2026-01-31T00:00:00Z 2026-03-01T00:00:00Z 2026-02"},
		{"closing day 30 after February", PeriodMonth, 30, "UTC", "2026-03-31T00:00:00Z", "2026-03-01T00:00:00Z 2026-03-31T00:00:00Z 2026-03"},
		{"closing day 29 in a leap year", PeriodMonth, 29, "UTC", "2024-03-01T00:00:00Z", "2024-01-30T00:00:00Z 2024-03-01T00:00:00Z 2024-02"},
		{"week", PeriodWeek, 0, "Asia/Tokyo", "2026-11-01T20:00:00Z", "2026-10-25T15:00:00Z 2026-11-01T15:00:00Z 2026-W44"},
		{"week, on Sunday", PeriodWeek, 0, "UTC", "2026-11-01T20:00:00Z", "2026-10-19T00:00:00Z 2026-10-26T00:00:00Z 2026-W43"},
		{"week of the year before", PeriodWeek, 0, "UTC", "2027-01-04T00:00:00Z", "2026-12-28T00:00:00Z 2027-01-04T00:00:00Z 2026-W53"},
		{"day", PeriodDay, 0, "Asia/Tokyo", "2026-10-31T20:00:00Z", "2026-10-30T15:00:00Z 2026-10-31T15:00:00Z 2026-10-31"},
		{"short day in Berlin", PeriodDay, 0, "Europe/Berlin", "2026-03-30T05:00:00Z", "2026-03-28T23:00:00Z 2026-03-29T22:00:00Z 2026-03-29"},
		{"long day in Berlin", PeriodDay, 0, "Europe/Berlin", "2026-10-26T05:00:00Z", "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z 2026-10-25"},
		{"day without a midnight", PeriodDay, 0, "Africa/Cairo", "2026-04-25T00:00:00Z", "2026-04-23T22:00:00Z 2026-04-24T21:00:00Z 2026-04-24"},
		{"midnight comes twice: the first", PeriodDay, 0, "America/Havana", "2026-11-02T06:00:00Z", "2026-11-01T04:00:00Z 2026-11-02T05:00:00Z 2026-11-01"},
		{"a day that was left out", PeriodDay, 0, "Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-29T10:00:00Z 2011-12-30T10:00:00Z 2011-12-29"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := &Definition{Period: tc.kind, ClosingDay: tc.closingDay}
			p := d.PeriodAt(instant(t, tc.tick), mustZone(t, tc.zone))
			if got := p.From.Format(time.RFC3339) + " " + p.Until.Format(time.RFC3339) + " " + p.Label; got != tc.want {
				t.Errorf("%s %d in %s at %s:\ngot  %s\nwant %s", tc.kind, tc.closingDay, tc.zone, tc.tick, got, tc.want)
			}
		})
	}
}

// TestPeriodsAbut walks periods over clock changes and month ends: each ends at or
// before its tick, is not empty, and the next one begins where it ends.
func TestPeriodsAbut(t *testing.T) {
	t.Parallel()
	zones := testZones()
	rapid.Check(t, func(t *rapid.T) {
		d := &Definition{Period: rapid.SampledFrom([]PeriodKind{PeriodDay, PeriodWeek, PeriodMonth}).Draw(t, "kind")}
		if d.Period == PeriodMonth {
			d.ClosingDay = rapid.IntRange(0, 31).Draw(t, "closing day")
		}
		zone, err := LoadZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		tick := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "tick"), 0)
		labels := map[string]bool{}
		for range 30 {
			p := d.PeriodAt(tick, zone)
			if !p.From.Before(p.Until) || p.Until.After(tick) {
				t.Fatalf("at %s: period %s to %s", tick, p.From, p.Until)
			}
			if labels[p.Label] {
				t.Fatalf("label %s twice", p.Label)
			}
			labels[p.Label] = true
			if again := d.PeriodAt(p.Until, zone); again != p {
				t.Fatalf("at its end the period is %v, later %v", again, p)
			}
			before := d.PeriodAt(p.Until.Add(-1), zone)
			if !before.Until.Equal(p.From) {
				t.Fatalf("%s begins at %s, %s before it ends at %s", p.Label, p.From, before.Label, before.Until)
			}
			tick = p.From
		}
	})
}
