package verify

import (
	"math"
	"math/big"
	"regexp"
	"strings"
)

const (
	// leastNumber is the least positive number that Excel keeps.
	leastNumber = 2.2250738585072014e-308
	// mostWhole is the last number before doubles begin to skip whole ones.
	mostWhole = 1 << 53
	// mostDigits is what Excel keeps of a number.
	mostDigits = 15
)

var number = regexp.MustCompile(`^[+-]?([0-9]*)\.?([0-9]*)([eE][+-]?[0-9]+)?$`)

// maxExponent bounds the digits of an exponent, and with that what a number of the user's
// costs to read; beyond it every number is too small or too large for Excel.
const maxExponent = 4

// digitsOf are the digits of a number from the first to the last that is not zero; ok is
// false for what is no number.
func digitsOf(text string) (digits string, ok bool) {
	parts := number.FindStringSubmatch(text)
	if parts == nil || parts[1]+parts[2] == "" {
		return "", false
	}
	return strings.Trim(parts[1]+parts[2], "0"), true
}

// exactly reads a number that Excel keeps with all its digits.
func exactly(text string) (float64, bool) {
	digits, ok := digitsOf(text)
	if !ok || len(digits) > mostDigits {
		return 0, false
	}
	if digits == "" {
		return 0, true
	}
	if exponent := strings.TrimLeft(number.FindStringSubmatch(text)[3], "eE+-0"); len(exponent) > maxExponent {
		return 0, false
	}
	f, ok := new(big.Float).SetPrec(200).SetString(text)
	if !ok {
		return 0, false
	}
	nearest, _ := f.Float64()
	size := math.Abs(nearest)
	return nearest, size <= mostWhole && size >= leastNumber
}

// hundredth reads a percentage without its sign as a number, in decimal: 35 is 0.35.
func hundredth(text string) (float64, bool) {
	if _, ok := exactly(text); !ok {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	f, _ := r.Quo(r, big.NewRat(100, 1)).Float64()
	return f, true
}
