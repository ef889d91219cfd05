package sample

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

func appendInspections(l *lines, t *tenant, s *site, r *rand.Rand) {
	people := staff(t, s)
	for _, f := range t.forms() {
		if s.index == 0 && f.name == "daily" {
			for _, at := range t.month.edges() {
				appendInspection(l, t, s, f, at, people[0], r)
			}
		}
		s.workdays(t.span, func(day time.Time) {
			if f.name == "weekly" && day.Weekday() != time.Wednesday {
				return
			}
			for round := range 1 + t.group/3 {
				at := clock(day, (6+8*round)*60+r.IntN(120), r.IntN(60))
				appendInspection(l, t, s, f, at, pick(r, people), r)
			}
		})
	}
}

// edges are the instants around a month's beginning and end.
func (m span) edges() []time.Time {
	return []time.Time{
		m.from.Add(-time.Microsecond), m.from, m.until.Add(-time.Microsecond), m.until,
	}
}

func appendInspection(l *lines, t *tenant, s *site, f form, at time.Time, by string, r *rand.Rand) {
	l.text(uuid(r))
	l.int(t.id)
	l.text(s.id)
	l.text(f.name)
	l.instant(at)
	l.text(by)
	l.text(answers(t, f, at, r))
	l.end()
}

// answers is the JSON that the tablet sent. One answer in thirty is missing, and
// some inspections carry keys that no field of the form has.
func answers(t *tenant, f form, at time.Time, r *rand.Rand) string {
	var b strings.Builder
	b.WriteByte('{')
	put := func(key, value string) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(quote(key) + ":" + value)
	}
	for _, q := range f.fields {
		if !oneIn(r, 30) {
			put(q.key, q.answer(t, at, r))
		}
	}
	if oneIn(r, 12) {
		put("_appVersion", `"4.12.0"`)
	}
	if t.rank%8 == 6 && oneIn(r, 20) {
		put("換気（旧項目）", "true")
	}
	b.WriteByte('}')
	return b.String()
}

// answer is one JSON value, of the type that the question's kind usually has.
func (q field) answer(t *tenant, at time.Time, r *rand.Rand) string {
	switch q.input {
	case "yesno":
		if oneIn(r, 200) {
			return quote("未確認")
		}
		return strconv.FormatBool(!oneIn(r, 30))
	case "number":
		return q.number(t, r)
	case "choice":
		return quote(pick(r, []string{"良好", "良好", "なし", "要確認", "交換済み"}))
	case "time":
		return quote(at.Format("15:04"))
	case "date":
		return quote(at.AddDate(0, 0, 7).Format(time.DateOnly))
	default:
		return q.text(r)
	}
}

// number is a JSON number, with some customers' tablets a text of the same
// digits, and rarely in full-width digits.
func (q field) number(t *tenant, r *rand.Rand) string {
	var plain string
	switch {
	case q.format == "#,##0" || strings.HasSuffix(q.format, `"kWh"`):
		plain = strconv.Itoa(r.IntN(250_000))
	case q.key == "chlorine":
		plain = string(appendFixed(nil, 10+r.Int64N(90), 2))
	default:
		plain = string(appendFixed(nil, r.Int64N(95), 1))
	}
	switch {
	case oneIn(r, 300):
		return quote(fullWidth(plain))
	case t.rank%9 == 5:
		return quote(plain)
	default:
		return plain
	}
}

func (q field) text(r *rand.Rand) string {
	if q.key == "comment" {
		return quote(note(r))
	}
	return quote(fmt.Sprintf("%06d", r.IntN(1_000_000))) // a code, often with leading zeros
}

func fullWidth(digits string) string {
	return strings.Map(func(c rune) rune {
		if c > ' ' && c < 0x7f {
			return c + 0xfee0
		}
		return c
	}, digits)
}

// quote writes a JSON string; the texts here contain no other control characters.
func quote(s string) string {
	if !strings.ContainsAny(s, "\\\"\n\r\t") {
		return `"` + s + `"`
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}
