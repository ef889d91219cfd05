package xlsx

import (
	"strconv"
	"strings"
)

const (
	minWidth = 6
	maxWidth = 60
	// maxColumnWidth is what Excel accepts from a caller.
	maxColumnWidth = 255
	// widthRows is how many rows are looked at, and held back, before the first
	// is passed on: widths stand before the rows in a sheet.
	widthRows = 100
	// widthCells ends that earlier for sheets of very many columns: 100 rows of
	// 16,384 would hold 100 MB.
	widthCells = 20_000
	// padding is the room that Excel leaves beside text; filterRoom is for the
	// arrow of a filter in the header.
	padding    = 1.7
	filterRoom = 2
)

// shownWidth is about how many half-width characters c takes on the screen.
func shownWidth(c *cell) int {
	switch c.kind {
	case cellText:
		return textWidth(c.text)
	case cellBool:
		return len("FALSE")
	case cellNumber:
		return numberWidth(c)
	}
	return 0
}

func numberWidth(c *cell) int {
	if c.code == "" && c.text != "" {
		return len(c.text)
	}
	if c.code == "" {
		return len(strconv.FormatFloat(c.number, 'g', -1, 64))
	}
	if strings.ContainsAny(c.code, "yhd") {
		return textWidth(c.code) + 1 // or LibreOffice puts the next column's text right beside it
	}
	// The decimals of the code, the digits before the point and their commas.
	_, fraction, _ := strings.Cut(c.code, ".")
	whole, _, _ := strings.Cut(c.text, ".")
	if c.text == "" {
		whole = strconv.FormatFloat(c.number, 'f', 0, 64)
	}
	digits := len(whole)
	if strings.Contains(c.code, ",") {
		digits += (digits - 1) / 3
	}
	if strings.Contains(c.code, "%") {
		digits += len("00%")
	}
	if before, ok := strings.CutPrefix(c.code, `"`); ok {
		before, _, _ = strings.Cut(before, `"`)
		digits += textWidth(before)
	}
	return digits + textWidth(fraction) + 1
}

// textWidth is the width of the widest line of s.
func textWidth(s string) int {
	widest, width := 0, 0
	for _, r := range s {
		switch {
		case r == '\n':
			width = 0
		case isWide(r):
			width += 2
		default:
			width++
		}
		widest = max(widest, width)
	}
	return widest
}

// wideRanges are the blocks whose characters take two cells of a fixed-width
// font: East Asian Wide and Fullwidth, as whole blocks.
var wideRanges = [...][2]rune{
	{0x1100, 0x115F},
	{0x2E80, 0x303E},
	{0x3041, 0xA4CF},
	{0xA960, 0xA97F},
	{0xAC00, 0xD7A3},
	{0xF900, 0xFAFF},
	{0xFE30, 0xFE6F},
	{0xFF01, 0xFF60},
	{0xFFE0, 0xFFE6},
	{0x1F300, 0x1F64F},
	{0x1F900, 0x1F9FF},
	{0x20000, 0x3FFFD},
}

func isWide(r rune) bool {
	if r < wideRanges[0][0] {
		return false
	}
	for _, block := range wideRanges {
		if r >= block[0] && r <= block[1] {
			return true
		}
	}
	return false
}

// columnWidths finds the widths of a sheet's columns.
type columnWidths struct {
	columns []Column
	// shown is the widest cell of each column.
	shown []int
	rows  int
	// widths are nil until they are settled.
	widths []float64
}

func newColumnWidths(columns []Column) columnWidths {
	return columnWidths{columns: columns, shown: make([]int, len(columns))}
}

// measure looks at a cell of a column whose width is not given.
func (w *columnWidths) measure(column int, c *cell) {
	if w.columns[column].Width == 0 {
		w.shown[column] = max(w.shown[column], shownWidth(c))
	}
}

// add looks at one of the first rows.
func (w *columnWidths) add(cells []cell) {
	for i := range cells {
		w.measure(i, &cells[i])
	}
	w.rows++
	if w.rows >= widthRows || w.rows*len(cells) >= widthCells {
		w.settle()
	}
}

func (w *columnWidths) settled() bool { return w.widths != nil }

// settle decides; rows that come later change nothing.
func (w *columnWidths) settle() {
	if w.settled() {
		return
	}
	w.widths = make([]float64, len(w.columns))
	for i, c := range w.columns {
		w.widths[i] = c.Width
		if c.Width == 0 {
			w.widths[i] = max(min(max(float64(w.shown[i])+padding, minWidth), maxWidth), c.Format.imageColumn())
		}
	}
}

// widen makes room for a cell below the rows. It comes too late where the widths are
// written already.
func (w *columnWidths) widen(column int, c *cell) {
	w.measure(column, c)
	if w.settled() && w.columns[column].Width == 0 {
		w.widths[column] = max(w.widths[column], min(float64(shownWidth(c))+padding, maxWidth))
	}
}

func (w *columnWidths) final() []float64 { return w.widths }

// expected is the least width that a column will have for a cell of a row in hand:
// before the widths are settled, a column takes the width of its widest line.
func (w *columnWidths) expected(column int) float64 {
	switch {
	case w.settled():
		return w.widths[column]
	case w.columns[column].Width != 0:
		return w.columns[column].Width
	}
	return maxWidth
}
