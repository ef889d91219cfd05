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

// Write takes a piece of the result of pack.
func (c *compressor) Write(p []byte) (int, error) {
	c.packed = append(c.packed, p...)
	return len(p), nil
}

// pack compresses a whole part, given in pieces, into packed.
func (c *compressor) pack(pieces ...[]byte) (e entry, err error) {
	c.packed = c.packed[:0]
	c.flate.Reset(c)
	for _, piece := range pieces {
		if _, err := c.flate.Write(piece); err != nil {
			return entry{}, err
		}
		e.size += int64(len(piece))
		e.crc32 = crc32.Update(e.crc32, crc32.IEEETable, piece)
	}
	if err := c.flate.Close(); err != nil {
		return entry{}, err
	}
	e.packed = int64(len(c.packed))
	return e, nil
}
