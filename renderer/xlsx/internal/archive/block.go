package archive

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// blockCodes are the codes of one block, made for it.
type blockCodes struct {
	symbols   huffman // bytes, the block's end, lengths
	distances huffman
	lengths   huffman // of the codes themselves
	header    []codeLength
}

const (
	endOfBlock      = 256
	firstLength     = 257
	lastLength      = 285
	symbolCount     = lastLength + 1
	distanceCount   = 30
	codeLengthCount = 19
	// maxCode and maxLengthsCode are the longest codes.
	maxCode, maxLengthsCode = 15, 7
)

// pack writes the block in hand, up to there.
func (d *deflater) pack(end int) {
	if end == d.block {
		return
	}
	d.count(end)
	d.packed = d.codes.appendHeader(d.packed, &d.bits)
	d.packed = slices.Grow(d.packed, d.roomFor(end))
	d.packCopies(end)
	d.copies = d.copies[:0]
	d.block, d.literals = end, end
}

// count counts what the block's codes are made for.
func (d *deflater) count(end int) {
	c := &d.codes
	c.symbols.reset(symbolCount)
	c.distances.reset(distanceCount)
	at := d.block
	for i := range d.copies {
		e := &d.copies[i]
		c.symbols.countBytes(d.xml[at : at+int(e.literals)])
		at += int(e.literals) + int(e.length)
		c.symbols.counts[lengthCodes[e.length].symbol]++
		symbol, _ := distanceCode(e.distance)
		c.distances.counts[symbol]++
	}
	c.symbols.countBytes(d.xml[at:end])
	c.symbols.counts[endOfBlock]++
	c.symbols.build(maxCode)
	c.distances.build(maxCode)
}

// roomFor returns no less than what the block takes: a byte has two at most, a copy six,
// and what is written at a time is eight.
func (d *deflater) roomFor(end int) int { return 2*(end-d.block) + 6*len(d.copies) + 16 }

// packCopies writes the block's content.
func (d *deflater) packCopies(end int) {
	w := packer{to: d.packed[len(d.packed):cap(d.packed)], bitBuffer: d.bits}
	symbols, at := &d.codes.symbols.codes, d.block
	for i := range d.copies {
		e := &d.copies[i]
		w.bytes(symbols, d.xml[at:at+int(e.literals)])
		at += int(e.literals) + int(e.length)
		length := &lengthCodes[e.length]
		w.add(symbols[length.symbol])
		w.addBits(uint64(length.extra), length.bits)
		symbol, extra := distanceCode(e.distance)
		w.add(d.codes.distances.codes[symbol])
		w.addBits(uint64(e.distance)&(1<<extra-1), extra)
		w.move()
	}
	w.bytes(symbols, d.xml[at:end])
	w.add(symbols[endOfBlock])
	w.move()
	d.packed, d.bits = d.packed[:len(d.packed)+w.n], w.bitBuffer
}

// packer writes codes into a place that has room for all of them.
type packer struct {
	bitBuffer

	to []byte
	n  int
}

func (w *packer) bytes(codes *[maxSymbols]code, b []byte) {
	for len(b) >= 3 { // three codes, and the bits of an unfinished byte, fit 64 bits
		w.add(codes[b[0]])
		w.add(codes[b[1]])
		w.add(codes[b[2]])
		w.move()
		b = b[3:]
	}
	for _, c := range b {
		w.add(codes[c])
	}
	w.move()
}

// move writes the whole bytes that are there.
func (w *packer) move() {
	binary.LittleEndian.PutUint64(w.to[w.n:], w.bits)
	w.n += int(w.count / 8)
	w.bits >>= w.count &^ 7 & 63
	w.count &= 7
}

// bitBuffer holds bits that do not make a byte yet, the first ones lowest.
type bitBuffer struct {
	bits  uint64
	count uint
}

func (b *bitBuffer) add(c code) { b.addBits(uint64(c.bits), uint(c.length)) }

func (b *bitBuffer) addBits(bits uint64, count uint) {
	b.bits |= bits << (b.count & 63)
	b.count += count
}

// put appends bits, and align fills the last byte up.
func (b *bitBuffer) put(to []byte, bits uint64, count uint) []byte {
	b.addBits(bits, count)
	for ; b.count >= 8; b.count -= 8 {
		to = append(to, byte(b.bits))
		b.bits >>= 8
	}
	return to
}

func (b *bitBuffer) align(to []byte) []byte { return b.put(to, 0, -b.count&7) }

// lengthCodes has the symbol of each length of a copy, and the bits that follow it.
var lengthCodes = func() (codes [maxCopy + 1]lengthCode) {
	length, symbol := minLength, uint16(firstLength)
	for extra := uint(0); symbol < lastLength; extra++ {
		symbols := 4
		if extra == 0 {
			symbols = 8
		}
		for range symbols {
			for bits := range uint8(1) << extra {
				if length < maxCopy { // which has a symbol of its own
					codes[length] = lengthCode{symbol, bits, extra}
				}
				length++
			}
			symbol++
		}
	}
	codes[maxCopy] = lengthCode{symbol: lastLength}
	return codes
}()

type lengthCode struct {
	symbol uint16
	extra  uint8
	bits   uint
}

// distanceCode returns the symbol of a distance, which is given less one, and how many of
// its bits follow that.
func distanceCode(distance uint16) (symbol uint16, extra uint) {
	if distance < 4 {
		return distance, 0
	}
	extra = uint(bits.Len16(distance)) - 2 //nolint:gosec // 14 at most
	return 2*uint16(extra) + distance>>extra, extra
}
