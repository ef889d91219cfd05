package report

import (
	"fmt"
	"strings"
	"time"
)

// zoneSearch is how long before a wall clock's reading, taken as UTC, the search
// for its moment begins. No zone was ever as far from UTC.
const zoneSearch = 24 * time.Hour

// wall is a date and time without a zone. It is kept as a time in UTC, where each
// such reading exists exactly once.
type wall struct{ time.Time }

// wallOf is what a clock in loc reads at instant t.
func wallOf(t time.Time, loc *time.Location) wall {
	local := t.In(loc)
	year, month, day := local.Date()
	return wall{time.Date(year, month, day, local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)}
}

// dayOf is midnight of the date that a clock in loc shows at t.
func dayOf(t time.Time, loc *time.Location) wall {
	year, month, day := t.In(loc).Date()
	return wall{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

func (w wall) addDays(days int) wall { return wall{w.AddDate(0, 0, days)} }

// instant is the first moment at which a clock in loc reads w or later: the end of
// the gap for a reading that is left out, the first of two for one that is
// repeated. It never decreases when w grows.
//
// time.Date does not do: it does not say which of two moments it returns, and for
// a gap it returns one before or after it.
func (w wall) instant(loc *time.Location) time.Time {
	// At the start of the search the clock still reads less than w.
	at := w.Add(-zoneSearch)
	for {
		_, offset := at.In(loc).Zone()
		end := zoneEnd(at, loc)
		reads := w.Add(-time.Duration(offset) * time.Second)
		if reads.Before(at) {
			return at // the change at this moment skipped w
		}
		if end.IsZero() || reads.Before(end) {
			return reads
		}
		at = end.UTC()
	}
}

// zoneEnd is when the offset that holds at an instant ends, or zero for never. On
// the last day of leap years after those in the zone's table, from 2040 on,
// ZoneBounds returns an end that has passed; nothing changes in that hour then.
func zoneEnd(at time.Time, loc *time.Location) time.Time {
	_, end := at.In(loc).ZoneBounds()
	if !end.IsZero() && !end.After(at) {
		return at.Add(time.Hour)
	}
	return end
}

// LoadZone returns the zone with an IANA name such as Asia/Tokyo or UTC. Unlike
// [time.LoadLocation] it refuses "" and "Local", which mean something else on
// every machine.
func LoadZone(name string) (*time.Location, error) {
	const hint = `write a name such as "Asia/Tokyo", "Europe/Berlin" or "UTC"`
	if name == "" || strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("%q is not a time zone; %s", name, hint)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("unknown time zone %q; %s", name, hint)
	}
	return loc, nil
}
