package xlsx

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// parsePercent reads a ratio ("0.35") or a percentage ("35%").
func parsePercent(s string) (Value, bool) {
	number, isPercentage := strings.CutSuffix(s, "%")
	f, exact, ok := parseNumber(number)
	switch {
	case !ok:
		return Value{}, false
	case !isPercentage || !exact:
		return Decimal(number), !isPercentage
	}
	return Float(shiftDecimal(f, -2)), true
}

// shiftDecimal multiplies f by a power of ten in decimal, without the error of
// doing it in binary.
func shiftDecimal(f float64, by int) float64 {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	n, err := strconv.Atoi(exponent)
	if err != nil {
		return math.NaN()
	}
	shifted, err := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(n+by), 64)
	if err != nil {
		return math.NaN()
	}
	return shifted
}

// dateLayouts are the texts that a date format reads. None names a zone: what a
// clock elsewhere shows is not what this workbook's clock shows, so such text is
// left as it is.
var dateLayouts = [...]string{
	"2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04",
	"2006/01/02", "2006/01/02 15:04:05", "2006/01/02 15:04",
}

func parseDate(s string) (Value, bool) {
	for _, layout := range dateLayouts {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if len(layout) == len("2006-01-02") {
			return Date(t.Date()), true
		}
		return DateTime(t), true
	}
	return Value{}, false
}

func parseTimeOfDay(s string) (Value, bool) {
	for _, layout := range [...]string{"15:04:05", "15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
			return TimeOfDay(t.Sub(midnight)), true
		}
	}
	return Value{}, false
}

// parseDuration reads [-]hours:minutes[:seconds[.fraction]], as PostgreSQL
// writes an interval without days.
func parseDuration(s string) (Value, bool) {
	rest, negative := strings.CutPrefix(s, "-")
	hours, rest, found := strings.Cut(rest, ":")
	if !found || hours == "" || len(hours) > 6 || !allDigits(hours) {
		return Value{}, false
	}
	if len(rest) == len("04") {
		rest += ":00"
	}
	t, err := time.Parse("04:05", rest)
	if err != nil {
		return Value{}, false
	}
	h, err := strconv.ParseInt(hours, 10, 64)
	if err != nil {
		return Value{}, false
	}
	d := time.Duration(h)*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
	if negative {
		d = -d
	}
	return Duration(d), true
}

// boolCell writes the words of the format, or TRUE and FALSE without any.
func (f *Format) boolCell(v *Value) cell {
	truth, ok := f.truth(v)
	switch {
	case ok && f.yes == "":
		c := cell{kind: cellBool}
		if truth {
			c.number = 1
		}
		return c
	case ok && truth:
		return textCell(f.yes, "", 0)
	case ok:
		return textCell(f.no, "", 0)
	}
	c := f.native(v)
	if v.kind != KindText || strings.TrimSpace(v.text) != "" {
		c.changes |= changedFormat
	}
	return c
}

func (f *Format) truth(v *Value) (truth, ok bool) {
	switch v.kind {
	case KindBool:
		return v.bits == 1, true
	case KindInt:
		return v.bits == 1, v.bits <= 1
	case KindText, KindDecimal:
		return f.readTruth(strings.TrimSpace(v.text))
	}
	return false, false
}

// readTruth knows PostgreSQL's words for boolean and the format's own.
func (f *Format) readTruth(s string) (truth, ok bool) {
	if f.yes != "" && (s == f.yes || s == f.no) {
		return s == f.yes, true
	}
	switch strings.ToLower(s) {
	case "true", "t", "yes", "y", "on", "1":
		return true, true
	case "false", "f", "no", "n", "off", "0":
		return false, true
	}
	return false, false
}
