package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"sync"
)

// The parts around the sheets are small and mostly the same in every workbook of a
// report, and compressing one costs 30 µs whatever its size: five of them took more
// than the rows of a small workbook. They are compressed once.

// packedPart is a part as it lies in the archive.
type packedPart struct {
	compressed []byte
	crc32      uint32
	size       int
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
	var compressed bytes.Buffer
	w, err := newCompressor(&compressed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return &packedPart{compressed: compressed.Bytes(), crc32: crc32.ChecksumIEEE(content), size: len(content)}, nil
}

// zipVersion is the oldest format of archives that knows deflate.
const zipVersion = 20

// zipEpoch is partTime as an archive's date; its time of day is 0.
const zipEpoch = 1<<5 | 1

// addPacked writes a whole part that other workbooks have too.
func (a *archive) addPacked(name string, content []byte) error {
	part, err := packedParts.get(content)
	if err != nil {
		return fmt.Errorf("compress part %s: %w", name, err)
	}
	w, err := a.zip.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Deflate, CreatorVersion: zipVersion, ReaderVersion: zipVersion,
		ModifiedDate: zipEpoch,                                                                                          //nolint:staticcheck // what CreateRaw writes; it does not look at Modified
		CRC32:        part.crc32, CompressedSize64: uint64(len(part.compressed)), UncompressedSize64: uint64(part.size), //nolint:gosec // lengths
	})
	if err != nil {
		return fmt.Errorf("begin part %s: %w", name, err)
	}
	if _, err := w.Write(part.compressed); err != nil {
		return fmt.Errorf("write part %s: %w", name, err)
	}
	return nil
}
