package ops

import (
	"errors"
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
)

// idTick is the form of a tick in a run's id.
const idTick = "20060102T150405Z"

// CheckTick returns an error where text has none of the forms in which a tick is
// written; see [Service]. Whether it is a tick only its report's calendar says.
func CheckTick(text string) error {
	_, _, err := readTick(text, time.UTC)
	if err != nil {
		return fmt.Errorf("%w in the report's zone", err)
	}
	return nil
}

// readTick reads an instant as people write it: RFC 3339, as in a run's id, or a local
// date and time in a zone; or a date alone, which then is the beginning of the day.
func readTick(text string, zone *time.Location) (at time.Time, dayOnly bool, err error) {
	for _, layout := range []string{time.RFC3339, idTick} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), false, nil
		}
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.UTC(), false, nil
		}
	}
	day, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("tick %q is no instant; write it like 2026-10-31T20:00:00Z, or like 2026-11-01 05:00", text)
	}
	return day, true, nil
}

// parseTick reads a tick in the report's zone; a date alone means the only tick of the
// day.
func parseTick(text string, d *report.Definition) (time.Time, error) {
	zone, err := zoneOf(d)
	if err != nil {
		return time.Time{}, err
	}
	day, dayOnly, err := readTick(text, zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w in %s", err, zone)
	}
	if !dayOnly {
		return day, nil
	}
	if d.Schedule == nil {
		return day.UTC(), nil
	}
	ticks := d.Schedule.Calendar.Ticks(day.Add(-time.Second), day.AddDate(0, 0, 1).Add(-time.Second), 2)
	switch len(ticks) {
	case 1:
		return ticks[0], nil
	case 0:
		return time.Time{}, notATick(d, day)
	}
	return time.Time{}, fmt.Errorf("%s has several ticks on %s, the first are %s and %s; name one", d.Name, text, local(ticks[0], zone), local(ticks[1], zone))
}

// zoneOf is the zone in which people think of a report's ticks.
func zoneOf(d *report.Definition) (*time.Location, error) {
	if d.Schedule != nil {
		return d.Schedule.Calendar.Zone(), nil
	}
	zone, err := report.LoadZone(d.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", d.Name, err)
	}
	return zone, nil
}

// checkTick refuses what is not an instant of the report's calendar or has not come.
func checkTick(d *report.Definition, tick, now time.Time) error {
	if tick.Nanosecond() != 0 {
		return fmt.Errorf("tick %s is not a whole second", tick.Format(time.RFC3339Nano))
	}
	if d.Schedule != nil && !d.Schedule.Calendar.Next(tick.Add(-time.Second)).Equal(tick) {
		return notATick(d, tick)
	}
	if tick.After(now) {
		return notCome(d, tick, now)
	}
	return nil
}

// errNotCome says that an instant lies in the future.
var errNotCome = errors.New("has not come")

// notCome says what happens at a tick that has not come, and which one has. The error wraps
// [errNotCome].
func notCome(d *report.Definition, tick, now time.Time) error {
	err := fmt.Errorf("the tick %s %w: it is %s", tick.UTC().Format(time.RFC3339), errNotCome, now.UTC().Format(time.RFC3339))
	if d.Schedule == nil {
		return fmt.Errorf("%w; name an instant that has passed", err)
	}
	err = fmt.Errorf("%w; its schedule begins the run then", err)
	if latest := d.Schedule.Calendar.Latest(now); !latest.IsZero() {
		err = fmt.Errorf("%w, and the newest that has come is %s", err, latest.UTC().Format(time.RFC3339))
	}
	return err
}

func notATick(d *report.Definition, tick time.Time) error {
	calendar := d.Schedule.Calendar
	zone := calendar.Zone()
	nearest := local(calendar.Next(tick), zone)
	if before := calendar.Latest(tick); !before.IsZero() {
		nearest = local(before, zone) + " and " + nearest
	}
	return fmt.Errorf("%s is no tick of the report %s (%s); the nearest are %s", local(tick, zone), d.Name, calendar, nearest)
}

func local(at time.Time, zone *time.Location) string { return at.In(zone).Format(time.RFC3339) }
