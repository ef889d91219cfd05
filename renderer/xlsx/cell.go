package xlsx

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// cell is what is written for a value: its type, its content and the number
// format that shows it.
type cell struct {
	// text is a text's, or a number as it is written when it came as text.
	text    string
	code    string
	number  float64 // of a number without a text
	kind    cellKind
	traits  traits // of a text
	changes change
}

type cellKind uint8

const (
	cellBlank cellKind = iota
	cellText
	cellNumber
	cellBool   // number is 0 or 1
	cellFilled // blank, but of a style
	// cellPicture has a picture's bytes as its text, and stands for an empty cell with the
	// picture over it.
	cellPicture
)

// cell applies the format to a value. Text that is meant to be something else
// becomes it; everything else keeps its own type, in a format that can show it.
func (f *Format) cell(v *Value) cell {
	switch {
	case v.kind == KindNull:
		return cell{code: f.code}
	case v.kind == KindImage || f.accepts == acceptsImage:
		return f.imageCell(v)
	case f.accepts == acceptsText:
		return textCell(v.String(), f.code, 0)
	case f.accepts == acceptsBool:
		return f.boolCell(v)
	case f.accepts == acceptsLink:
		return f.linkCell(v)
	case v.kind == KindText && f.accepts != acceptsAny:
		return f.readText(v.text)
	}
	c := f.native(v)
	if c.kind == cellText || f.accepts == acceptsAny {
		return c
	}
	if !f.fits(v.kind) {
		c.changes |= changedFormat
		return c
	}
	c.code = f.code
	return c
}

// native writes v as its own kind wants to be shown.
func (f *Format) native(v *Value) cell {
	switch v.kind {
	case KindText:
		return textCell(v.text, "", 0)
	case KindInt:
		n := int64(v.bits)
		if !wholeIsExact(n) {
			return textCell(v.String(), "", changedInexact)
		}
		return numberCell(float64(n), "")
	case KindDecimal:
		return decimalCell(v.text)
	case KindFloat:
		return floatCell(v.float())
	case KindBool:
		return cell{kind: cellBool, number: float64(v.bits)}
	case KindOddTime:
		return textCell(v.text, "", changedRange)
	}
	return f.temporalCell(v)
}

func (f *Format) temporalCell(v *Value) cell {
	var serial float64
	var ok bool
	var code string
	unit := f.resolution()
	elapsed := time.Duration(v.bits)
	if elapsed > 0 { // a negative one is no duration for Excel, however small
		elapsed = elapsed.Truncate(unit)
	}
	switch v.kind {
	case KindDate:
		serial, ok = serialOf(int64(v.bits), 0)
		code = f.dateCode()
	case KindDateTime:
		serial, ok = serialOf(int64(v.bits), v.nsec-v.nsec%int32(unit))
		code = f.dateTimeCode()
	case KindTimeOfDay:
		serial, ok = timeOfDaySerial(elapsed)
		code = f.timeCode()
	default:
		serial, ok = elapsedSerial(elapsed)
		code = durationCode
	}
	if !ok {
		return textCell(v.String(), "", changedRange)
	}
	return numberCell(serial, code)
}

// resolution is the part of a second that the format shows: nothing below it is
// written. Excel and LibreOffice round what they show, and 23:59:59.999999 on the
// last day of a month must not show as the first day of the next.
func (f *Format) resolution() time.Duration {
	if f.fractions {
		return time.Millisecond
	}
	return time.Second
}

// fits says whether the format's code can show a value of this kind.
func (f *Format) fits(k Kind) bool {
	switch f.accepts {
	case acceptsNumber, acceptsPercent:
		return k == KindInt || k == KindDecimal || k == KindFloat
	case acceptsDate:
		return k == KindDate || k == KindDateTime
	case acceptsTime:
		return k == KindTimeOfDay || k == KindDateTime
	case acceptsDuration:
		return k == KindDuration || k == KindTimeOfDay
	case acceptsTemporal:
		return k >= KindDate
	}
	return true
}

// readText reads text as what the format is for. Empty text is an answer that
// was left empty, not a mistake: it stays empty text.
func (f *Format) readText(s string) cell {
	trimmed := strings.TrimSpace(s)
	if trimmed == "" {
		return textCell(s, f.code, 0)
	}
	v, ok := f.parse(trimmed)
	if !ok {
		return textCell(s, "", changedFormat)
	}
	c := f.native(&v)
	if c.kind == cellText {
		// Not the parsed value but the text itself is kept, blanks and all.
		return textCell(s, "", c.changes)
	}
	c.code = f.code
	return c
}

func (f *Format) parse(s string) (Value, bool) {
	switch f.accepts {
	case acceptsNumber:
		_, _, ok := significant(s)
		return Decimal(s), ok
	case acceptsPercent:
		return parsePercent(s)
	case acceptsDate:
		return parseDate(s)
	case acceptsTime:
		return parseTimeOfDay(s)
	case acceptsDuration:
		return parseDuration(s)
	case acceptsTemporal:
		if v, ok := parseDate(s); ok {
			return v, true
		}
		return parseTimeOfDay(s)
	}
	return Value{}, false
}

func textCell(s, code string, changes change) cell {
	s, traits, cleaned := cleanText(s)
	return cell{kind: cellText, text: s, code: code, traits: traits, changes: changes | cleaned}
}

func numberCell(f float64, code string) cell {
	// -0 would be shown as "-0" by some readers, and equals 0.
	return cell{kind: cellNumber, number: f + 0, code: code}
}

// decimalCell takes the usual number as it is, digit for digit.
func decimalCell(s string) cell {
	if text, ok := plainNumber(s); ok {
		return cell{kind: cellNumber, text: text}
	}
	f, exact, ok := parseNumber(s)
	switch {
	case !ok && isNotFinite(s):
		return textCell(s, "", changedNaN)
	case !ok:
		return textCell(s, "", changedFormat)
	case !exact:
		return textCell(s, "", changedInexact)
	}
	return numberCell(f, "")
}

// float is the value of a number.
func (c *cell) float() float64 {
	if c.text == "" {
		return c.number
	}
	n, _ := strconv.ParseFloat(c.text, 64) // it was parsed when it became a number
	return n
}

func isNotFinite(s string) bool {
	switch strings.ToLower(strings.TrimLeft(s, "+-")) {
	case "nan", "inf", "infinity":
		return true
	}
	return false
}

func floatCell(f float64) cell {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return textCell(floatText(f), "", changedNaN)
	case f != 0 && math.Abs(f) < smallest:
		return textCell(floatText(f), "", changedInexact)
	}
	return numberCell(f, "")
}
