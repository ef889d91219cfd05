package archive

import (
	"hash/crc32"
	"sync"
)

// A general compressor looks at every byte for what was there before; that took three
// fifths of a large workbook's time. Here it is known what the bytes are: a cell begins
// as the one above it does, and often goes on with a value that its column had lately.
// So three places are looked up for a cell, and only what people wrote is searched.

const (
	// windowBytes is how far back a copy may reach.
	windowBytes = 32 << 10
	// blockCopies is how many copies share one set of codes.
	blockCopies = 1 << 14
	// tableBits is the size of the deflater's tables.
	tableBits = 13
)

// deflater compresses the rows of one part.
type deflater struct {
	// packed is what came out. The caller may take it away between calls.
	packed []byte
	bits   bitBuffer
	codes  blockCodes

	// xml is in hand, with what was before it in the stream at its front.
	xml []byte
	// base is the place of xml[0] in the stream. It wraps: a place far back may so be
	// taken for a near one, and what lies there is compared in any case.
	base uint32
	// block begins what is not yet packed; literals begins what no copy has.
	block, literals int
	copies          []earlier

	// columns hold where each one had its last cells; the first is the row.
	columns []columnPlaces
	// openings hold where cells were last opened in each way.
	openings []uint32
	// values and words hold where a value, and four bytes of text, were last.
	values, words [1 << tableBits]uint32
}

// earlier is a copy of earlier bytes, after bytes that are none.
type earlier struct {
	literals uint32
	length   uint16
	distance uint16 // less one
}

// columnPlaces are where in the stream the last cell was opened, and the one before that,
// and where the last ones with and without text were closed.
type columnPlaces struct{ opened, before, closed, closedText uint32 }

// deflaters are kept between sheets.
var deflaters sync.Pool

func newDeflater() *deflater {
	d, ok := deflaters.Get().(*deflater)
	if !ok {
		d = &deflater{}
	}
	d.reset()
	return d
}

// release gives the deflater back; nothing of what it made may be used any more.
func (d *deflater) release() {
	if cap(d.packed) > keptPacked {
		d.packed = nil
	}
	deflaters.Put(d)
}

// reset begins a part.
func (d *deflater) reset() {
	d.packed, d.bits, d.copies = d.packed[:0], bitBuffer{}, d.copies[:0]
	// Places that were never set are 0, and so out of reach.
	d.base = windowBytes + 1
	clear(d.columns)
	clear(d.openings)
	clear(d.values[:])
	clear(d.words[:])
}

// write compresses xml[written:]; what is before that was written before. Without marks
// it is all taken for text.
func (d *deflater) write(xml []byte, written int, marks []mark) {
	d.xml, d.block, d.literals = xml, written, written
	at := written
	for i := range marks {
		if marks[i].column == 0 {
			at = d.row(at, int(marks[i].end))
		} else {
			at = d.cell(at, &marks[i])
		}
		if len(d.copies) >= blockCopies {
			d.pack(d.literals)
		}
	}
	d.search(at, len(xml))
	d.pack(len(xml))
	d.xml = nil
}

// forward says that the front of what comes next has lost n bytes.
func (d *deflater) forward(n int) { d.base += uint32(n) } //nolint:gosec // it wraps

// close ends the part.
func (d *deflater) close() {
	const last, fixed, endOfBlock = 1, 1 << 1, 0
	d.packed = d.bits.put(d.packed, last|fixed|endOfBlock<<3, 3+7)
	d.packed = d.bits.align(d.packed)
}

// packWhole compresses a part that is given in pieces, which do not refer to each other.
func (d *deflater) packWhole(pieces ...*Rows) (e entry) {
	for _, piece := range pieces {
		d.write(piece.XML, 0, piece.marks)
		d.forward(len(piece.XML))
		e.size += int64(len(piece.XML))
		e.crc32 = crc32.Update(e.crc32, crc32.IEEETable, piece.XML)
	}
	d.close()
	e.packed = int64(len(d.packed))
	return e
}
