package verify

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

// value is what a cell is to show. The zero value is nothing.
type value struct {
	is   nature
	text string // of textual, decimal and strange ones
	real float64
	wall time.Time     // a clock on the wall, as if in UTC
	span time.Duration // since midnight, or elapsed
	yes  bool
}

// nature is what a value is by itself, whatever its column's format.
type nature uint8

const (
	nothing nature = iota
	textual
	decimal // a number in digits
	double
	truth
	day
	moment
	clock
	elapsed
	strange // a date, time or duration that no cell can hold as such
)

// valueOf takes a value of PostgreSQL's.
func valueOf(v query.Value) value {
	switch v.Kind() {
	case query.KindNull:
		return value{}
	case query.KindBool:
		return value{is: truth, yes: v.Bool()}
	case query.KindInt, query.KindNumeric:
		return value{is: decimal, text: v.Text()}
	case query.KindFloat:
		return value{is: double, real: v.Float()}
	case query.KindDate:
		return value{is: day, wall: v.Time()}
	case query.KindTimestamp, query.KindTimestampTZ:
		return value{is: moment, wall: onTheWall(v.Time())}
	case query.KindTime:
		return value{is: clock, span: v.Duration()}
	case query.KindInterval:
		return value{is: elapsed, span: v.Duration()}
	case query.KindBytes:
		return value{is: textual, text: `\x` + hex.EncodeToString(v.Bytes())}
	}
	switch v.Odd() {
	case query.KindFloat, query.KindNumeric: // NaN, Infinity
		return value{is: decimal, text: v.Text()}
	case query.KindDate, query.KindTimestamp, query.KindTimestampTZ, query.KindInterval:
		return value{is: strange, text: v.Text()}
	default:
		return value{is: textual, text: v.Text()}
	}
}

// onTheWall is what a clock shows, without its zone.
func onTheWall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// valueOfJSON takes a value of a jsonb object: what is no scalar is its JSON text.
func valueOfJSON(raw json.RawMessage) (value, error) {
	switch kindOfJSON(raw) {
	case '"':
		v := value{is: textual}
		err := json.Unmarshal(raw, &v.text)
		return v, err
	case '{', '[':
		return value{is: textual, text: string(raw)}, nil
	case 't':
		return value{is: truth, yes: true}, nil
	case 'f':
		return value{is: truth}, nil
	case 'n':
		return value{}, nil
	default:
		return value{is: decimal, text: strings.TrimSpace(string(raw))}, nil
	}
}

// String is the value as text, as a cell holds it that is meant for text.
func (v value) String() string {
	switch v.is {
	case double:
		return strconv.FormatFloat(v.real, 'g', -1, 64)
	case truth:
		return strconv.FormatBool(v.yes)
	case day:
		return v.wall.Format(time.DateOnly)
	case moment:
		return v.wall.Format("2006-01-02 15:04:05.999999")
	case clock, elapsed:
		return hours(v.span)
	default:
		return v.text
	}
}

// hours writes a duration as hours, minutes and seconds, as PostgreSQL does.
func hours(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	two := func(n time.Duration) string {
		text := strconv.FormatInt(int64(n), 10)
		if n < 10 {
			return "0" + text
		}
		return text
	}
	text := sign + two(d/time.Hour) + ":" + two(d/time.Minute%60) + ":" + two(d/time.Second%60)
	if micros := d % time.Second / time.Microsecond; micros > 0 {
		digits := strconv.FormatInt(int64(1_000_000+micros), 10)[1:]
		text += "." + strings.TrimRight(digits, "0")
	}
	return text
}
