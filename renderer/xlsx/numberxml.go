package xlsx

import (
	"math"
	"strconv"
)

// appendNumber writes the shortest text that reads as f again.
func appendNumber(b []byte, f float64) []byte {
	abs := math.Abs(f)
	switch {
	case abs < maxWhole && f == math.Trunc(f):
		return strconv.AppendInt(b, int64(f), 10)
	case abs < 1e-5 || abs >= 1e21:
		return strconv.AppendFloat(b, f, 'E', -1, 64)
	case abs < maxHundredths:
		if hundredths := math.Round(f * 100); hundredths/100 == f {
			return appendHundredths(b, int64(hundredths))
		}
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

// maxHundredths keeps numbers of two decimals within 15 digits. Two decimals of at
// most 15 digits are never the same double, so one that gives f is the shortest.
const maxHundredths = 1e13

func appendHundredths(b []byte, n int64) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = append(strconv.AppendInt(b, n/100, 10), '.', '0'+byte(n/10%10))
	if n%10 != 0 {
		b = append(b, '0'+byte(n%10))
	}
	return b
}
