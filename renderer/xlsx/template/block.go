package template

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// block is rows of the template that are there as often as its marker says.
type block struct {
	// kind is Rows, If or Unless, or empty for a row that is always left out.
	kind Kind
	// name is that of the query or field; id is the field's number.
	name, on string
	id       int
	// first and last are its rows in the template. Rows that have nothing but markers of
	// blocks are not among them.
	first, last int
	// kept blocks are there once, empty, if there is nothing to fill them with; see looker.keep.
	kept  bool
	outer *block
	// depth counts the blocks around it, with itself.
	depth int
	body  []node
	// inner are the blocks directly in it.
	inner      []*block
	begin, end bound
}

const maxDepth = 8

// buildBlocks finds where the sheet's blocks begin and end, and puts its rows into them. Where the
// markers of some cannot be read, those of others may only seem to be wrong, and it does neither.
func (c *compiler) buildBlocks(s *sheet) {
	if s.boundsUnknown {
		return
	}
	root := &block{first: 1, last: reference.MaxRow}
	s.findLone()
	if !c.findBlocks(s, root) {
		return
	}
	for _, b := range root.inner {
		c.warnOfMerged(s, b)
	}
	root.addLone(s.lone)
	s.body = root.nodes(s.rows)
}

// findBlocks finds the blocks in root, and says whether they are right. It goes on behind a
// mistake as if what was likely meant were there.
func (c *compiler) findBlocks(s *sheet, root *block) bool {
	open, right := root, true
	mistake := func(b *bound, err error) {
		right = false
		c.mistake(&PlaceError{Sheet: s.name, Cell: b.reference(), Err: fmt.Errorf("marker %s: %w", b.text, err)})
	}
	for _, r := range s.rows {
		for _, b := range r.bounds {
			var err error
			if b.marker.kind != End {
				s.blocks++
				open, err = c.beginBlock(s, open, b, r)
			} else {
				open, err = s.endBlock(open, b, r)
			}
			if err != nil {
				mistake(&b, err)
			}
			if open.depth > maxDepth {
				return false
			}
		}
		for n := r.number; n <= r.loneUntil; n++ {
			s.lone = append(s.lone, n)
		}
	}
	for ; open != root; open = open.outer {
		mistake(&open.begin, fmt.Errorf("its block has no end; write %s in its last row", open.ending()))
	}
	return right
}

func (b *bound) reference() string { return columnLetters(b.cell.column) + strconv.Itoa(b.row) }

// blank says that nothing is in the row but markers of blocks.
func (r *row) blank() bool {
	return !slices.ContainsFunc(r.bounds, func(b bound) bool { return b.named }) &&
		!slices.ContainsFunc(r.cells, func(c *cell) bool { return c.holds })
}

func (c *compiler) beginBlock(s *sheet, outer *block, b bound, r *row) (*block, error) {
	m := b.marker
	begun := &block{kind: m.kind, name: m.name, on: m.on, outer: outer, depth: outer.depth + 1, first: r.number, begin: b}
	begun.id = c.name(m.name)
	if m.on != "" {
		c.name(m.on)
	}
	if r.loneUntil > 0 {
		begun.first = r.loneUntil + 1
	}
	if n := len(outer.inner); n > 0 && outer.inner[n-1].last >= begun.first {
		return begun, fmt.Errorf("a block ends in row %d already; a block has whole rows of its own", r.number)
	}
	if m.on != "" && outer.kind == "" && !s.repeated() {
		return begun, errors.New(`"on" names a column of the block around it, and there is none`)
	}
	if begun.depth > maxDepth {
		return begun, fmt.Errorf("blocks are nested more than %d deep", maxDepth)
	}
	return begun, nil
}

// endBlock ends the block in hand and gives the one around it. If another one is named, that one
// ends where it is around; else the name is a slip.
func (s *sheet) endBlock(open *block, b bound, r *row) (*block, error) {
	if open.kind == "" {
		return open, errors.New("it ends a block that does not begin")
	}
	if b.marker.endsBlock(open) {
		return s.closeBlock(open, b, r)
	}
	err := fmt.Errorf("the block in hand is %s and ends with %s", open.begin.text, open.ending())
	for around := open; around != nil; around = around.outer {
		if b.marker.endsBlock(around) {
			return around.outer, err
		}
	}
	return open.outer, err
}

func (m *marker) endsBlock(b *block) bool {
	return m.ends == b.kind && (m.ends != Rows || m.name == b.name)
}

func (s *sheet) closeBlock(open *block, b bound, r *row) (*block, error) {
	open.end, open.last = b, r.number-1
	if s.lastRow(open.first, r.number-1, nil) >= r.number {
		r.loneUntil = 0 // merged cells of the block reach into it
	}
	if r.loneUntil == 0 {
		open.last = s.lastRow(open.first, r.number, b.cell)
	}
	for _, inner := range open.inner {
		open.last = max(open.last, inner.last)
	}
	if open.last < open.first {
		return open.outer, fmt.Errorf("nothing is between %s and its end", open.begin.text)
	}
	open.outer.inner = append(open.outer.inner, open)
	return open.outer, nil
}

// ending is how the block's end is written.
func (b *block) ending() string {
	switch b.kind {
	case If:
		return "{{/?}}"
	case Unless:
		return "{{/^}}"
	}
	return "{{/" + b.name + "}}"
}

// addLone adds rows that are left out as blocks that never are.
func (b *block) addLone(rows []int) {
	for _, n := range rows {
		into := b
		for inner := into.around(n); inner != nil; inner = into.around(n) {
			into = inner
		}
		into.inner = append(into.inner, &block{outer: into, first: n, last: n})
	}
	b.sort()
}

func (b *block) sort() {
	slices.SortFunc(b.inner, func(x, y *block) int { return x.first - y.first })
	for _, inner := range b.inner {
		inner.sort()
	}
}

// around is the block directly in b that has a row; nil for none.
func (b *block) around(row int) *block {
	for _, inner := range b.inner {
		if inner.kind != "" && inner.first <= row && row <= inner.last {
			return inner
		}
	}
	return nil
}

// nodes puts the block's rows and blocks into their order.
func (b *block) nodes(rows []*row) []node {
	var body []node
	at := 0
	for _, inner := range b.inner {
		for at < len(rows) && rows[at].number < inner.first {
			body = append(body, node{row: rows[at]})
			at++
		}
		from := at
		for at < len(rows) && rows[at].number <= inner.last {
			at++
		}
		if inner.kind != "" {
			inner.body = inner.nodes(rows[from:at])
		}
		body = append(body, node{block: inner})
	}
	for ; at < len(rows); at++ {
		body = append(body, node{row: rows[at]})
	}
	return body
}

// queries are the queries around a row, the outermost first.
func queries(body []node, row int) []string {
	for _, n := range body {
		b := n.block
		if b == nil || row < b.first || row > b.last || b.kind == "" {
			continue
		}
		inner := queries(b.body, row)
		if b.kind == Rows {
			return append([]string{b.name}, inner...)
		}
		return inner
	}
	return nil
}
