package template

import (
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

// layout is how wide a sheet's columns are and how high its rows, and which cells are merged.
type layout struct {
	columns []columnWidth
	heights map[int]float64 // in points; 0 for hidden ones
	width   float64         // of other columns, in characters
	height  float64         // of other rows
	fixed   bool            // it is by hand
	merged  mergedCells
	// digit is the width of a digit in pixels.
	digit int
}

type columnWidth struct {
	first, last int
	width       float64
}

// What sheets have that say nothing of it.
const (
	usualWidth  = 9.140625
	usualHeight = 15
)

// readLayout reads what a sheet says of its columns and rows.
func readLayout(s *sheet, digit int) (*layout, error) {
	l := &layout{heights: make(map[int]float64), width: usualWidth, height: usualHeight, merged: s.merged, digit: digit}
	if err := eachTag(s.head, l.take); err != nil {
		return nil, err
	}
	for _, r := range s.rows {
		t := r.tag(r.number)
		if h, err := strconv.ParseFloat(t.get("ht"), 64); err == nil {
			l.heights[r.number] = h
		}
		if t.truth("hidden") {
			l.heights[r.number] = 0
		}
	}
	return l, nil
}

func (l *layout) take(t *tag) {
	number := func(name string) float64 {
		f, err := strconv.ParseFloat(t.get(name), 64)
		if err != nil {
			return 0
		}
		return f
	}
	switch {
	case t.kind == tagClose:
	case t.is("sheetFormatPr"):
		if w := number("defaultColWidth"); w > 0 {
			l.width = w
		}
		if h := number("defaultRowHeight"); h > 0 {
			l.height, l.fixed = h, t.truth("customHeight")
		}
	case t.is("col"):
		c := columnWidth{first: int(number("min")), last: int(number("max")), width: l.width}
		if w := number("width"); w > 0 {
			c.width = w
		}
		if t.truth("hidden") {
			c.width = 0
		}
		l.columns = append(l.columns, c)
	}
}

// area is that of a cell, or of those that it is merged with. Its row is still to be set.
func (l *layout) area(column, row int) picture.Area {
	last := l.merged.last(column, row)
	a := picture.Area{Column: column - 1}
	for ; column <= last.column; column++ {
		a.Widths = append(a.Widths, picture.ColumnWidth(l.widthOf(column), l.digit))
	}
	for ; row <= last.row; row++ {
		a.Heights = append(a.Heights, picture.RowHeight(l.heightOf(row)))
	}
	return a
}

func (l *layout) widthOf(column int) float64 {
	for _, c := range l.columns {
		if c.first <= column && column <= c.last {
			return c.width
		}
	}
	return l.width
}

func (l *layout) heightOf(row int) float64 {
	if height, ok := l.heights[row]; ok {
		return height
	}
	return l.height
}

func columnOf(ref string) int { return columnNumber(strings.TrimRight(ref, "0123456789")) }
