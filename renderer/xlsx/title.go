package xlsx

import "fmt"

// Title is text above the header, one row for each line. The zero Title is none. The
// header's filter and frozen rows follow it down.
type Title struct {
	// Lines are shown from the top, at most 20; the first is bold and larger. An empty
	// one is an empty row.
	Lines []string
	// Merge puts each line into one cell over all columns, in its middle. Otherwise it
	// stands in the first column and runs over the empty cells beside it.
	Merge bool
}

const maxTitleLines = 20

func (t Title) validate() error {
	if n := len(t.Lines); n > maxTitleLines {
		return fmt.Errorf("the title has %d lines; write at most %d", n, maxTitleLines)
	}
	return nil
}

// look is the style of a line.
func (t Title) look(line *cell, first bool) style {
	var look style
	if first {
		look.font = fontTitle
	}
	breaks := line.traits&hasBreaks != 0
	switch {
	case t.Merge && breaks:
		look.align = alignMiddleLines
	case t.Merge:
		look.align = alignMiddle
	case breaks:
		look.align = alignLines
	}
	return look
}

// titleLineHeight is for the font of a title's first line.
const titleLineHeight = 24

// height is that of a line's row; 0 leaves it to the reader.
func (t Title) height(line *cell, first bool) float64 {
	height := textHeight(line, maxColumnWidth)
	if first {
		height = min(max(height, lineHeight)*titleLineHeight/lineHeight, maxHeight)
	}
	return height
}
