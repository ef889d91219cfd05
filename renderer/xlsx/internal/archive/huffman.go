package archive

import (
	"cmp"
	"math/bits"
	"slices"
)

// maxSymbols is more than any of deflate's alphabets has.
const maxSymbols = 288

// code is a symbol's: so many bits, the first one lowest.
type code struct {
	bits   uint16
	length uint8
}

// huffman makes the codes of an alphabet from how often its symbols occur.
type huffman struct {
	counts [maxSymbols]uint32
	codes  [maxSymbols]code
	size   int
	// used are the symbols that occur, the rarest first.
	used []usedSymbol
}

type usedSymbol struct {
	count  uint32
	symbol uint16
}

func (h *huffman) reset(size int) {
	h.size = size
	clear(h.counts[:size])
	clear(h.codes[:size])
}

func (h *huffman) countBytes(b []byte) {
	for _, c := range b {
		h.counts[c]++
	}
}

// build makes codes of at most limit bits. There are always two: readers differ in what
// they think of fewer.
func (h *huffman) build(limit int) {
	h.used = h.used[:0]
	for symbol, count := range h.counts[:h.size] {
		if count > 0 {
			h.used = append(h.used, usedSymbol{count, uint16(symbol)}) //nolint:gosec // below maxSymbols
		}
	}
	for symbol := uint16(0); len(h.used) < 2; symbol++ {
		if h.counts[symbol] == 0 {
			h.used = append(h.used, usedSymbol{0, symbol})
		}
	}
	slices.SortFunc(h.used, func(a, b usedSymbol) int {
		return cmp.Or(cmp.Compare(a.count, b.count), cmp.Compare(a.symbol, b.symbol))
	})
	ofLength := h.lengths(limit)
	// The rarest have the longest codes.
	next := 0
	for length := limit; length > 0; length-- {
		for range ofLength[length] {
			h.codes[h.used[next].symbol].length = uint8(length) //nolint:gosec // at most maxCode
			next++
		}
	}
	h.number(ofLength, limit)
}

// number gives out the codes: shorter ones first, and those of a length in the order of
// their symbols.
func (h *huffman) number(ofLength [maxCode + 1]int, limit int) {
	var next [maxCode + 1]uint16
	for length := 1; length < limit; length++ {
		next[length+1] = (next[length] + uint16(ofLength[length])) << 1 //nolint:gosec // below 1<<limit
	}
	for symbol := range h.codes[:h.size] {
		if c := &h.codes[symbol]; c.length > 0 {
			c.bits = bits.Reverse16(next[c.length]) >> (16 - c.length)
			next[c.length]++
		}
	}
}

// lengths returns how many codes there are of each length: those of the best code, but
// for the ones beyond the limit.
func (h *huffman) lengths(limit int) (ofLength [maxCode + 1]int) {
	depths := h.depths()
	taken := 0 // of 1<<limit codes of the full length
	for _, depth := range depths {
		length := min(int(depth), limit)
		ofLength[length]++
		taken += 1 << (limit - length)
	}
	// What is beyond the limit was shortened to it and takes too much. A shorter code is
	// made longer by one: it and a code of the full length then share its place.
	for ; taken > 1<<limit; taken-- {
		length := limit - 1
		for ofLength[length] == 0 {
			length--
		}
		ofLength[length]--
		ofLength[length+1] += 2
		ofLength[limit]--
	}
	return ofLength
}

// depths returns how deep each used symbol is in the tree, in their order. The two rarest
// nodes are joined until one is left; joined ones come in the order of their counts, so
// that the rarest is the first of either.
func (h *huffman) depths() []uint8 {
	var tree [2 * maxSymbols]struct {
		count  uint32
		parent uint16
	}
	var depths [2 * maxSymbols]uint8
	leaves := len(h.used)
	for i, u := range h.used {
		tree[i].count = u.count
	}
	leaf, joined, end := 0, leaves, leaves
	rarest := func() int {
		if leaf < leaves && (joined == end || tree[leaf].count <= tree[joined].count) {
			leaf++
			return leaf - 1
		}
		joined++
		return joined - 1
	}
	for ; end < 2*leaves-1; end++ {
		a := rarest()
		b := rarest()
		tree[end].count = tree[a].count + tree[b].count
		tree[a].parent, tree[b].parent = uint16(end), uint16(end) //nolint:gosec // below 2*maxSymbols
	}
	for i := end - 2; i >= 0; i-- {
		depths[i] = depths[tree[i].parent] + 1
	}
	return depths[:leaves]
}
