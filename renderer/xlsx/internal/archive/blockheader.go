package archive

// codeLength is one entry of a block's header: a length, or how often one is repeated.
type codeLength struct{ symbol, extra uint8 }

// The symbols of a header beyond the lengths.
const (
	repeatLength   = 16 // the last length, 3 to 6 times
	repeatZero     = 17 // 3 to 10 times
	repeatZeroLong = 18 // 11 to 138 times
)

// headerOrder is the order in which a header has the lengths of its own codes, those
// that are often missing last.
var headerOrder = [codeLengthCount]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// appendHeader begins a block with its codes.
func (c *blockCodes) appendHeader(to []byte, b *bitBuffer) []byte {
	symbols := c.symbols.listed(firstLength)
	distances := c.distances.listed(1)
	c.header = c.header[:0]
	c.lengths.reset(codeLengthCount)
	c.addLengths(symbols)
	c.addLengths(distances)
	c.lengths.build(maxLengthsCode)
	own := codeLengthCount
	for own > 4 && c.lengths.codes[headerOrder[own-1]].length == 0 {
		own--
	}
	const dynamic = 2 << 1
	to = b.put(to, dynamic, 3)
	to = b.put(to, uint64(len(symbols)-firstLength), 5)
	to = b.put(to, uint64(len(distances)-1), 5)
	to = b.put(to, uint64(own-4), 4) //nolint:gosec // 4 at least
	for _, symbol := range headerOrder[:own] {
		to = b.put(to, uint64(c.lengths.codes[symbol].length), 3)
	}
	for _, l := range c.header {
		code := c.lengths.codes[l.symbol]
		to = b.put(to, uint64(code.bits), uint(code.length))
		to = b.put(to, uint64(l.extra), repeatBits(l.symbol))
	}
	return to
}

func repeatBits(symbol uint8) uint {
	switch symbol {
	case repeatLength:
		return 2
	case repeatZero:
		return 3
	case repeatZeroLong:
		return 7
	}
	return 0
}

// listed returns the codes up to the last one that is used, and at least so many.
func (h *huffman) listed(least int) []code {
	n := h.size
	for n > least && h.codes[n-1].length == 0 {
		n--
	}
	return h.codes[:n]
}

// addLengths adds the lengths of codes to the header.
func (c *blockCodes) addLengths(codes []code) {
	for i := 0; i < len(codes); {
		length, run := codes[i].length, 1
		for i+run < len(codes) && codes[i+run].length == length {
			run++
		}
		i += run
		if length != 0 {
			c.addLength(length, 0)
			run--
		}
		c.addRun(length, run)
	}
}

// addRun adds a length as often; unless it is zero, it was the last one added.
func (c *blockCodes) addRun(length uint8, run int) {
	for run > 0 {
		n := 1
		switch {
		case run < 3:
			c.addLength(length, 0)
		case length != 0:
			n = min(run, 6)
			c.addLength(repeatLength, n-3)
		case run <= 10:
			n = run
			c.addLength(repeatZero, n-3)
		default:
			n = min(run, 138)
			c.addLength(repeatZeroLong, n-11)
		}
		run -= n
	}
}

func (c *blockCodes) addLength(symbol uint8, extra int) {
	c.header = append(c.header, codeLength{symbol, uint8(extra)}) //nolint:gosec // 127 at most
	c.lengths.counts[symbol]++
}
