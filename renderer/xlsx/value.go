package xlsx

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Kind says what a Value holds.
type Kind uint8

// The kinds of values, each made by the constructor of the same name.
const (
	KindNull Kind = iota
	KindText
	KindInt
	KindDecimal
	KindFloat
	KindBool
	KindDate
	KindDateTime
	KindTimeOfDay
	KindDuration
	KindOddTime
	KindImage
)

// Value is one cell's value before its column's format is applied. The zero
// Value is Null. Values are copied freely; only those made from a string refer
// to memory, and that is the string itself.
type Value struct {
	text string
	// bits is the integer, the float's IEEE bits, 0 or 1, nanoseconds of a
	// duration, or the wall clock in seconds since 1970-01-01 00:00.
	bits uint64
	nsec int32
	kind Kind
}

// Null is the value of an empty cell.
func Null() Value { return Value{} }

// Text is text, whatever it looks like. What Excel cannot hold of it is
// replaced when it is written, and recorded.
func Text(s string) Value { return Value{kind: KindText, text: s} }

// Int is a whole number. Numbers beyond ±2^53 or of more than 15 significant
// digits are written as text, and recorded.
func Int(n int64) Value { return Value{kind: KindInt, bits: uint64(n)} }

// Decimal is a number given as decimal text ("-12.50", "1e3", "NaN"), the form
// in which PostgreSQL gives numeric. More than 15 significant digits are
// written as text, and recorded, since Excel would round them.
func Decimal(s string) Value { return Value{kind: KindDecimal, text: s} }

// Float is a double, written with all its digits. NaN and the infinities
// become text, and are recorded.
func Float(f float64) Value { return Value{kind: KindFloat, bits: math.Float64bits(f)} }

// Bool is a truth value.
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.bits = 1
	}
	return v
}

// Date is a day without a time. Days outside the calendar are normalised as by
// time.Date.
func Date(year int, month time.Month, day int) Value {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return Value{kind: KindDate, bits: uint64(t.Unix())}
}

// DateTime is what a clock on the wall shows at t in t's Location.
func DateTime(t time.Time) Value {
	_, offset := t.Zone()
	return Value{kind: KindDateTime, bits: uint64(t.Unix() + int64(offset)), nsec: int32(t.Nanosecond())}
}

// TimeOfDay is a time without a day, as the duration since midnight. Outside
// [0, 24h) it is written as text, and recorded.
func TimeOfDay(sinceMidnight time.Duration) Value {
	return Value{kind: KindTimeOfDay, bits: uint64(sinceMidnight)}
}

// Duration is an elapsed time. Excel shows no negative ones: they are written
// as text, and recorded.
func Duration(d time.Duration) Value { return Value{kind: KindDuration, bits: uint64(d)} }

// OddTime is a date, a time or a duration that no other constructor can hold, such
// as infinity, a year before Christ or a number of months, in its own words. It is
// always written as text, and recorded unless its column's format is text.
func OddTime(s string) Value { return Value{kind: KindOddTime, text: s} }

// Image is a picture: the bytes of a PNG, JPEG or GIF file. Its column's format must be
// image.
func Image(data string) Value { return Value{kind: KindImage, text: data} }

// MissingImage is a picture that was looked for and not found. Its cell says so, and it is
// recorded.
func MissingImage() Value { return Value{kind: KindImage, bits: 1} }

// Kind says which constructor made v.
func (v Value) Kind() Kind { return v.kind }

// String is v as text: the text itself, ISO 8601 dates and times, "true" and
// "false", the empty string for Null. It is what a cell holds when the column's
// format is text, or when Excel has no other way to hold v.
func (v Value) String() string {
	switch v.kind {
	case KindNull:
		return ""
	case KindText, KindDecimal, KindOddTime:
		return v.text
	case KindInt:
		return strconv.FormatInt(int64(v.bits), 10)
	case KindFloat:
		return floatText(v.float())
	case KindBool:
		return strconv.FormatBool(v.bits == 1)
	case KindDate:
		return v.wall().Format("2006-01-02")
	case KindDateTime:
		return v.wall().Format("2006-01-02 15:04:05.999999999")
	case KindTimeOfDay, KindDuration:
		return clockText(time.Duration(v.bits))
	}
	return ""
}

func (v Value) float() float64 { return math.Float64frombits(v.bits) }

func (v Value) wall() time.Time { return time.Unix(int64(v.bits), int64(v.nsec)).UTC() }

// floatText uses PostgreSQL's words for what is no number.
func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// clockText is d as [-]hh:mm:ss with the fraction it has, hours unlimited.
func clockText(d time.Duration) string {
	sign := ""
	abs := uint64(d)
	if d < 0 {
		sign, abs = "-", -abs
	}
	const second = uint64(time.Second)
	s := fmt.Sprintf("%s%02d:%02d:%02d", sign, abs/(3600*second), abs/(60*second)%60, abs/second%60)
	if frac := abs % second; frac != 0 {
		s += trimZeros(fmt.Sprintf(".%09d", frac))
	}
	return s
}

func trimZeros(s string) string {
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	return s
}
