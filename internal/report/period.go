package report

import (
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
)

// PeriodKind is the length of a report's period.
type PeriodKind string

// The kinds of period.
const (
	// PeriodDay is a local calendar day.
	PeriodDay PeriodKind = "day"
	// PeriodWeek begins and ends on Monday.
	PeriodWeek PeriodKind = "week"
	// PeriodMonth is a calendar month, or one that ends on the closing day.
	PeriodMonth PeriodKind = "month"
)

const (
	dateLayout  = "2006-01-02"
	monthLayout = "2006-01"
	// instantLayout is the end of a period that is not at a day's edge. It names the
	// instant, not the local time, which can be repeated.
	instantLayout = "20060102T150405Z"
)

// PeriodAt returns the last whole period of the report that ended at or before the
// tick in a zone. Its ends are the first instants of their local days: midnight, or
// the end of the gap where daylight saving leaves midnight out. Consecutive periods
// abut. Both ends are in UTC.
//
// The label is 2026-10-31 for a day, 2026-W44 for the ISO week, 2026-10 for a month;
// a month with a closing day is named for the one it ends in.
func (d *Definition) PeriodAt(tick time.Time, zone *time.Location) jetsheet.Period {
	until := d.lastEdge(dayOf(tick, zone).addDays(1))
	for until.instant(zone).After(tick) {
		until = d.lastEdge(until.addDays(-1))
	}
	from := d.lastEdge(until.addDays(-1))
	// Where a zone crossed the date line a whole day can be missing.
	for !from.instant(zone).Before(until.instant(zone)) {
		from, until = d.lastEdge(from.addDays(-1)), from
	}
	return jetsheet.Period{
		From:  from.instant(zone),
		Until: until.instant(zone),
		Label: d.periodLabel(from, until),
	}
}

// lastEdge is the last edge between two periods at or before a day.
func (d *Definition) lastEdge(day wall) wall {
	switch d.Period {
	case PeriodWeek:
		return day.addDays(-(int(day.Weekday()) + 6) % 7)
	case PeriodMonth:
		if edge := d.monthEdge(day.Year(), day.Month()); !edge.After(day.Time) {
			return edge
		}
		return d.monthEdge(day.Year(), day.Month()-1)
	default:
		return day
	}
}

// monthEdge is the midnight after the closing day of a month, or after its last day
// where it is shorter.
func (d *Definition) monthEdge(year int, month time.Month) wall {
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	day := last
	if d.ClosingDay > 0 {
		day = min(d.ClosingDay, last)
	}
	return wall{time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)}
}

func (d *Definition) periodLabel(from, until wall) string {
	switch d.Period {
	case PeriodWeek:
		year, week := from.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case PeriodMonth:
		return until.addDays(-1).Format(monthLayout)
	default:
		return from.Format(dateLayout)
	}
}

// rangeLabel names a period that a targets row set: its first and last day, or its
// instants where an end is not at a day's edge.
func rangeLabel(p jetsheet.Period, zone *time.Location) string {
	return fromLabel(p, zone) + "_" + untilLabel(p, zone)
}

// fromLabel is the placeholder {from}: the first day, or the instant.
func fromLabel(p jetsheet.Period, zone *time.Location) string {
	if day := dayOf(p.From, zone); day.instant(zone).Equal(p.From) {
		return day.Format(dateLayout)
	}
	return instantLabel(p.From)
}

// untilLabel is the placeholder {until}: the last day, which is included, or the
// instant at which the period ends, which is not.
func untilLabel(p jetsheet.Period, zone *time.Location) string {
	if dayOf(p.Until, zone).instant(zone).Equal(p.Until) {
		return dayOf(p.Until.Add(-1), zone).Format(dateLayout)
	}
	return instantLabel(p.Until)
}

func instantLabel(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond() == 0 {
		return t.Format(instantLayout)
	}
	return fmt.Sprintf("%s%09dZ", t.Format("20060102T150405"), t.Nanosecond())
}
