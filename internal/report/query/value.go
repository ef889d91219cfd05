package query

import (
	"math"
	"strconv"
	"time"
)

// Kind is what a value is.
type Kind uint8

// The kinds of values. What PostgreSQL has beyond them comes as text that says so
// (see [Value.Odd]): infinite dates and numbers, NaN, years before 1 or after 9999,
// intervals with days, months or more than 292 years.
const (
	KindNull        Kind = iota
	KindBool             // boolean
	KindInt              // smallint, integer, bigint, oid
	KindFloat            // real, double precision; finite
	KindNumeric          // numeric; finite, with every digit, as text
	KindText             // text, varchar, char, name, xml, and odd values of other types
	KindDate             // date
	KindTimestamp        // timestamp: a wall clock
	KindTimestampTZ      // timestamptz: the wall clock in the scope's zone
	KindTime             // time of day, 0 to 24 hours
	KindInterval         // interval of an exact length
	KindJSON             // json, jsonb
	KindBytes            // bytea
	KindOther            // any other type, in PostgreSQL's text form
)

var kindNames = [...]string{
	"null", "bool", "int", "float", "numeric", "text", "date", "timestamp", "timestamptz",
	"time", "interval", "json", "bytes", "other",
}

// String is the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// Value is one value of a row. The zero Value is NULL. What it borrows is valid
// until the row's [Rows.Next]; copy what must live longer.
type Value struct {
	kind Kind
	odd  Kind
	num  int64 // bool, int, bits of a float, Unix microseconds, nanoseconds
	raw  []byte
	zone *time.Location
}

// Kind says which of the methods apply.
func (v Value) Kind() Kind { return v.kind }

// Odd is the kind of the value's column where the value came as KindText because it
// is beyond that kind: KindDate for infinity in a date column. It is KindNull for
// every other value, text that was asked for (see [Query].Text) included.
func (v Value) Odd() Kind { return v.odd }

// IsNull reports whether the value is NULL.
func (v Value) IsNull() bool { return v.kind == KindNull }

// Bool is the value of KindBool.
func (v Value) Bool() bool { return v.num != 0 }

// Int is the value of KindInt.
func (v Value) Int() int64 { return v.num }

// Float is the value of KindFloat.
func (v Value) Float() float64 { return math.Float64frombits(uint64(v.num)) }

// Time is the value of KindDate, KindTimestamp (both in UTC, only the wall clock
// means something) and KindTimestampTZ (in the scope's zone), exact to the
// microsecond.
func (v Value) Time() time.Time {
	if v.zone == nil {
		return time.UnixMicro(v.num).UTC()
	}
	return time.UnixMicro(v.num).In(v.zone)
}

// Duration is the value of KindTime, since midnight, and KindInterval.
func (v Value) Duration() time.Duration { return time.Duration(v.num) }

// Bytes are the bytes of KindNumeric, KindText, KindJSON, KindBytes and
// KindOther, borrowed until Next; nil for the others.
func (v Value) Bytes() []byte { return v.raw }

// Text is the value as text, for every kind: PostgreSQL's own text where that
// came over the wire, the ISO form of dates and times, true or false, the empty
// text for NULL. It is a copy.
func (v Value) Text() string { return string(v.AppendText(nil)) }

// AppendText appends Text to b.
func (v Value) AppendText(b []byte) []byte {
	switch v.kind {
	case KindNull:
		return b
	case KindBool:
		return strconv.AppendBool(b, v.Bool())
	case KindInt:
		return strconv.AppendInt(b, v.num, 10)
	case KindFloat:
		return strconv.AppendFloat(b, v.Float(), 'g', -1, 64)
	case KindDate:
		return v.Time().AppendFormat(b, time.DateOnly)
	case KindTimestamp:
		return v.Time().AppendFormat(b, timestampLayout)
	case KindTimestampTZ:
		return v.Time().AppendFormat(b, timestampLayout+"Z07:00")
	case KindTime, KindInterval:
		return appendClock(b, v.Duration())
	default:
		return append(b, v.raw...)
	}
}

const timestampLayout = "2006-01-02 15:04:05.999999"

// appendClock writes a duration as PostgreSQL does: -01:02:03.5.
func appendClock(b []byte, d time.Duration) []byte {
	us := d.Microseconds()
	if us < 0 {
		b, us = append(b, '-'), -us
	}
	seconds := us / 1e6
	b = appendTwo(b, seconds/3600)
	b = appendTwo(append(b, ':'), seconds/60%60)
	b = appendTwo(append(b, ':'), seconds%60)
	if us %= 1e6; us > 0 {
		b = append(b, '.')
		for unit := int64(1e5); us > 0; unit /= 10 {
			b = append(b, byte('0'+us/unit))
			us %= unit
		}
	}
	return b
}

func appendTwo(b []byte, n int64) []byte {
	if n < 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, n, 10)
}
