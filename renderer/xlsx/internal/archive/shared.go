package archive

import (
	"bytes"
	"fmt"
	"sync"
)

// The parts around the sheets are small and mostly the same in every workbook of a
// report, and compressing one costs 30 µs whatever its size: five of them took more
// than the rows of a small workbook. They are compressed once.

// sharedPart is a part as it lies in the archive.
type sharedPart struct {
	entry  entry
	packed []byte
}

// sharedMax bounds what is kept: a renderer works on few reports at a time.
const (
	sharedMax      = 64
	sharedMaxBytes = 16 << 10
)

// sharedParts keeps compressed parts by their content. Like the compressors it is
// nobody's state: what it returns is what compressing would.
var sharedParts = sharedCache{parts: map[string]*sharedPart{}}

type sharedCache struct {
	mu    sync.Mutex
	parts map[string]*sharedPart
}

func (c *sharedCache) get(content []byte) (*sharedPart, error) {
	c.mu.Lock()
	part, ok := c.parts[string(content)]
	c.mu.Unlock()
	if ok {
		return part, nil
	}
	part, err := pack(content)
	if err != nil || len(content) > sharedMaxBytes {
		return part, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.parts) >= sharedMax {
		clear(c.parts)
	}
	c.parts[string(content)] = part
	return part, nil
}

func pack(content []byte) (*sharedPart, error) {
	c := newCompressor()
	defer c.release()
	e, err := c.pack(content)
	return &sharedPart{entry: e, packed: bytes.Clone(c.packed)}, err
}

// AddShared writes a whole part that other workbooks have too: it is kept compressed.
func (a *Archive) AddShared(name string, content []byte) error {
	part, err := sharedParts.get(content)
	if err != nil {
		return fmt.Errorf("compress part %s: %w", name, err)
	}
	return a.addEntry(name, part.entry, part.packed)
}
