package template

import (
	"slices"
	"strconv"
	"strings"
)

// Merged cells that an edge of a block crosses, such as a heading beside a list, grow with the
// block. The rows below them are copies of those that the merged cells begin in: a
// number there would count in sums although nobody sees it.

// findAcross finds these merged cells and all cells under them.
func (s *sheet) findAcross() {
	for from, to := range s.merged {
		if !isCrossed(s.body, from.row, to.row) {
			continue
		}
		s.across = append(s.across, from.reference()+":"+to.reference())
		first, _ := slices.BinarySearchFunc(s.rows, from.row, func(r *row, number int) int { return r.number - number })
		for _, r := range s.rows[first:] {
			if r.number > to.row {
				break
			}
			r.coverCells(from.column, to.column)
		}
	}
}

// coverCells notes that merged cells cover those of the columns first to last somewhere.
func (r *row) coverCells(first, last int) {
	at, _ := slices.BinarySearchFunc(r.cells, first, func(c *cell, column int) int { return c.column - column })
	for _, c := range r.cells[at:] {
		if c.column > last {
			return
		}
		c.under = c.emptied()
	}
}

// isCrossed says whether a block, at any depth, has some of the rows first to last and rows
// beyond them.
func isCrossed(body []node, first, last int) bool {
	return slices.ContainsFunc(body, func(n node) bool {
		b := n.block
		switch {
		case b == nil || b.kind == "" || last < b.first || b.last < first:
			return false
		case first < b.first || b.last < last:
			return true
		}
		return isCrossed(b.body, first, last)
	})
}

func (p cellPlace) reference() string { return columnLetters(p.column) + strconv.Itoa(p.row) }

// emptied is the cell with nothing but its style.
func (c *cell) emptied() *cell {
	e := &cell{column: c.column, style: c.style, before: c.opened()}
	e.after = e.styled()
	return e
}

// findHeads finds where merged cells that grow with blocks begin on the page.
func (p *page) findHeads() {
	for _, ref := range p.sheet.across {
		for _, grown := range p.grid.Ranges(ref) {
			from, _, _ := strings.Cut(grown, ":")
			if p.heads == nil {
				p.heads = make(map[cellPlace]bool)
			}
			p.heads[cellPlace{columnOf(from), rowOf(from)}] = true
		}
	}
}

// visible is the cell as it is in that row of the page: without what it holds where merged
// cells cover it.
func (p *page) visible(c *cell, row int) *cell {
	if c.under == nil || p.heads[cellPlace{c.column, row}] {
		return c
	}
	return c.under
}
