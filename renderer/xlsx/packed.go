package xlsx

import (
	"bytes"
	"fmt"
	"sync"
)

// The parts around the sheets are small and mostly the same in every workbook of a
// report, and compressing one costs 30 µs whatever its size: five of them took more
// than the rows of a small workbook. They are compressed once.

// packedPart is a part as it lies in the archive.
type packedPart struct {
	entry  entry
	packed []byte
}

// packedMax bounds what is kept: a renderer works on few reports at a time.
const (
	packedMax      = 64
	packedMaxBytes = 16 << 10
)

// packedParts keeps compressed parts by their content. Like the compressors it is
// nobody's state: what it returns is what compressing would.
var packedParts = packedCache{parts: map[string]*packedPart{}}

type packedCache struct {
	mu    sync.Mutex
	parts map[string]*packedPart
}

func (c *packedCache) get(content []byte) (*packedPart, error) {
	c.mu.Lock()
	part, ok := c.parts[string(content)]
	c.mu.Unlock()
	if ok {
		return part, nil
	}
	part, err := pack(content)
	if err != nil || len(content) > packedMaxBytes {
		return part, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.parts) >= packedMax {
		clear(c.parts)
	}
	c.parts[string(content)] = part
	return part, nil
}

func pack(content []byte) (*packedPart, error) {
	c := newCompressor()
	defer c.release()
	e, err := c.pack(content)
	return &packedPart{entry: e, packed: bytes.Clone(c.packed)}, err
}

// addPacked writes a whole part that other workbooks have too.
func (a *archive) addPacked(name string, content []byte) error {
	part, err := packedParts.get(content)
	if err != nil {
		return fmt.Errorf("compress part %s: %w", name, err)
	}
	return a.addEntry(name, part.entry, part.packed)
}
