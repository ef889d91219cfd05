package template

import (
	"fmt"
	"slices"
)

// Merged cells decide where a block ends, and not everybody who merges cells means that.

// warnOfMerged notes merged cells that may have given a block, or one in it, a row too many or one
// too few.
func (c *compiler) warnOfMerged(s *sheet, b *block) {
	for _, inner := range b.inner {
		c.warnOfMerged(s, inner)
	}
	for _, r := range s.rows {
		if r.number < b.first || r.number > b.end.row {
			continue
		}
		for _, cell := range r.cells {
			from := cellPlace{cell.column, r.number}
			if to, ok := s.merged[from]; ok {
				c.warnOfEnd(s, b, cell, from, to)
			}
		}
	}
}

// warnOfEnd is warnOfMerged for the cells that are merged from a cell of the block to another.
func (c *compiler) warnOfEnd(s *sheet, b *block, cell *cell, from, to cellPlace) {
	marked := s.merged.last(b.end.cell.column, b.end.row).row
	warn := func(format string, arguments ...any) {
		c.doubtful = append(c.doubtful, Reason{Sheet: s.name, Cell: from.reference(), Why: fmt.Sprintf(
			"its cells are merged down to %s, ", to.reference()) + fmt.Sprintf(format, arguments...)})
	}
	switch isFilled := cell.field != nil || cell.words != nil; {
	case isFilled && marked < to.row && s.holdsAny(marked+1, to.row):
		warn("so all up to row %d is in the block of %s and repeated with it; if it is not to be, merge them down to row %d at most, or else write %s in row %d",
			to.row, b.begin.text, marked, b.ending(), to.row)
	case !isFilled && from.row <= b.last && b.last < to.row && s.areLone(b.last+1, to.row):
		warn("and there is nothing but %s in what is left out, so that each record has no more than the rows to %d; to keep all, write %s behind the text of %s",
			b.ending(), b.last, b.ending(), from.reference())
	}
}

// holdsAny says whether there is anything in the rows first to last.
func (s *sheet) holdsAny(first, last int) bool {
	from, _ := slices.BinarySearchFunc(s.rows, first, func(r *row, number int) int { return r.number - number })
	return isHeld(s.rows[from:], last)
}

// areLone says whether the rows first to last have nothing but markers of blocks.
func (s *sheet) areLone(first, last int) bool {
	for number := first; number <= last; number++ {
		if !slices.Contains(s.lone, number) {
			return false
		}
	}
	return true
}
