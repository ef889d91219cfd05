package intaketest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"maps"
	"slices"
)

// entry is one entry of an archive, with what the archive claims of it. Everything may be
// a lie.
type entry struct {
	name   string
	packed []byte
	method uint16
	flags  uint16
	crc    uint32
	size   uint32 // unpacked
	// sharedWith is the entry before, counted back, whose bytes this one has: it has no
	// bytes of its own.
	sharedWith int
}

const (
	stored   = 0
	deflated = 8
)

// pack is an honest entry.
func pack(name, content string) entry {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is one
	_, _ = w.Write([]byte(content))                    // a buffer takes everything
	_ = w.Close()
	return entry{
		name: name, packed: b.Bytes(), method: deflated, crc: crc32.ChecksumIEEE([]byte(content)),
		size: uint32(len(content)), //nolint:gosec // small
	}
}

// store is an honest entry that is not compressed.
func store(name string, content []byte) entry {
	return entry{
		name: name, packed: content, crc: crc32.ChecksumIEEE(content),
		size: uint32(len(content)), //nolint:gosec // small
	}
}

// archive writes entries as an archive.
func archive(entries ...entry) []byte {
	var file, directory bytes.Buffer
	offsets := make([]int, len(entries))
	for i, e := range entries {
		offsets[i] = file.Len()
		if e.sharedWith > 0 {
			offsets[i] = offsets[i-e.sharedWith]
		} else {
			file.WriteString("PK\x03\x04")
			file.Write(e.header())
			put(&file, uint16(0))
			file.WriteString(e.name)
			file.Write(e.packed)
		}
		directory.WriteString("PK\x01\x02")
		put(&directory, uint16(20))
		directory.Write(e.header())
		put(&directory, [5]uint16{})        // extra, comment, disk, attributes
		put(&directory, uint16(0))          // attributes
		put(&directory, uint32(offsets[i])) //nolint:gosec // small
		directory.WriteString(e.name)
	}
	start := file.Len()
	file.Write(directory.Bytes())
	file.WriteString("PK\x05\x06")
	put(&file, [2]uint16{}, uint16(len(entries)), uint16(len(entries)), uint32(directory.Len()), uint32(start), uint16(0)) //nolint:gosec // small
	return file.Bytes()
}

// header is what an entry's own header and the directory have in common.
func (e *entry) header() []byte {
	var b bytes.Buffer
	put(&b, uint16(20), e.flags, e.method, uint32(0x5A21<<16), e.crc, uint32(len(e.packed)), e.size, uint16(len(e.name))) //nolint:gosec // small
	return b.Bytes()
}

func put(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		_ = binary.Write(b, binary.LittleEndian, v) // numbers of fixed size into a buffer
	}
}

// parts are a workbook's parts by name.
type parts map[string]string

func (p parts) entries() []entry {
	var all []entry
	for _, name := range slices.Sorted(maps.Keys(p)) {
		all = append(all, pack(name, p[name]))
	}
	return all
}

func (p parts) zip(more ...entry) []byte { return archive(append(p.entries(), more...)...) }

// with gives a copy with one part more, or another content for it.
func (p parts) with(name, content string) parts {
	p = maps.Clone(p)
	p[name] = content
	return p
}

// without gives a copy that lacks a part.
func (p parts) without(name string) parts {
	p = maps.Clone(p)
	delete(p, name)
	return p
}

// replace gives a copy with a text in one part replaced; a text that is not there is a
// mistake of this package.
func (p parts) replace(name, old, replacement string) parts {
	before := []byte(p[name])
	after := bytes.Replace(before, []byte(old), []byte(replacement), 1)
	if bytes.Equal(before, after) {
		panic("part " + name + " has no " + old)
	}
	return p.with(name, string(after))
}
