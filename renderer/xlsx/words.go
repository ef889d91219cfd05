package xlsx

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Words is the value as text that people read, within other text: grouped and rounded
// numbers, dates in the format's order. ok is false for the formats that only a cell of
// its own can show (excel:CODE, link and image), and of a picture. What is not of the format's kind is
// Value.String.
func (f *Format) Words(v *Value) (words string, ok bool) {
	switch {
	case f.raw || f.accepts == acceptsLink || f.accepts == acceptsImage || v.kind == KindImage:
		return "", false
	case v.kind == KindText && f.accepts > acceptsText && f.accepts != acceptsBool:
		if read, ok := f.parse(strings.TrimSpace(v.text)); ok {
			v = &read
		}
	}
	switch {
	case f.accepts == acceptsBool:
		c := f.boolCell(v)
		if c.kind == cellText {
			return c.text, true
		}
	case f.accepts == acceptsNumber || f.accepts == acceptsPercent:
		if n, ok := v.exact(); ok {
			return f.numberWords(n), true
		}
	case v.kind == KindDate:
		return v.wall().Format(f.dateLayout()), true
	case v.kind == KindDateTime:
		if f.accepts == acceptsTime {
			return v.wall().Format(f.timeLayout()), true
		}
		if f.accepts == acceptsDate && f.code == f.dateCode() {
			return v.wall().Format(f.dateLayout()), true
		}
		return v.wall().Format(f.dateLayout() + " " + f.timeLayout()), true
	case v.kind == KindTimeOfDay && f.accepts == acceptsTime:
		return time.Time{}.Add(time.Duration(v.bits)).Format(f.timeLayout()), true
	}
	return v.String(), true
}

func (f *Format) dateLayout() string {
	if f.ja {
		return "2006/01/02"
	}
	return "2006-01-02"
}

func (f *Format) timeLayout() string {
	if f.ja {
		return "15:04"
	}
	return "15:04:05"
}

// exact is the number that v is, digit for digit.
func (v *Value) exact() (*big.Rat, bool) {
	switch v.kind {
	case KindInt:
		return new(big.Rat).SetInt64(int64(v.bits)), true
	case KindFloat:
		if f := v.float(); math.Abs(f) < maxWords { // which NaN is not
			return new(big.Rat).SetString(floatText(f))
		}
	case KindDecimal:
		_, _, ok := significant(v.text)
		f, err := strconv.ParseFloat(v.text, 64)
		switch {
		case !ok || err != nil || math.Abs(f) >= maxWords:
		case math.Abs(f) < minWords: // an exponent of many digits would be written out, too
			return new(big.Rat), true
		default:
			return new(big.Rat).SetString(v.text)
		}
	}
	return nil, false
}

const (
	// maxWords is where numbers are no longer written out with all their digits.
	maxWords = 1e21
	// minWords is less than any format shows of a number.
	minWords = 1e-30
)

// numberWords rounds half away from zero, as Excel shows numbers.
func (f *Format) numberWords(n *big.Rat) string {
	percent := ""
	if f.accepts == acceptsPercent {
		n, percent = n.Mul(n, big.NewRat(100, 1)), "%"
	}
	code := strings.TrimSuffix(strings.TrimPrefix(f.code, quoted(f.before)), quoted(f.after))
	places := strings.TrimSuffix(code[strings.IndexByte(code+".", '.'):], "%")
	text := n.FloatString(max(0, len(places)-1))
	whole, fraction, _ := strings.Cut(text, ".")
	if strings.HasSuffix(places, "#") {
		fraction = strings.TrimRight(fraction, "0")
	}
	if percent == "" {
		whole = grouped(whole)
	}
	if strings.Trim(whole+fraction, "-0") == "" {
		whole = strings.TrimPrefix(whole, "-") // what is rounded to nothing has no sign
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	digits := strings.TrimPrefix(whole, "-")
	return whole[:len(whole)-len(digits)] + f.before + digits + fraction + percent + f.after
}

// grouped puts a comma before every three digits.
func grouped(whole string) string {
	digits := strings.TrimPrefix(whole, "-")
	b := []byte(whole[:len(whole)-len(digits)])
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b = append(b, ',')
		}
		b = append(b, digits[i])
	}
	return string(b)
}
