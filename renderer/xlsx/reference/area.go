package reference

import "strings"

// area is a reference without a sheet: a cell, a range, whole rows or columns.
type area struct {
	from, to corner // the same of a single cell
	single   bool
}

// parseArea reads one reference such as A1, $A$1:B2, 3:3 or A:B, and nothing beyond it.
func parseArea(s string) (area, bool) {
	first, second, isRange := strings.Cut(s, ":")
	from, ok := parseCorner(first)
	if !ok {
		return area{}, false
	}
	if !isRange {
		return area{from: from, to: from, single: true}, from.isCell()
	}
	to, ok := parseCorner(second)
	if !ok {
		return area{}, false
	}
	return newRange(from, to)
}

// newRange puts the upper row first.
func newRange(from, to corner) (area, bool) {
	if from.isRow() != to.isRow() || from.isColumn() != to.isColumn() {
		return area{}, false
	}
	if from.row > to.row {
		from.row, to.row = to.row, from.row
		from.fixedRow, to.fixedRow = to.fixedRow, from.fixedRow
	}
	return area{from: from, to: to}, true
}

func (a area) append(dst []byte) []byte {
	dst = a.from.append(dst)
	if a.single {
		return dst
	}
	return a.to.append(append(dst, ':'))
}

// within is the area with other rows; a single cell becomes a range if they are several.
func (a area) within(s Span) area {
	a.single = a.single && s.First == s.Last
	a.from.row, a.to.row = s.First, s.Last
	return a
}

// appendMoved appends the area, which is written as it is given, with other
// rows. A range that shrank to one cell is written as that cell.
func (a area) appendMoved(dst []byte, written string, s Span) []byte {
	if s == (Span{a.from.row, a.to.row}) {
		return append(dst, written...)
	}
	return a.within(s).short().append(dst)
}

// appendLower appends the area, which is written as it is given, so many rows lower.
func (a area) appendLower(dst []byte, written string, rows int) []byte {
	if rows == 0 {
		return append(dst, written...)
	}
	a.from.row += rows
	a.to.row += rows
	return a.append(dst)
}

// short writes a range of one cell as that cell.
func (a area) short() area {
	a.single = a.from.isCell() && a.from.row == a.to.row && a.from.column == a.to.column
	return a
}

// Sqref moves a list of ranges as conditional formats and validations have it.
// It holds exactly the cells that come from the old ones; it is empty if all
// are gone. What is no list of ranges stays as it is.
func (g *Grid) Sqref(list string) string {
	if !g.Moved() {
		return list
	}
	var dst []byte
	var spans []Span
	for word := range strings.FieldsSeq(list) {
		a, ok := parseArea(word)
		if !ok {
			return list
		}
		if a.from.isColumn() {
			dst = append(appendBlank(dst), word...)
			continue
		}
		spans = g.rows.spans(spans[:0], a.from.row, a.to.row)
		for _, s := range spans {
			dst = a.appendMoved(appendBlank(dst), word, s)
		}
	}
	return string(dst)
}

func appendBlank(dst []byte) []byte {
	if len(dst) > 0 {
		return append(dst, ' ')
	}
	return dst
}

// Ranges gives a range as often as it is copied: merged cells, a hyperlink, a
// comment. One that a block's edge crosses grows with the block. What shrank to
// one cell is written as one: it is merged no more.
func (g *Grid) Ranges(ref string) []string {
	a, ok := parseArea(ref)
	if !ok || a.from.isColumn() {
		return []string{ref}
	}
	var refs []string
	for _, s := range g.Copies(a.from.row, a.to.row) {
		refs = append(refs, string(a.appendMoved(nil, ref, s)))
	}
	return refs
}

// Range gives the one range from the first to the last cell that is left of
// ref: of a table, an autofilter, an array formula. It is empty if none is.
func (g *Grid) Range(ref string) string {
	a, ok := parseArea(ref)
	if !ok || a.from.isColumn() {
		return ref
	}
	from, to, ok := g.Cover(a.from.row, a.to.row)
	if !ok {
		return ""
	}
	return string(a.appendMoved(nil, ref, Span{from, to}))
}
