package verify

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// words are a value as it stands among other text: as a cell in the format would show it,
// as far as text can.
func (f format) words(v value) string {
	if v.is == textual && f.purpose != forTruth {
		if read, ok := f.read(strings.TrimSpace(v.text)); ok {
			v = read
		}
	}
	switch {
	case f.purpose == forTruth:
		if yes, ok := f.readTruth(v); ok && f.yes != "" {
			if yes {
				return f.yes
			}
			return f.no
		}
	case f.purpose == forNumbers || f.purpose == forPercents:
		if n, ok := v.rational(); ok {
			return f.numberWords(n)
		}
	case v.is == day:
		return v.wall.Format(f.dateWords())
	case v.is == moment && f.purpose == forClocks:
		return v.wall.Format(f.clockWords())
	case v.is == moment && f.purpose == forDates && f.code == f.dateCode():
		return v.wall.Format(f.dateWords())
	case v.is == moment:
		return v.wall.Format(f.dateWords() + " " + f.clockWords())
	case v.is == clock && f.purpose == forClocks:
		return time.Time{}.Add(v.span).Format(f.clockWords())
	}
	return v.String()
}

func (f format) dateWords() string  { return f.either("2006/01/02", time.DateOnly) }
func (f format) clockWords() string { return f.either("15:04", time.TimeOnly) }

const (
	// mostWords is where numbers are no longer written out digit for digit.
	mostWords = 1e21
	// leastWords is less than any format shows.
	leastWords = 1e-30
)

// rational is a number digit for digit.
func (v value) rational() (*big.Rat, bool) {
	text := v.text
	switch v.is {
	case decimal:
		if _, ok := digitsOf(text); !ok {
			return nil, false
		}
	case double:
		text = strconv.FormatFloat(v.real, 'g', -1, 64)
	default:
		return nil, false
	}
	size, err := strconv.ParseFloat(text, 64)
	switch size = math.Abs(size); {
	case err != nil || math.IsNaN(size) || size >= mostWords:
		return nil, false
	case size < leastWords:
		return new(big.Rat), true
	}
	return new(big.Rat).SetString(text)
}

// numberWords are a number with so many digits behind the point as the format's code has,
// and a comma before every three of the others.
func (f format) numberWords(n *big.Rat) string {
	places, optional := 0, strings.HasSuffix(f.code, "#")
	if at := strings.IndexByte(f.code, '.'); at >= 0 {
		places = strings.Count(f.code[at:], "0") + strings.Count(f.code[at:], "#")
	}
	if f.purpose == forPercents {
		n = new(big.Rat).Mul(n, big.NewRat(100, 1))
	}
	text := new(big.Rat).Abs(n).FloatString(places)
	whole, fraction, _ := strings.Cut(text, ".")
	if optional {
		fraction = strings.TrimRight(fraction, "0")
	}
	sign := ""
	if n.Sign() < 0 && strings.Trim(whole+fraction, "0") != "" {
		sign = "-"
	}
	if f.purpose != forPercents {
		whole = inThrees(whole)
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if f.purpose == forPercents {
		whole += "%"
	}
	return sign + f.before + whole + f.after
}

// inThrees writes a comma before every three digits.
func inThrees(digits string) string {
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
