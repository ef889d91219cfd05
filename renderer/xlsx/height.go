package xlsx

import (
	"math"
	"strings"
)

// Heights are in points, for the font that styles name. What is no Latin is shown in
// another font, whose lines are higher.
const (
	lineHeight     = 15
	wideLineHeight = 18.75
	// maxHeight is Excel's limit.
	maxHeight = 409.5
)

// textHeight is the height of text that is wrapped in a column of that width; 0 when
// one line holds it.
func textHeight(c *cell, width float64) float64 {
	lines := textLines(c.text, max(int(width-1), 1))
	switch {
	case lines < 2:
		return 0
	case c.traits&hasWide != 0:
		return math.Min(float64(lines)*wideLineHeight, maxHeight)
	}
	return math.Min(float64(lines)*lineHeight, maxHeight)
}

// textLines is about how many lines text takes where so many half-width characters fit into one.
func textLines(text string, room int) int {
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		lines += max(1, (textWidth(line)+room-1)/room)
	}
	return lines
}
