package xlsx

import (
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Two fifths of the standard library's time at its own level buy files 8 % larger; the
// level below saves 5 % of that time for 6 % more bytes.
const streamedLevel = 6

// wholeLevel is for parts that are small: a workbook of 200 rows takes a quarter less
// CPU than at the other level, and 2.8 of 25 KB more.
const wholeLevel = 4

// compressor is deflate with its tables, 0.6 MB each, and room for a small part's
// result.
type compressor struct {
	flate  *flate.Writer
	packed []byte
	pool   *sync.Pool
}

// The pools keep compressors between workbooks: making one costs more than compressing
// a small sheet.
var streamedCompressors, wholeCompressors sync.Pool

func newCompressor(pool *sync.Pool, level int) *compressor {
	if c, ok := pool.Get().(*compressor); ok {
		return c
	}
	w, err := flate.NewWriter(io.Discard, level)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &compressor{flate: w, pool: pool}
}

func newStreamedCompressor() *compressor { return newCompressor(&streamedCompressors, streamedLevel) }

func newWholeCompressor() *compressor { return newCompressor(&wholeCompressors, wholeLevel) }

// keptPacked is how much room a compressor keeps.
const keptPacked = 1 << 20

// release gives the compressor back; nothing of what it made may be used any more.
func (c *compressor) release() {
	c.flate.Reset(io.Discard)
	if cap(c.packed) > keptPacked {
		c.packed = nil
	}
	c.pool.Put(c)
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
