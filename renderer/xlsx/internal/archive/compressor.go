package archive

import (
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// packingLevel is for the parts around the sheets, which are small.
const packingLevel = 4

// compressor is deflate with its tables, 0.6 MB, and room for a part's result.
type compressor struct {
	flate  *flate.Writer
	packed []byte
	// entry is that of the part in hand.
	entry entry
}

// compressors are kept between workbooks: making one costs more than compressing a
// small part.
var compressors sync.Pool

func newCompressor() *compressor {
	if c, ok := compressors.Get().(*compressor); ok {
		return c
	}
	w, err := flate.NewWriter(io.Discard, packingLevel)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &compressor{flate: w}
}

// keptPacked is how much room a compressor keeps.
const keptPacked = 1 << 20

// release gives the compressor back; nothing of what it made may be used any more.
func (c *compressor) release() {
	c.flate.Reset(io.Discard)
	if cap(c.packed) > keptPacked {
		c.packed = nil
	}
	compressors.Put(c)
}

// Write takes a piece of what is compressed.
func (c *compressor) Write(p []byte) (int, error) {
	c.packed = append(c.packed, p...)
	return len(p), nil
}

// pack compresses a whole part, given in pieces, into packed.
func (c *compressor) pack(pieces ...[]byte) (entry, error) {
	c.packed = c.packed[:0]
	c.begin(c)
	for _, piece := range pieces {
		if err := c.add(piece); err != nil {
			return entry{}, err
		}
	}
	e, err := c.end()
	e.packed = int64(len(c.packed))
	return e, err
}

// begin begins a part that goes compressed to a writer. add takes a piece of it.
func (c *compressor) begin(to io.Writer) {
	c.entry = entry{}
	c.flate.Reset(to)
}

func (c *compressor) add(piece []byte) error {
	c.entry.size += int64(len(piece))
	c.entry.crc32 = crc32.Update(c.entry.crc32, crc32.IEEETable, piece)
	_, err := c.flate.Write(piece)
	return err
}

// end completes the part; how large it is packed is for the writer to know.
func (c *compressor) end() (entry, error) { return c.entry, c.flate.Close() }
