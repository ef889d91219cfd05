package archive

import "fmt"

// Held is a part that is compressed as it comes and kept so, because another is written
// meanwhile. The zero value is one that has nothing yet. AddHeld or Discard must end it.
type Held struct {
	compressor *compressor
	packed     chunks
}

// Write takes a piece of the part.
func (h *Held) Write(piece []byte) error {
	if h.compressor == nil {
		h.compressor = newCompressor()
		h.compressor.begin(&h.packed)
	}
	if err := h.compressor.add(piece); err != nil {
		return fmt.Errorf("compress a part that is held: %w", err)
	}
	return nil
}

// Begun says that the part has something.
func (h *Held) Begun() bool { return h.compressor != nil }

// Size is how many bytes are kept, but for some that are not compressed yet.
func (h *Held) Size() int { return h.packed.size }

// AddHeld writes a part that has something; then it has nothing again.
func (a *Archive) AddHeld(name string, h *Held) error {
	defer h.Discard()
	e, err := h.compressor.end()
	if err != nil {
		return fmt.Errorf("compress part %s: %w", name, err)
	}
	e.packed = int64(h.packed.size)
	return a.addEntry(name, e, h.packed.all...)
}

// Discard frees what is held; it may be called repeatedly, also after AddHeld.
func (h *Held) Discard() {
	if h.compressor != nil {
		h.compressor.release()
		*h = Held{}
	}
}

// chunks keep bytes without copying them when they become more.
type chunks struct {
	all  [][]byte
	size int
}

const chunkBytes = 64 << 10

// Write implements [io.Writer].
func (c *chunks) Write(p []byte) (int, error) {
	c.size += len(p)
	for rest := p; len(rest) > 0; {
		last := len(c.all) - 1
		if last < 0 || len(c.all[last]) == chunkBytes {
			c.all = append(c.all, make([]byte, 0, chunkBytes))
			last++
		}
		n := min(len(rest), chunkBytes-len(c.all[last]))
		c.all[last] = append(c.all[last], rest[:n]...)
		rest = rest[n:]
	}
	return len(p), nil
}
