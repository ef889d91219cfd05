package verify

import (
	"slices"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// formPage is a sheet of a workbook, by the database.
type formPage struct {
	drawn *formSheet
	name  string
	root  *formCopy
	// heads are the first cells of merged ones that grow with blocks, by row and column.
	heads map[[2]int]bool
}

// formCopy is a block as it lies on a page for one row of its query; the root is all rows.
type formCopy struct {
	block *formBlock
	outer *formCopy
	at    *formFrame
	// number counts the copies of the block, from 0.
	number int
	// start and end are its rows on the page; of a copy without rows, end is before start.
	start, end int
	stretches  []stretch
}

// stretch is rows of a form that follow each other in a copy: rows that are there once, or
// a block with its copies.
type stretch struct {
	first, last int // rows of the form
	start, end  int // rows of the page
	block       *formBlock
	copies      []*formCopy
}

// rowSpan is rows of a page.
type rowSpan struct{ first, last int }

// layOut finds where the rows of a form's sheet lie on a page of it.
func (d *formData) layOut(s *formSheet, name string, at *formFrame) *formPage {
	all := *s.root
	all.last = sheetRows // what formulas name may lie below everything
	p := &formPage{drawn: s, name: name, root: d.copyOf(&all, nil, at, 0, 1), heads: map[[2]int]bool{}}
	for _, m := range s.across {
		for _, rows := range p.root.copiesOf(m.top, m.bottom) {
			p.heads[[2]int{rows.first, m.left}] = true
		}
	}
	return p
}

func (d *formData) copyOf(b *formBlock, outer *formCopy, at *formFrame, number, start int) *formCopy {
	c := &formCopy{block: b, outer: outer, at: at, number: number, start: start, end: start - 1}
	next := b.first
	for _, inner := range b.inner {
		c.add(stretch{first: next, last: inner.first - 1})
		s := stretch{first: inner.first, last: inner.last, start: c.end + 1, block: inner}
		for i, frame := range d.frames(inner, at) {
			made := d.copyOf(inner, c, frame, i, c.end+1)
			s.copies = append(s.copies, made)
			c.end = made.end
		}
		s.end = c.end
		c.stretches = append(c.stretches, s)
		next = inner.last + 1
	}
	c.add(stretch{first: next, last: b.last})
	return c
}

// add adds rows that are there once.
func (c *formCopy) add(s stretch) {
	if s.first <= s.last {
		s.start, s.end = c.end+1, c.end+1+s.last-s.first
		c.end = s.end
		c.stretches = append(c.stretches, s)
	}
}

// spans adds the rows of the page that come from the form's rows first to last.
func (c *formCopy) spans(into []rowSpan, first, last int) []rowSpan {
	for _, s := range c.stretches {
		from, to := max(first, s.first), min(last, s.last)
		switch {
		case from > to:
		case s.block == nil:
			into = joined(into, rowSpan{s.start + from - s.first, s.start + to - s.first})
		case from == s.first && to == s.last:
			into = joined(into, rowSpan{s.start, s.end})
		default:
			for _, inner := range s.copies {
				into = inner.spans(into, first, last)
			}
		}
	}
	if n := len(into); n > 0 && (last == sheetRows || into[n-1].last > sheetRows) {
		into[n-1].last = sheetRows // to the end of the sheet
	}
	return into
}

func joined(into []rowSpan, s rowSpan) []rowSpan {
	switch n := len(into); {
	case s.first > s.last:
		return into
	case n > 0 && into[n-1].last+1 == s.first:
		into[n-1].last = s.last
		return into
	}
	return append(into, s)
}

// cover gives the first to the last of these rows; ok is false where all are gone.
func (c *formCopy) cover(first, last int) (all rowSpan, ok bool) {
	spans := c.spans(nil, first, last)
	if len(spans) == 0 {
		return rowSpan{}, false
	}
	return rowSpan{spans[0].first, spans[len(spans)-1].last}, true
}

// copiesOf gives the rows first to last of each copy of the innermost block that has them all.
func (c *formCopy) copiesOf(first, last int) []rowSpan {
	for _, s := range c.stretches {
		if s.block == nil || first < s.first || s.last < last {
			continue
		}
		var all []rowSpan
		for _, inner := range s.copies {
			all = append(all, inner.copiesOf(first, last)...)
		}
		return all
	}
	if all, ok := c.cover(first, last); ok {
		return []rowSpan{all}
	}
	return nil
}

// crosses says whether a block within has some of the rows first to last and rows beyond
// them, or they have rows beyond the block.
func (b *formBlock) crosses(first, last int) bool {
	for _, inner := range b.inner {
		switch {
		case inner.none || last < inner.first || inner.last < first:
		case first < inner.first || inner.last < last:
			return true
		default:
			return inner.crosses(first, last)
		}
	}
	return false
}

// merges are the ranges that cells of the page are merged to.
func (p *formPage) merges() []string {
	var all []string
	for _, m := range p.drawn.merged {
		for _, rows := range p.root.copiesOf(m.top, m.bottom) {
			if rows.first < rows.last || m.left < m.right {
				all = append(all, cells.Cell{Row: rows.first, Col: m.left}.Ref()+":"+cells.Cell{Row: rows.last, Col: m.right}.Ref())
			}
		}
	}
	return all
}

// covers says whether a cell of the form, in that row of the page, lies under merged cells
// that grew with a block: it holds nothing there.
func (p *formPage) covers(drawn cells.Cell, row int) bool {
	if p.heads[[2]int{row, drawn.Col}] {
		return false
	}
	return slices.ContainsFunc(p.drawn.across, func(m area) bool { return m.holds(drawn.Row, drawn.Col) })
}
