package reference

import "slices"

// gone is what a reference becomes when nothing is left of what it names.
const gone = "#REF!"

// append appends the reference as it is to be at this place.
func (p Place) append(dst []byte, text string, r *ref) []byte {
	grids, known := p.grids(r)
	switch {
	case !known:
		return append(dst, text[r.start:r.end]...)
	case len(grids) == 1, r.until != "" && p.isOne(r, grids):
		return p.appendOne(dst, text, r, grids)
	}
	if r.use.listsSheets() {
		if each, ok := p.appendEach(dst, text, r, grids); ok {
			return each
		}
	}
	if r.until == "" && r.use.takesSheets() && p.isOne(r, grids) {
		return p.appendOne(dst, text, r, grids)
	}
	return append(dst, gone...)
}

// isOne says whether one reference can name all of some pages: the rows are the same ones.
func (p Place) isOne(r *ref, grids []*Grid) bool {
	if len(grids) == 0 {
		return false
	}
	spans := p.spans(nil, grids[0], r)
	return !slices.ContainsFunc(grids[1:], func(g *Grid) bool { return !slices.Equal(spans, p.spans(nil, g, r)) })
}

// appendEach appends a reference to each page, with commas between them; ok is false if
// nothing is left of it, or it is more than Excel takes.
func (p Place) appendEach(dst []byte, text string, r *ref, grids []*Grid) (to []byte, ok bool) {
	begin, arguments := len(dst), 0
	for i, g := range grids {
		n := len(p.spans(nil, g, r))
		if n == 0 {
			continue // nothing is left of it there
		}
		if arguments > 0 {
			dst = append(dst, ',')
		}
		arguments += n
		dst = p.appendOne(dst, text, r, grids[i:i+1])
	}
	return dst, arguments > 0 && arguments <= r.maxArguments() && len(dst)-begin <= maxList
}

// appendOne appends one reference to all of some pages, on which it names the same rows.
func (p Place) appendOne(dst []byte, text string, r *ref, grids []*Grid) []byte {
	prefix := func(dst []byte) []byte { return appendPrefix(dst, text[r.start:r.body], r, grids) }
	if !r.hasRows() {
		return append(prefix(dst), text[r.body:r.end]...)
	}
	var some [4]Span
	spans := p.spans(some[:0], grids[0], r)
	switch {
	case len(spans) > 1:
		return appendList(dst, prefix, r, spans)
	case len(spans) == 0:
		return append(prefix(dst), gone...)
	}
	a := r.area.within(spans[0])
	if dst = prefix(dst); a == r.area {
		return append(dst, text[r.body:r.end]...)
	}
	return a.append(dst)
}

// grids gives the pages that a reference names at this place; known is false
// if it names no sheet of the template.
func (p Place) grids(r *ref) (grids []*Grid, known bool) {
	if r.sheet == "" {
		return []*Grid{p.grid}, p.grid != nil
	}
	first := p.moves.find(r.sheet)
	last := first
	if r.until != "" {
		last = p.moves.find(r.until)
	}
	if first < 0 || last < 0 {
		return nil, false
	}
	if r.until == "" && p.grid != nil && p.grid.sheet == first {
		return []*Grid{p.grid}, true
	}
	for _, s := range p.moves.sheets[min(first, last) : max(first, last)+1] {
		grids = append(grids, s.grids...)
	}
	if r.until == "" && r.use == asValue && len(grids) > 1 {
		grids = grids[:1]
	}
	return grids, true
}

// spans gives the new rows that a reference names on a page: none if they are
// gone, several if the use of the reference can do with a list. One without rows
// names all there are.
func (p Place) spans(dst []Span, g *Grid, r *ref) []Span {
	if !r.hasRows() {
		return append(dst, Span{1, MaxRow})
	}
	rows, ok := p.rows(g, r)
	if !ok {
		return dst
	}
	if r.use.takesList() {
		dst = g.rows.spansWithin(dst, rows, r.area.from.row, r.area.to.row)
	}
	if len(dst) < 2 {
		return append(dst[:0], rows)
	}
	return dst
}

// rows gives the new rows that a reference names on a page.
func (p Place) rows(g *Grid, r *ref) (Span, bool) {
	from, to := p.home(g, r.area.from), p.home(g, r.area.to)
	if from == to && !p.isAbove(g, r.area.from, r.area.to) && !p.isAbove(g, r.area.to, r.area.from) {
		first, last, ok := from.cover(r.area.from.row, r.area.to.row)
		if r.area.single && r.use == asValue {
			last = first
		}
		return Span{first, last}, ok
	}
	first, ok := p.first(g, from, r.area)
	if !ok {
		return Span{}, false
	}
	last, ok := p.last(g, to, r.area)
	return Span{min(first, last), max(first, last)}, ok
}

// home is the copy whose rows a corner means: the innermost one around this
// place that has its row, or, with $, around the block that this place is in.
func (p Place) home(g *Grid, c corner) *region {
	if g != p.grid {
		return g.rows
	}
	home := p.copy
	if c.fixedRow && home.parent != nil {
		home = home.parent
	}
	for home.parent != nil && !home.holds(c.row) {
		home = home.parent
	}
	return home
}

// isAbove says whether a corner means the row above this one, whatever it is:
// this is a later copy of one row, the corner is the row above the block, and
// the range does not lie above the block as a whole.
func (p Place) isAbove(g *Grid, c, other corner) bool {
	r := p.copy
	return g == p.grid && r.parent != nil && r.copy > 0 && r.first == r.last &&
		!c.fixedRow && c.row == r.first-1 && r.parent.ownRow(c.row) &&
		(other.fixedRow || other.row >= c.row)
}

// ownRow says whether a row belongs to the region itself rather than to a block in it.
func (r *region) ownRow(row int) bool {
	for i := range r.blocks {
		if r.blocks[i].first <= row && row <= r.blocks[i].last {
			return false
		}
	}
	return r.holds(row)
}

// first gives the new row where a range begins whose corners lie in different
// regions, or above.
func (p Place) first(g *Grid, home *region, a area) (int, bool) {
	if p.isAbove(g, a.from, a.to) {
		return p.copy.start - 1, true
	}
	for ; home != nil; home = home.parent {
		if row, ok := home.from(a.from.row, a.to.row); ok {
			return row, true
		}
	}
	return 0, false
}

// last is first for where it ends.
func (p Place) last(g *Grid, home *region, a area) (int, bool) {
	if p.isAbove(g, a.to, a.from) {
		return p.copy.start - 1, true
	}
	for ; home != nil; home = home.parent {
		if row, ok := home.to(a.from.row, a.to.row); ok {
			return row, true
		}
	}
	return 0, false
}
