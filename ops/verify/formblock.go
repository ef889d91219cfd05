package verify

import (
	"errors"
	"slices"
)

// formBlock is whole rows of a form that are there as often as its marker says.
type formBlock struct {
	// kind is blockRows, blockIf or blockUnless; 0 for all rows of a sheet, and for a row
	// that is left out.
	kind byte
	// none says that the rows are left out; kept that they are there once, empty, where
	// there is nothing to fill them with: see keep.
	none, kept  bool
	name, on    string
	first, last int
	inner       []*formBlock
}

var errBlocks = errors.New("its blocks do not begin and end as they should")

// readBlocks puts the rows into blocks. Rows with nothing but markers of blocks are in
// none, and never in a workbook; rows with a name are, whatever they hold.
func (r *formReader) readBlocks(bounds map[int][]formMarker, named map[int]bool) error {
	for number := 1; number <= r.sheet.last; number++ {
		lone := 0
		if !named[number] {
			lone = r.loneUntil(number, bounds)
		}
		for _, m := range bounds[number] {
			if m.end && r.reaches(number) {
				lone = 0
			}
			if err := r.bound(m, number, lone); err != nil {
				return err
			}
		}
		for row := number; row <= lone; row++ {
			r.sheet.root.leaveOut(row)
		}
	}
	if len(r.open) != 1 {
		return errBlocks
	}
	r.sheet.root.sort()
	return nil
}

// loneUntil is the last of the rows, from one on, that have nothing but the markers of
// blocks in it and what their cells are merged with; 0 where there is more in them.
func (r *formReader) loneUntil(first int, bounds map[int][]formMarker) int {
	if len(bounds[first]) == 0 {
		return 0
	}
	last := first
	for _, m := range bounds[first] {
		last = max(last, r.merged[[2]int{first, m.col}])
	}
	for row := first; row <= last; row++ {
		if row > first && len(bounds[row]) > 0 || slices.ContainsFunc(r.sheet.rows[row], func(c formCell) bool { return c.holds() }) {
			return 0
		}
	}
	return last
}

// lastRow is where a block ends whose end stands in a row: the cells that its markers are
// merged with belong to it.
func (r *formReader) lastRow(b *formBlock, m formMarker, row int) int {
	last := max(row, r.merged[[2]int{row, m.col}])
	for number := b.first; number <= row; number++ {
		for _, c := range r.sheet.rows[number] {
			if c.pieces != nil && c.holds() {
				last = max(last, r.merged[[2]int{number, c.drawn.Col}])
			}
		}
	}
	return last
}

// reaches says whether cells of the block in hand are merged down to a row: it belongs to
// the block, even if there is nothing but the block's end in it.
func (r *formReader) reaches(row int) bool {
	return r.lastRow(r.open[len(r.open)-1], formMarker{}, row-1) >= row
}

// bound begins or ends a block at a row; lone is [formReader.loneUntil].
func (r *formReader) bound(m formMarker, row, lone int) error {
	top := r.open[len(r.open)-1]
	if !m.end {
		r.form.asked[m.name] = true
		if m.kind == blockRows {
			note(r.form.repeated, r.around(), m.name)
		} else {
			note(r.form.named, r.around(), m.name)
		}
		b := &formBlock{kind: m.kind, name: m.name, on: m.on, first: row}
		if m.on != "" {
			note(r.form.named, append(r.around(), m.name), m.on)
		}
		if lone > 0 {
			b.first = lone + 1
		}
		r.open = append(r.open, b)
		return nil
	}
	if len(r.open) == 1 || top.kind != m.kind {
		return errBlocks
	}
	top.last = row - 1
	if lone == 0 {
		top.last = r.lastRow(top, m, row)
	}
	for _, inner := range top.inner {
		top.last = max(top.last, inner.last)
	}
	r.open = r.open[:len(r.open)-1]
	outer := r.open[len(r.open)-1]
	outer.inner = append(outer.inner, top)
	return nil
}

// around are the queries of the blocks that are open.
func (r *formReader) around() []string {
	var names []string
	if r.sheet.each != nil {
		names = append(names, r.sheet.each.name)
	}
	for _, b := range r.open {
		if b.kind == blockRows {
			names = append(names, b.name)
		}
	}
	return names
}

// leaveOut adds a row that is never there.
func (b *formBlock) leaveOut(row int) {
	b.inner = append(b.inner, &formBlock{none: true, first: row, last: row})
}

// sort brings blocks into the order of their rows, and rows that are left out into the
// blocks that have them.
func (b *formBlock) sort() {
	for i := 0; i < len(b.inner); i++ {
		row := b.inner[i]
		if !row.none {
			continue
		}
		at := slices.IndexFunc(b.inner, func(other *formBlock) bool {
			return !other.none && other.first <= row.first && row.last <= other.last
		})
		if at >= 0 {
			b.inner[at].inner = append(b.inner[at].inner, row)
			b.inner = slices.Delete(b.inner, i, i+1)
			i--
		}
	}
	slices.SortFunc(b.inner, func(x, y *formBlock) int { return x.first - y.first })
	for _, inner := range b.inner {
		inner.sort()
	}
}

// noteFields remembers which names are used in which blocks.
func (r *formReader) noteFields() {
	s := r.sheet
	var outer []string
	if s.each != nil {
		outer = []string{s.each.name}
	}
	for _, p := range s.title {
		if p.field != nil {
			note(r.form.named, outer, p.field.name)
		}
	}
	for number, row := range s.rows {
		blocks := append(slices.Clone(outer), s.root.queries(number)...)
		for _, c := range row {
			for _, p := range c.pieces {
				if p.field != nil {
					note(r.form.named, blocks, p.field.name)
				}
			}
		}
	}
}

// queries are those in whose rows a row of the form stands, the outermost first.
func (b *formBlock) queries(row int) []string {
	var names []string
	if b.kind == blockRows {
		names = []string{b.name}
	}
	for _, inner := range b.inner {
		if inner.first <= row && row <= inner.last {
			names = append(names, inner.queries(row)...)
		}
	}
	return names
}
