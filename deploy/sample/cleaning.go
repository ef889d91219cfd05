package sample

import (
	"math/rand/v2"
	"strconv"
	"time"
)

func appendCleanings(l *lines, t *tenant, s *site, r *rand.Rand) {
	people := staff(t, s)
	areas := []string{"床・排水溝", "調理台", "冷蔵庫内", "トイレ"}[:[]int{1, 2, 2, 3, 4}[t.group-1]]
	s.workdays(t.span, func(day time.Time) {
		for i, area := range areas {
			l.id()
			l.int(t.id)
			l.text(s.id)
			l.date(day)
			l.text(area)
			start := time.Duration(20*60+i*25+r.IntN(20)) * time.Minute
			l.text(time.Time{}.Add(start).Format(time.TimeOnly))
			done := !oneIn(r, 40)
			if done {
				l.text(strconv.Itoa(300+r.IntN(3000)) + " seconds")
			} else {
				l.null()
			}
			l.bool(done)
			if oneIn(r, 10) {
				l.null()
			} else {
				l.date(day.AddDate(0, 0, 1))
			}
			l.text(pick(r, people))
			l.textOrNull(note(r))
			l.end()
		}
	})
}

// appendHandWashes follows the shifts: everybody in the morning and, at larger
// customers, again in the afternoon.
func appendHandWashes(l *lines, t *tenant, s *site, r *rand.Rand) {
	people := staff(t, s)[:[]int{1, 2, 2, 3, 4}[t.group-1]]
	if s.index == 0 {
		for _, at := range t.month.edges() {
			appendHandWash(l, t, s, at, people[0], r)
		}
	}
	s.workdays(t.span, func(day time.Time) {
		for shift := range 1 + t.group/4 {
			for _, person := range people {
				at := clock(day, (8+6*shift)*60+r.IntN(50), r.IntN(60))
				appendHandWash(l, t, s, at, person, r)
			}
		}
	})
}

func appendHandWash(l *lines, t *tenant, s *site, at time.Time, person string, r *rand.Rand) {
	l.id()
	l.int(t.id)
	l.text(s.id)
	l.local(at)
	l.text(person)
	l.bool(!oneIn(r, 90))
	l.bool(!oneIn(r, 120))
	if oneIn(r, 50) {
		l.null()
	} else {
		l.fixed(340+r.Int64N(80), 1)
	}
	l.int(20 + r.Int64N(41))
	l.end()
}
