package archive

import (
	"encoding/binary"
	"math/bits"
)

const (
	// minCopy bytes are the fewest that take less room as a copy.
	minCopy = 4
	// maxCopy and minLength are deflate's limits.
	maxCopy   = 258
	minLength = 3
)

// What finds copies gets and returns up to which byte all is settled, as a copy or as
// bytes that no copy was found for.

// row looks behind a row's number.
func (d *deflater) row(at, number int) int {
	last := &atLeast(&d.columns, 0)[0]
	at = d.try(at, number, last.opened)
	last.opened = d.place(number)
	return at
}

// cell looks at the places where a cell may be like an earlier one.
func (d *deflater) cell(at int, m *mark) int {
	attributes, value, end := int(m.attributes), int(m.value), int(m.end)
	last := &atLeast(&d.columns, int(m.column))[m.column]
	at = d.open(at, m, last.opened, last.before)
	last.opened, last.before = d.place(attributes), last.opened
	if m.text {
		at = d.search(max(at, value), end)
	}
	closed := &last.closed
	if m.text {
		closed = &last.closedText
	}
	at = d.try(at, end, *closed)
	*closed = d.place(end)
	return at
}

// open looks for what a cell begins with: the cell above or the one before that, or where
// its column had the same value, or the last cell that was opened alike.
func (d *deflater) open(at int, m *mark, above, before uint32) int {
	attributes, value, end := int(m.attributes), int(m.value), int(m.end)
	same := d.exchangeValue(value, end, m.column)
	alike := &atLeast(&d.openings, int(m.opening))[m.opening]
	opened := *alike
	*alike = d.place(attributes)
	if at > attributes {
		return at
	}
	best := d.match(attributes, above)
	if best.end < value { // it is of another style, as in the next row that is filled
		best = best.or(d.match(attributes, before))
	}
	if best.end < end {
		best = best.or(d.match(attributes, same-(m.value-m.attributes)))
	}
	if best.end < end {
		best = best.or(d.match(attributes, opened))
		if best.end < end && d.match(value, same).end >= end { // it was opened otherwise
			best.end = min(best.end, value)
			at = d.copy(at, best)
			best = d.match(value, same)
		}
	}
	return d.copy(at, best)
}

// atLeast makes a list long enough to have element i.
func atLeast[T any](list *[]T, i int) []T {
	if missing := i + 1 - len(*list); missing > 0 {
		*list = append(*list, make([]T, missing)...)
	}
	return *list
}

// place is where a byte in hand is in the stream.
func (d *deflater) place(at int) uint32 { return d.base + uint32(at) } //nolint:gosec // it wraps

// exchangeValue notes a column's value, and returns where the column may have had it.
func (d *deflater) exchangeValue(value, end int, column uint16) (place uint32) {
	var key uint64
	if n := end - value; value+8 > len(d.xml) {
		return 0
	} else if key = binary.LittleEndian.Uint64(d.xml[value:]); n < 8 {
		key &= 1<<(8*n) - 1
	} else {
		key += binary.LittleEndian.Uint64(d.xml[end-8:]) * tableFactor
	}
	slot := &d.values[(key+uint64(column)<<48)*tableFactor>>(64-tableBits)]
	place, *slot = *slot, d.place(value)
	return place
}

// tableFactor spreads keys over a table: 2^64 divided by the golden ratio.
const tableFactor = 0x9E3779B97F4A7C15

// search looks for four bytes that were there before, at each byte of a text.
func (d *deflater) search(at, end int) int {
	settled := at
	for ; at+minCopy <= end; at++ {
		word := binary.LittleEndian.Uint32(d.xml[at:])
		slot := &d.words[uint64(word)*tableFactor>>(64-tableBits)]
		if at >= settled {
			settled = d.try(at, at, *slot)
		}
		*slot = d.place(at) // also where it is copied: the next copy is then from nearby
	}
	return max(settled, at)
}

// try copies what is at an earlier place to one that is not settled yet, if it is worth it.
func (d *deflater) try(at, to int, place uint32) int {
	if at > to {
		return at
	}
	return d.copy(at, d.match(to, place))
}

// match is a piece that is the same as an earlier one.
type match struct{ start, end, distance int }

// or returns the match that is longer, or nearer.
func (m match) or(other match) match {
	n, k := m.end-m.start, other.end-other.start
	if k > n || k == n && other.distance < m.distance {
		return other
	}
	return m
}

// match compares what is there with what is at an earlier place, and then backwards as
// far as no copy has been found.
func (d *deflater) match(at int, place uint32) match {
	distance := d.place(at) - place
	if distance == 0 || distance > windowBytes || distance > uint32(at) { //nolint:gosec // not negative
		return match{}
	}
	m := match{start: at, end: at + d.same(at, at-int(distance)), distance: int(distance)}
	if m.end == at {
		return match{}
	}
	for m.start > d.literals && m.start > m.distance && d.xml[m.start-1] == d.xml[m.start-1-m.distance] {
		m.start--
	}
	return m
}

// same returns how many bytes are the same at two places.
func (d *deflater) same(at, from int) (n int) {
	b := d.xml
	for at+n+8 <= len(b) {
		if differ := binary.LittleEndian.Uint64(b[from+n:]) ^ binary.LittleEndian.Uint64(b[at+n:]); differ != 0 {
			return n + bits.TrailingZeros64(differ)/8
		}
		n += 8
	}
	for at+n < len(b) && b[from+n] == b[at+n] {
		n++
	}
	return n
}

// copy adds a copy, if it is worth it.
func (d *deflater) copy(at int, m match) int {
	n := m.end - m.start
	if n < minCopy {
		return at
	}
	c := earlier{literals: uint32(m.start - d.literals), distance: uint16(m.distance - 1)} //nolint:gosec // within the XML in hand, and the window
	for ; n > 0; n -= int(c.length) {
		c.length = uint16(min(n, maxCopy)) //nolint:gosec // maxCopy
		if left := n - maxCopy; left > 0 && left < minLength {
			c.length -= minLength
		}
		d.copies = append(d.copies, c)
		c.literals = 0
	}
	d.literals = m.end
	return m.end
}
