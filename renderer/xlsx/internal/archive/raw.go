package archive

import (
	"fmt"
	"hash/crc32"
	"math"
)

// Raw is a part as it lies in an archive.
type Raw struct {
	// Deflated parts are compressed; the others are stored as they are.
	Deflated bool
	// CRC32 and Size are those of the part's content.
	CRC32 uint32
	Size  int64
	// Packed are the part's bytes in the archive.
	Packed []byte
}

// AddRaw writes a part as it lay in another archive. Its bytes, its sum and its size are
// taken as they are given: who reads a part from an archive has checked them.
func (a *Archive) AddRaw(name string, raw Raw) error {
	e := entry{size: raw.Size, packed: int64(len(raw.Packed)), crc32: raw.CRC32, stored: !raw.Deflated}
	switch {
	case e.stored && e.size != e.packed:
		return fmt.Errorf("write part %s: its size is %d, and %d bytes are stored", name, e.size, e.packed)
	case e.size >= math.MaxUint32:
		return fmt.Errorf("write part %s: %d bytes are too many for a part that is taken over", name, e.size)
	}
	return a.addEntry(name, e, raw.Packed)
}

// AddStored writes a part that is compressed already, such as a picture.
func (a *Archive) AddStored(name string, content []byte) error {
	return a.AddRaw(name, Raw{CRC32: crc32.ChecksumIEEE(content), Size: int64(len(content)), Packed: content})
}
