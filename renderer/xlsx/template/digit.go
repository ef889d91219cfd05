package template

import (
	"math"
	"strings"
)

// digitWidth is the width of a digit, in pixels, of the workbook's first font, which
// columns are measured by: what they seem to be wide decides how a picture that goes over
// several is placed.
func (s *styles) digitWidth() int {
	first := s.fonts()[0]
	const pixelsPerPoint = 96.0 / 72
	return max(int(math.Round(digitShare(first.name)*first.size*pixelsPerPoint)), 1)
}

// digitShare is how wide a font's digits are, as a share of its size.
func digitShare(font string) float64 {
	if isEastAsian(font) {
		return 0.545
	}
	switch font {
	case "Arial", "Helvetica", "Liberation Sans", "Noto Sans CJK JP":
		return 0.556
	case "Times New Roman", "Liberation Serif":
		return 0.5
	case "Verdana", "DejaVu Sans":
		return 0.636
	case "Courier New", "Liberation Mono":
		return 0.6
	case "Cambria":
		return 0.554
	case "Tahoma":
		return 0.546
	case "Segoe UI":
		return 0.539
	}
	return 0.507 // Calibri, and most others
}

func isEastAsian(font string) bool {
	for _, known := range []string{"Yu Gothic", "Yu Mincho", "Meiryo", "MS PGothic", "MS Gothic", "MS PMincho", "MS Mincho"} {
		if strings.HasPrefix(font, known) {
			return true
		}
	}
	return strings.ContainsFunc(font, func(r rune) bool { return r > 0x7f })
}
