package report

import (
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"
)

func testZones() []string {
	return []string{
		"UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
		"Asia/Kolkata", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "America/Havana", "Pacific/Apia", "America/St_Johns",
	}
}

func testCrons() []string {
	return []string{
		"30 2 * * *", "*/15 * * * *", "* * * * *", "0 5 1 * *", "0 0 31 * *", "0 0 29 2 *", "0 0 * * *", "59 23 * * *",
		"15 1,2,3 * 3,10,11 sun", "0 0 13 * 5", "0 */2 * * 1-5",
	}
}

// matches asks the expression about one reading, by a way that knows no zones.
func matches(t *rapid.T, expr string, reading time.Time) bool {
	spec, err := cron.ParseStandard("TZ=UTC " + expr)
	if err != nil {
		t.Fatal(err)
	}
	return spec.Next(reading.Add(-time.Second)).Equal(reading)
}

// TestTicksAgainstMinutes watches a clock minute by minute: a reading that the
// clock reaches or jumps over for the first time is a tick.
func TestTicksAgainstMinutes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(testZones()).Draw(t, "zone")
		expr := rapid.SampledFrom(testCrons()).Draw(t, "cron")
		c, err := NewCalendar(expr, name)
		if err != nil {
			t.Fatal(err)
		}
		// Begin shortly before a change of the clock, where there is one.
		anywhere := time.Unix(rapid.Int64Range(1_000_000_000, 2_000_000_000).Draw(t, "at"), 0).Truncate(time.Minute)
		start := anywhere
		if _, end := anywhere.In(c.Zone()).ZoneBounds(); !end.IsZero() {
			start = end.Add(-time.Duration(rapid.IntRange(1, 180).Draw(t, "before")) * time.Minute)
		}
		start = start.UTC().Truncate(time.Minute)
		until := start.Add(8 * time.Hour)

		var want []time.Time
		read := wallOf(start, c.Zone()).Time
		for at := start.Add(time.Minute); !at.After(until); at = at.Add(time.Minute) {
			now := wallOf(at, c.Zone()).Time
			fires := false
			for ; read.Before(now); read = read.Add(time.Minute) {
				fires = fires || matches(t, expr, read.Add(time.Minute))
			}
			if fires {
				want = append(want, at)
			}
		}
		got := c.Ticks(start, until, 0)
		if !equalTimes(got, want) {
			t.Fatalf("%q in %s from %s:\ngot  %v\nwant %v", expr, name, start, got, want)
		}
	})
}

func equalTimes(a, b []time.Time) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

func TestTicksGrowAndRepeat(t *testing.T) {
	t.Parallel()
	for _, zone := range testZones() {
		for _, expr := range testCrons() {
			c := mustCalendar(t, expr, zone)
			at := instant(t, "2009-12-31T00:00:00Z")
			for range 400 {
				next := c.Next(at)
				if !next.After(at) || next.Location() != time.UTC {
					t.Fatalf("%s: tick after %s is %s", c, at, next)
				}
				if again := c.Next(next.Add(-time.Nanosecond)); !again.Equal(next) {
					t.Fatalf("%s: tick just before %s is %s", c, next, again)
				}
				if between := c.Next(at.Add(next.Sub(at) / 2)); !between.Equal(next) {
					t.Fatalf("%s: half way from %s to %s the next tick is %s", c, at, next, between)
				}
				at = next
			}
		}
	}
}

func TestTicksOverClockChanges(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, cron, zone, after, want string }{
		{"left out: at the gap's end", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:30:00Z"},
		{"repeated: the first", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z"},
		{"asked within the repeated hour", "30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z"},
		{"quarters fall together at the gap's end", "*/15 * * * *", "America/New_York", "2026-03-08T06:40:00Z", "2026-03-08T06:45:00Z 2026-03-08T07:00:00Z 2026-03-08T07:15:00Z"},
		{"quarters are silent when repeated", "*/15 * * * *", "America/New_York", "2026-11-01T05:40:00Z", "2026-11-01T05:45:00Z 2026-11-01T07:00:00Z"},
		{"half an hour left out", "10 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z 2026-10-04T15:10:00Z"},
		{"midnight left out", "0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23T22:00:00Z 2026-04-24T21:00:00Z"},
		{"a day left out", "0 5 * * *", "Pacific/Apia", "2011-12-29T20:00:00Z", "2011-12-30T10:00:00Z 2011-12-30T15:00:00Z"},
		{"month start in Tokyo", "0 5 1 * *", "Asia/Tokyo", "2026-10-31T19:59:59Z", "2026-10-31T20:00:00Z 2026-11-30T20:00:00Z"},
		{"short months have no 31st", "0 0 31 * *", "UTC", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z 2026-05-31T00:00:00Z"},
		{"the last day of a leap year", "30 23 * * *", "Europe/Berlin", "2040-12-30T23:00:00Z", "2040-12-31T22:30:00Z 2041-01-01T22:30:00Z"},
		{"a century without a leap day", "0 0 29 2 *", "UTC", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			want := strings.Fields(tc.want)
			got := mustCalendar(t, tc.cron, tc.zone).Ticks(instant(t, tc.after), instant(t, "2200-01-01T00:00:00Z"), len(want))
			for i := range want {
				if !got[i].Equal(instant(t, want[i])) {
					t.Errorf("%q in %s after %s: got %v, want %v", tc.cron, tc.zone, tc.after, got, want)
					break
				}
			}
		})
	}
}

func TestNewCalendarRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ cron, zone, want string }{
		{"0 5 1 *", "UTC", `cron "0 5 1 *" has 4 fields, not five: minute, hour, day of month, month, day of week, for example "0 5 1 * *"`},
		{"", "UTC", `cron "" has 0 fields`},
		{"0 0 5 1 * *", "UTC", "has 6 fields, not five"},
		{"@daily", "UTC", `cron "@daily": short forms are not supported; write five fields`},
		{"TZ=Asia/Tokyo 0 5 1 * *", "UTC", "names a zone; write it as schedule.timeZone"},
		{"TZ=", "UTC", "names a zone"},
		{"0 0 31 2 *", "UTC", `cron "0 0 31 2 *" never fires: there is no such date`},
		{"0 0 30 2 *", "UTC", "never fires"},
		{"0 24 * * *", "UTC", `the hour "24" is not understood; it is * or made of 0 to 23, as in 1-5, */2 or 1,3`},
		{"0 0 * * 7", "UTC", `the day of week "7" is not understood; it is * or made of 0 (Sunday) to 6`},
		{"0 0 * foo *", "UTC", `the month "foo" is not understood`},
		{"1,,2 0 * * *", "UTC", `the minute "1,,2" has an empty element`},
		{", 0 * * *", "UTC", "has an empty element"},
		{"*/0 * * * *", "UTC", `the minute "*/0" is not understood`},
		{"0 5 1 * *", "Asia/Tokio", `unknown time zone "Asia/Tokio"; write a name such as "Asia/Tokyo"`},
		{"0 5 1 * *", "", `"" is not a time zone`},
		{"0 5 1 * *", "Local", `"Local" is not a time zone`},
		{"0 5 1 * *", "../etc/passwd", "unknown time zone"},
	} {
		_, err := NewCalendar(tc.cron, tc.zone)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("NewCalendar(%q, %q): got %v, want %s", tc.cron, tc.zone, err, tc.want)
		}
	}
}

func TestSixField(t *testing.T) {
	t.Parallel()
	c := mustCalendar(t, " 0  5 1 * MON ", "Asia/Tokyo")
	if got, want := c.SixField(), "0 0 5 1 * MON"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := c.String(), "0 5 1 * MON Asia/Tokyo"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
