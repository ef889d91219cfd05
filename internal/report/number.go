package report

import (
	"math"
	"strconv"
	"strings"
)

// decimal reads a finite number in plain or scientific notation.
func decimal(text string) (float64, bool) {
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false // no hexadecimal, no infinity
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && !math.IsInf(f, 0)
}
