package reference

import "slices"

// gone is what a reference becomes when nothing is left of what it names.
const gone = "#REF!"

// append appends the reference as it is to be at this place. It fits unless it has become a list
// that is longer than Excel takes.
func (p Place) append(dst []byte, text string, r *ref) (to []byte, fits bool) {
	if lower, ok := p.lower(r); ok {
		return r.area.appendLower(append(dst, text[r.start:r.body]...), text[r.body:r.end], lower), true
	}
	grids, known := p.grids(r)
	switch {
	case !known:
		return append(dst, text[r.start:r.end]...), true
	case len(grids) == 1, r.until != "" && p.isOne(r, grids):
		return p.appendOne(dst, text, r, grids)
	}
	fits = true
	if r.use.listsSheets() {
		each, n, ok := p.appendEach(dst, text, r, grids)
		if ok && n > 0 {
			return each, true
		}
		fits = ok
	}
	if r.until == "" && r.use.takesSheets() && p.isOne(r, grids) {
		return p.appendOne(dst, text, r, grids)
	}
	return append(dst, gone...), fits
}

// lower says by how many rows the cells that a reference names lie lower, where these are rows of
// the very copy that this place is in, and of no block within it. It is what all of the below comes
// to for most references of a block, which are as many as its cells with formulas in all copies.
func (p Place) lower(r *ref) (rows int, ok bool) {
	c := p.copy
	if r.sheet != "" || c == nil || len(c.blocks) > 0 || !r.hasRows() || r.isOffset || r.area.from.fixedRow || r.area.to.fixedRow {
		return 0, false
	}
	return c.start - c.first, c.holds(r.area.from.row) && c.holds(r.area.to.row)
}

// isOne says whether one reference can name all of some pages: the rows are the same ones.
func (p Place) isOne(r *ref, grids []*Grid) bool {
	if len(grids) == 0 {
		return false
	}
	spans := p.spans(nil, grids[0], r)
	return !slices.ContainsFunc(grids[1:], func(g *Grid) bool { return !slices.Equal(spans, p.spans(nil, g, r)) })
}

// appendEach appends a reference to each page, with commas between them, and says how many ranges
// these are: 0 if nothing is left of it. They do not fit if they are more than Excel takes.
func (p Place) appendEach(dst []byte, text string, r *ref, grids []*Grid) (to []byte, arguments int, fits bool) {
	begin := len(dst)
	for i, g := range grids {
		n := len(p.spans(nil, g, r))
		if n == 0 {
			continue // nothing is left of it there
		}
		if arguments > 0 {
			dst = append(dst, ',')
		}
		arguments += n
		dst, fits = p.appendOne(dst, text, r, grids[i:i+1])
		if !fits || arguments > r.maxArguments() || len(dst)-begin > maxList {
			return dst, arguments, false
		}
	}
	return dst, arguments, true
}

// appendOne appends one reference to all of some pages, on which it names the same rows.
func (p Place) appendOne(dst []byte, text string, r *ref, grids []*Grid) (to []byte, fits bool) {
	prefix := func(dst []byte) []byte { return appendPrefix(dst, text[r.start:r.body], r, grids) }
	if r.isOffset {
		return p.appendOffset(prefix(dst), text, r, grids[0]), true
	}
	if !r.hasRows() {
		return r.appendBody(prefix(dst), text, grids[0]), true
	}
	var some [4]Span
	spans := p.spans(some[:0], grids[0], r)
	switch {
	case len(spans) > 1:
		return appendList(dst, prefix, r, spans)
	case len(spans) == 0:
		return append(prefix(dst), gone...), true
	}
	a := r.area.within(spans[0])
	if dst = prefix(dst); a == r.area {
		return r.appendBody(dst, text, grids[0]), true
	}
	return a.append(dst), true
}

// appendOffset appends rows that are counted from where a name is used; a corner with $ moves.
func (p Place) appendOffset(dst []byte, text string, r *ref, g *Grid) []byte {
	a := r.area
	for _, c := range []*corner{&a.from, &a.to} {
		if !c.fixedRow {
			continue
		}
		row, ok := g.rows.from(c.row, c.row)
		if !ok {
			return append(dst, gone...)
		}
		c.row = row
	}
	if a == r.area {
		return r.appendBody(dst, text, g)
	}
	return a.append(dst)
}

// grids gives the pages that a reference names at this place; known is false
// if it names no sheet of the template.
func (p Place) grids(r *ref) (grids []*Grid, known bool) {
	if r.sheet == "" {
		if p.grid == nil {
			return nil, false
		}
		return p.grid.alone[:], true
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
		return p.grid.alone[:], true
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
// gone, several if the use of the reference can do with a list. One without rows,
// or whose rows are counted from elsewhere, names all there are.
func (p Place) spans(dst []Span, g *Grid, r *ref) []Span {
	if !r.hasRows() || r.isOffset {
		return append(dst, Span{1, MaxRow})
	}
	rows, ok := p.rows(g, r)
	if !ok {
		return dst
	}
	if r.use.takesList() {
		dst = g.rows.spansWithin(dst, rows, r.area.from.row, r.area.to.row, maxSpans)
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
