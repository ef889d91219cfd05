package sample

import (
	"math/rand/v2"
	"time"
)

// device is a fridge, freezer or hot cabinet; temperatures are in hundredths of a degree.
type device struct {
	name              string
	usual, low, upper int64
}

func devices(n int) []device {
	all := []device{
		{"冷蔵庫1号機", 450, -100, 1000},
		{"冷凍庫1号機", -1950, -4000, -1500},
		{"冷蔵庫2号機", 520, -100, 1000},
		{"温蔵庫", 6890, 6500, 9000},
		{"冷凍庫3号機", -2110, -4000, -1500},
	}
	return all[:n]
}

// measured appends one reading. One in sixty is off, one in four hundred is missing.
func (d device) measured(l *lines, t *tenant, s *site, at time.Time, by, note string, r *rand.Rand) {
	l.id()
	l.int(t.id)
	l.text(s.id)
	l.text(d.name)
	l.instant(at)
	value := d.usual + r.Int64N(301) - 150
	if oneIn(r, 60) {
		value = d.upper + 1 + r.Int64N(800)
	}
	if oneIn(r, 400) {
		l.null()
		l.null()
	} else {
		l.fixed(value, 2)
		l.bool(value >= d.low && value <= d.upper)
	}
	l.text(by)
	l.textOrNull(note)
	l.end()
}

func appendTemperatures(l *lines, t *tenant, s *site, r *rand.Rand) {
	if s.index == 0 {
		appendEdges(l, t, s, r)
	}
	if s.sensors {
		appendSensors(l, t, s, r)
		return
	}
	people := staff(t, s)
	fridges := devices([]int{1, 2, 3, 3, 4}[t.group-1])
	checks := []int{1, 2, 2, 3, 4}[t.group-1]
	s.workdays(t.span, func(day time.Time) {
		for check := range checks {
			minute := 7*60 + check*(14*60/checks) + r.IntN(40)
			by := pick(r, people)
			for i, d := range fridges {
				d.measured(l, t, s, clock(day, minute+i, r.IntN(60)), by, note(r), r)
			}
		}
	})
}

// appendSensors fills the largest workbook: five devices, every ten minutes.
func appendSensors(l *lines, t *tenant, s *site, r *rand.Rand) {
	for at := t.span.from; at.Before(t.span.until); at = at.Add(10 * time.Minute) {
		for _, d := range devices(5) {
			d.measured(l, t, s, at.Add(time.Duration(r.IntN(1_000_000))*time.Microsecond), "自動計測", note(r), r)
		}
	}
}

// appendEdges puts readings where an inclusive end, a rounded time or another
// zone's midnight would give a month one too many or one too few.
func appendEdges(l *lines, t *tenant, s *site, r *rand.Rand) {
	d := devices(1)[0]
	notes := []string{noteBefore, noteFirst, noteLast, noteAfter}
	for i, at := range t.month.edges() {
		d.measured(l, t, s, at, staff(t, s)[0], notes[i], r)
	}
}
