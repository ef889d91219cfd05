package xlsx

import (
	"math"
	"strconv"
	"strings"
)

const (
	// maxWhole is the last whole number before doubles begin to skip some.
	maxWhole = 1 << 53
	// maxDigits is what Excel keeps of a number that somebody edits.
	maxDigits = 15
	// smallest is the least positive number that Excel keeps; it takes what is
	// below for zero.
	smallest = 2.2250738585072014e-308
)

// parseNumber reads decimal text. ok is false when s is no number at all;
// exact is false when Excel would not keep every digit.
func parseNumber(s string) (f float64, exact, ok bool) {
	digits, zero, ok := significant(s)
	if !ok {
		return 0, false, false
	}
	if zero {
		return 0, true, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		// The syntax is right, so the number is out of range.
		return 0, false, true
	}
	abs := math.Abs(f)
	return f, digits <= maxDigits && abs <= maxWhole && abs >= smallest, true
}

// significant counts the digits between the first and the last that are not
// zero, and checks the syntax: [+-]digits[.digits][e[+-]digits], with a digit
// on at least one side of the point.
func significant(s string) (count int, zero, ok bool) {
	s = strings.TrimLeft(s[:min(1, len(s))], "+-") + s[min(1, len(s)):]
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(s), "e")
	if hasExponent && !isExponent(exponent) {
		return 0, false, false
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if len(whole)+len(fraction) == 0 || !allDigits(whole) || !allDigits(fraction) {
		return 0, false, false
	}
	all := strings.Trim(whole+fraction, "0")
	return len(all), all == "", true
}

func isExponent(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && allDigits(s)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// wholeIsExact is parseNumber's rule for an int64.
func wholeIsExact(n int64) bool {
	if n > maxWhole || n < -maxWhole {
		return false
	}
	const limit = 1e15
	for n >= limit || n <= -limit {
		if n%10 != 0 {
			return false
		}
		n /= 10
	}
	return true
}

// plainNumber gives s in the form in which numbers are written, when s is one of at
// most 15 digits without an exponent: what PostgreSQL gives for nearly every numeric.
// Such a number is not turned into a double and back.
func plainNumber(s string) (text string, ok bool) {
	digits := s
	if digits != "" && digits[0] == '-' {
		digits = digits[1:]
	}
	point, nonzero := -1, false
	for i := range len(digits) {
		switch c := digits[i]; {
		case c == '.' && point < 0:
			point = i
		case c < '0' || c > '9':
			return "", false
		default:
			nonzero = nonzero || c != '0'
		}
	}
	whole := len(digits)
	if point >= 0 {
		whole = point
	}
	switch {
	case !nonzero || len(digits) > maxDigits: // the point counts too: nearly all are shorter
		return "", false
	case whole == 0 || whole == len(digits)-1 || digits[0] == '0' && whole > 1:
		return "", false
	case point < 0:
		return s, true
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), "."), true
}
