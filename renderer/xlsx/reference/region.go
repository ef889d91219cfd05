package reference

import (
	"errors"
	"fmt"
	"sort"
)

// region is old rows that lie together on a page: the whole page, or a copy of
// a block.
type region struct {
	parent      *region // nil: the page
	first, last int     // old rows
	start       int     // the new row of the first one, or of what follows when it is gone
	end         int     // the new row after the last one
	block       int     // the number of the block in the parent that this is a copy of
	copy        int     // the number of the copy
	blocks      []placed
}

// placed is a block with its copies where they lie.
type placed struct {
	first, last int // old rows
	start, end  int // new rows, end excluded
	copies      []region
}

var errBlock = errors.New("block out of place")

// ErrRows is the error of copies that do not fit on a sheet.
var ErrRows = errors.New("too many copies")

// newPage gives the region of a page: as many rows as still lie on the sheet.
func newPage(blocks []Block) (*region, error) {
	r := &region{}
	if err := r.place(1, MaxRow, 1, blocks); err != nil {
		return nil, err
	}
	r.last -= r.end - 1 - MaxRow
	if n := len(blocks); n > 0 && r.last < blocks[n-1].Last {
		return nil, fmt.Errorf("%w: %d rows more than a sheet holds", ErrRows, blocks[n-1].Last-r.last)
	}
	r.end = MaxRow + 1
	return r, nil
}

func (r *region) place(first, last, start int, blocks []Block) error {
	r.first, r.last, r.start = first, last, start
	r.blocks = make([]placed, len(blocks))
	old, at := first, start
	for i, b := range blocks {
		if b.First < old || b.Last < b.First || b.Last > last {
			return fmt.Errorf("%w: rows %d to %d within %d to %d", errBlock, b.First, b.Last, old, last)
		}
		at += b.First - old
		p := &r.blocks[i]
		*p = placed{first: b.First, last: b.Last, start: at, copies: make([]region, len(b.Copies))}
		for k, c := range b.Copies {
			p.copies[k] = region{parent: r, block: i, copy: k}
			if err := p.copies[k].place(b.First, b.Last, at, c.Blocks); err != nil {
				return err
			}
			at = p.copies[k].end
		}
		p.end = at
		old = b.Last + 1
	}
	r.end = at + last + 1 - old
	return nil
}

// clamp keeps rows within the region. A range to the end of the sheet stays one.
func (r *region) clamp(a, b int) (int, int) {
	if b == MaxRow && r.parent == nil {
		return max(a, r.first), r.last
	}
	return max(a, r.first), min(b, r.last)
}

// from gives the new row of the first of the old rows a to b.
func (r *region) from(a, b int) (row int, ok bool) {
	a, b = r.clamp(a, b)
	old, at := r.first, r.start // an old row behind a block, and where it lies
	for i := range r.blocks {
		p := &r.blocks[i]
		if a > b || a < p.first {
			break
		}
		if a <= p.last {
			for k := range p.copies {
				if row, ok := p.copies[k].from(a, b); ok {
					return row, true
				}
			}
			a = p.last + 1
		}
		old, at = p.last+1, p.end
	}
	return at + a - old, a <= b
}

// to gives the new row of the last of the old rows a to b.
func (r *region) to(a, b int) (row int, ok bool) {
	a, b = r.clamp(a, b)
	old, at := r.last+1, r.end // an old row before which all is known, and where it lies
	for i := len(r.blocks) - 1; i >= 0; i-- {
		p := &r.blocks[i]
		if a > b || b > p.last {
			break
		}
		if b >= p.first {
			for k := len(p.copies) - 1; k >= 0; k-- {
				if row, ok := p.copies[k].to(a, b); ok {
					return row, true
				}
			}
			b = p.first - 1
		}
		old, at = p.first, p.start
	}
	return at - (old - b), a <= b
}

func (r *region) cover(a, b int) (from, to int, ok bool) {
	from, ok = r.from(a, b)
	if !ok {
		return 0, 0, false
	}
	to, ok = r.to(a, b)
	return from, to, ok
}

func (r *region) holds(row int) bool { return r.first <= row && row <= r.last }

// spans appends the new rows that come from the old rows a to b.
func (r *region) spans(dst []Span, a, b int) []Span {
	return r.spansWithin(dst, Span{1, MaxRow}, a, b, MaxRow)
}

// spansWithin is spans of what lies in the rows given. It looks for no more when there are more
// than most: where these are too many, it does not matter how many.
func (r *region) spansWithin(dst []Span, rows Span, a, b, most int) []Span {
	a, b = r.clamp(a, b)
	keep := func(first, last int) { dst = join(dst, max(first, rows.First), min(last, rows.Last)) }
	old, at := r.first, r.start
	for i := range r.blocks {
		p := &r.blocks[i]
		keep(at+max(a, old)-old, at+min(b, p.first-1)-old)
		if a <= p.first && p.last <= b {
			keep(p.start, p.end-1)
		} else if a <= p.last && p.first <= b {
			dst = p.spansWithin(dst, rows, a, b, most)
		}
		old, at = p.last+1, p.end
	}
	keep(at+max(a, old)-old, at+b-old)
	return dst
}

// spansWithin is that of the copies which have any of the rows given.
func (p *placed) spansWithin(dst []Span, rows Span, a, b, most int) []Span {
	from := sort.Search(len(p.copies), func(k int) bool { return p.copies[k].end > rows.First })
	for k := from; k < len(p.copies) && p.copies[k].start <= rows.Last && len(dst) <= most; k++ {
		dst = p.copies[k].spansWithin(dst, rows, a, b, most)
	}
	return dst
}

// join appends rows first to last, or nothing if there are none.
func join(dst []Span, first, last int) []Span {
	switch n := len(dst); {
	case first > last:
		return dst
	case n > 0 && dst[n-1].Last+1 == first:
		dst[n-1].Last = last
		return dst
	}
	return append(dst, Span{first, last})
}

func (r *region) copiesOf(dst []Span, a, b int) []Span {
	for i := range r.blocks {
		p := &r.blocks[i]
		if p.first <= a && b <= p.last {
			for k := range p.copies {
				dst = p.copies[k].copiesOf(dst, a, b)
			}
			return dst
		}
	}
	if from, to, ok := r.cover(a, b); ok {
		dst = append(dst, Span{from, to})
	}
	return dst
}

// at gives the innermost copy that the new row lies in.
func (r *region) at(row int) *region {
	i := sort.Search(len(r.blocks), func(i int) bool { return r.blocks[i].end > row })
	if i == len(r.blocks) || row < r.blocks[i].start {
		return r
	}
	copies := r.blocks[i].copies
	k := sort.Search(len(copies), func(k int) bool { return copies[k].end > row })
	return copies[k].at(row)
}
