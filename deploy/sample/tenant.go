package sample

import (
	"fmt"
	"time"
)

// tenant is one customer as the generator sees it. Everything about it follows
// from its rank, the place in the order of size, 0 being the giant.
type tenant struct {
	rank     int
	id       int64
	name     string
	group    int // 1 to 5, 5 uses the product most
	zone     *time.Location
	language string
	closing  int // 0: the calendar's month
	sites    []site
	span     span
	month    span // the month its monthly reports are about
}

// span is a half-open range of local days.
type span struct{ from, until time.Time }

// makeTenants plans the customers; it is pure but for reading the time zone
// database.
func makeTenants(o Options) ([]tenant, error) {
	tokyo, err := zone("Asia/Tokyo")
	if err != nil {
		return nil, err
	}
	month := firstOfMonth(o.Month.In(tokyo), 0)
	tenants := make([]tenant, o.Tenants)
	for rank := range tenants {
		t := tenant{rank: rank, id: tenantID(rank), group: group(rank, o.Tenants), closing: closingDay(rank)}
		where := country(rank)
		if t.zone, err = zone(where.zone); err != nil {
			return nil, err
		}
		t.language = where.language
		t.name = where.company
		if t.name == "" {
			t.name = company(rank)
		}
		t.month, t.span = t.days(month, o.Months)
		t.sites = makeSites(&t, o)
		tenants[rank] = t
	}
	return tenants, nil
}

func zone(name string) (*time.Location, error) {
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("sample tenant's time zone: %w", err)
	}
	return z, nil
}

// firstOfMonth is midnight on the first of t's month, or of one some months later.
func firstOfMonth(t time.Time, later int) time.Time {
	return time.Date(t.Year(), t.Month()+time.Month(later), 1, 0, 0, 0, 0, t.Location())
}

// days tells which month the reports of the tick are about, at 05:00 on the
// first of the next month in Tokyo, and which days have records. West of Tokyo
// that month may be the one before; customers with a closing day need a part of
// it as well. The others get a few days on either side, to show that they stay out.
// Records of more months lie before these.
func (t *tenant) days(month time.Time, months int) (reported, all span) {
	tick := firstOfMonth(month, 1).Add(5 * time.Hour).In(t.zone)
	reported = span{firstOfMonth(tick, -1), firstOfMonth(tick, 0)}
	filled := time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, t.zone)
	if t.closing != 0 || reported.from.Before(filled) {
		months++
	}
	all = span{filled.AddDate(0, 1-months, -2), filled.AddDate(0, 1, 2)}
	return reported, all
}

// tenantID gives most customers a five-digit id, in no order, and every seventh
// one of 19 digits: above 2^53, where ids that travel as JSON numbers or float64
// become another customer's.
func tenantID(rank int) int64 {
	if rank%7 == 3 {
		return 7_205_759_403_792_793_601 + int64(rank)*1_000_003
	}
	// 7919 and 100,003 have no common divisor: every rank gets another id.
	return 10_000 + int64(rank)*7919%100_003
}

// group divides the customers by usage: of a hundred the first two are g5, then
// eight g4, twenty g3, thirty g2, and the rest g1.
func group(rank, tenants int) int {
	switch share := 100 * rank / tenants; {
	case share < 2:
		return 5
	case share < 10:
		return 4
	case share < 30:
		return 3
	case share < 60:
		return 2
	default:
		return 1
	}
}

func closingDay(rank int) int {
	switch {
	case rank == 0: // the giant follows the calendar
		return 0
	case rank == 11: // Berlin: its October ends after the clocks go back
		return 28
	case rank%5 == 2:
		return 20
	case rank%10 == 4:
		return 25
	case rank%15 == 8:
		return 15
	case rank%20 == 1:
		return 31
	default:
		return 0
	}
}

// paused says that the customer has sites and forms but no record at all.
func (t *tenant) paused() bool { return t.group == 1 && t.rank%6 == 5 }

func appendTenant(l *lines, t *tenant) {
	l.int(t.id)
	l.text(t.name)
	l.text(fmt.Sprintf("g%d", t.group))
	l.text(t.zone.String())
	l.text(t.language)
	if t.closing == 0 {
		l.null()
	} else {
		l.int(int64(t.closing))
	}
	l.instant(time.Date(2019, 4, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, 13*(t.rank%150)))
	l.end()
}

// perTenant makes a table from the customers one after the other.
func perTenant(tenants []tenant, add func(*lines, *tenant)) chunks {
	next := 0
	return func(l *lines) bool {
		if next == len(tenants) {
			return false
		}
		add(l, &tenants[next])
		next++
		return true
	}
}
