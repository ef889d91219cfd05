package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Calendar gives the ticks of a cron expression in a time zone: nominal instants,
// the same for everyone who asks, whatever clock or firing they go by.
//
// The expression is matched against the readings of a wall clock, and each reading
// is one tick. One that daylight saving leaves out is a tick at the end of the
// gap, together with everything else that falls there; one that is repeated is a
// tick the first time only, so "*/15 * * * *" is silent for the repeated hour.
type Calendar struct {
	expr   string
	fields cron.Schedule
	zone   *time.Location
}

// NewCalendar reads a cron expression of five fields (minute, hour, day of month,
// month, day of week; names, lists, ranges and steps are allowed) and an IANA zone
// name. Where both days are restricted, either suffices. An expression that never
// fires is an error.
func NewCalendar(expr, timeZone string) (*Calendar, error) {
	zone, err := LoadZone(timeZone)
	if err != nil {
		return nil, err
	}
	fields, err := parseCron(expr)
	if err != nil {
		return nil, err
	}
	c := &Calendar{expr: strings.Join(strings.Fields(expr), " "), fields: fields, zone: zone}
	if _, ok := c.nextWall(wall{time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}); !ok {
		return nil, fmt.Errorf("cron %q never fires: there is no such date", c.expr)
	}
	return c, nil
}

func parseCron(expr string) (cron.Schedule, error) {
	const want = `minute, hour, day of month, month, day of week, for example "0 5 1 * *"`
	if at := strings.TrimSpace(expr); strings.HasPrefix(at, "@") {
		return nil, fmt.Errorf("cron %q: short forms are not supported; write five fields: %s", at, want)
	}
	if strings.Contains(expr, "TZ=") {
		return nil, fmt.Errorf("cron %q names a zone; write it as schedule.timeZone", expr)
	}
	fields := strings.Fields(expr)
	if len(fields) != 5 {
		return nil, fmt.Errorf("cron %q has %d fields, not five: %s", expr, len(fields), want)
	}
	schedule, err := cronParser().Parse(strings.Join(fields, " "))
	if err != nil {
		return nil, fmt.Errorf("cron %q: %w", expr, wrongField(fields, err))
	}
	for i, field := range fields {
		if slices.Contains(strings.Split(field, ","), "") {
			return nil, fmt.Errorf("cron %q: the %s %q has an empty element", expr, cronFields()[i], field)
		}
	}
	return schedule, nil
}

func cronParser() cron.Parser {
	return cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
}

func cronFields() []string {
	return []string{"minute", "hour", "day of month", "month", "day of week"}
}

// wrongField finds the field that the parser refuses, which the parser does not
// say, and explains it.
func wrongField(fields []string, err error) error {
	for i, field := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if _, fieldErr := cronParser().Parse(strings.Join(alone, " ")); fieldErr == nil {
			continue
		}
		bounds := []string{"0 to 59", "0 to 23", "1 to 31", "1 to 12 or jan to dec", "0 (Sunday) to 6 or sun to sat"}
		return fmt.Errorf("the %s %q is not understood; it is * or made of %s, as in 1-5, */2 or 1,3",
			cronFields()[i], field, bounds[i])
	}
	return err
}

// Next returns the first tick after the given instant, in UTC. It is zero only at
// the end of time: in the year 9999.
func (c *Calendar) Next(after time.Time) time.Time {
	reading := wallOf(after, c.zone)
	for {
		next, ok := c.nextWall(reading)
		if !ok || next.Year() > 9999 {
			return time.Time{}
		}
		// In a repeated hour the readings are those of ticks that have passed.
		if at := next.instant(c.zone); at.After(after) {
			return at
		}
		reading = next
	}
}

// nextWall is the first reading after w that the expression matches. The library
// looks five years ahead, 29 February can be eight years away.
func (c *Calendar) nextWall(w wall) (wall, bool) {
	for range 3 {
		if next := c.fields.Next(w.Time); !next.IsZero() {
			return wall{next}, true
		}
		w = wall{time.Date(w.Year()+5, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second)}
	}
	return wall{}, false
}

// Ticks returns the ticks after one instant and up to another, that included,
// oldest first. With a limit above 0 it returns the first limit ones.
func (c *Calendar) Ticks(after, until time.Time, limit int) []time.Time {
	var ticks []time.Time
	for limit <= 0 || len(ticks) < limit {
		next := c.Next(after)
		if next.IsZero() || next.After(until) {
			break
		}
		ticks = append(ticks, next)
		after = next
	}
	return ticks
}

// Latest returns the last tick at or before an instant, in UTC; zero when there is
// none since the year 1.
func (c *Calendar) Latest(at time.Time) time.Time { return c.newest(time.Time{}, at) }

// newest returns the last tick after one instant and up to another, or zero. It
// looks back from the end in growing steps, so a long absence costs little.
func (c *Calendar) newest(after, until time.Time) time.Time {
	for back := time.Hour; ; back *= 4 {
		from := until.Add(-back)
		whole := !from.After(after) || back > 1<<61
		if whole {
			from = after
		}
		var last time.Time
		for next := c.Next(from); !next.IsZero() && !next.After(until); next = c.Next(next) {
			last = next
		}
		if whole || !last.IsZero() {
			return last
		}
	}
}

// SixField returns the expression with seconds in front, as JetStream's scheduler
// takes it.
func (c *Calendar) SixField() string { return "0 " + c.expr }

// Zone returns the calendar's time zone.
func (c *Calendar) Zone() *time.Location { return c.zone }

// String returns the five fields and the zone.
func (c *Calendar) String() string { return c.expr + " " + c.zone.String() }
