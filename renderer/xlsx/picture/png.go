package picture

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

const (
	signaturePNG = "\x89PNG\r\n\x1a\n"
	// A chunk has its length and its type before its content, a sum after it.
	chunkHead = 8
	chunkSum  = 4
)

// readPNG steps from chunk to chunk: one whose last is there is whole.
func (p *Picture) readPNG(data []byte) error {
	rest := data[len(signaturePNG):]
	for first, pixels := true, false; ; first = false {
		kind, content, after, err := nextChunk(rest)
		if err != nil {
			return err
		}
		switch {
		case first != (kind == "IHDR"):
			return fmt.Errorf("%w: a PNG begins with one IHDR", ErrNotPicture)
		case first:
			if err := p.readIHDR(rest[:len(rest)-len(after)], content); err != nil {
				return err
			}
		case kind == "IDAT":
			pixels = true
		case kind == "pHYs" && len(content) >= 8:
			p.setPixelRatio(binary.BigEndian.Uint32(content), binary.BigEndian.Uint32(content[4:]))
		case kind == "eXIf":
			p.readEXIF(content)
		case kind == "IEND" && !pixels:
			return fmt.Errorf("%w: the PNG has no pixels", ErrNotPicture)
		case kind == "IEND":
			return nil
		}
		rest = after
	}
}

func nextChunk(rest []byte) (kind string, content, after []byte, err error) {
	if len(rest) < chunkHead {
		return "", nil, nil, ErrTruncated
	}
	length := uint64(binary.BigEndian.Uint32(rest))
	if uint64(len(rest)) < chunkHead+length+chunkSum {
		return "", nil, nil, ErrTruncated
	}
	return string(rest[4:chunkHead]), rest[chunkHead : chunkHead+length], rest[chunkHead+length+chunkSum:], nil
}

func (p *Picture) readIHDR(chunk, content []byte) error {
	const length = 13
	sum := binary.BigEndian.Uint32(chunk[len(chunk)-chunkSum:])
	if len(content) != length || crc32.ChecksumIEEE(chunk[4:len(chunk)-chunkSum]) != sum {
		return fmt.Errorf("%w: the header of the PNG is damaged", ErrNotPicture)
	}
	width, height := binary.BigEndian.Uint32(content), binary.BigEndian.Uint32(content[4:])
	if width > 1<<31-1 || height > 1<<31-1 {
		return fmt.Errorf("%w: the header of the PNG is damaged", ErrNotPicture)
	}
	if !shownPNG(content[8:]) {
		return fmt.Errorf("%w: a PNG of a kind that there is not", ErrNotPicture)
	}
	p.Width, p.Height = int(width), int(height)
	return nil
}

// shownPNG says whether a PNG can be what is behind the size in its header: bits, kind of
// colour, compression, filter and interlacing.
func shownPNG(kind []byte) bool {
	bits := map[byte]string{ // by the kind of colour
		0: "\x01\x02\x04\x08\x10", // grey
		2: "\x08\x10",             // colour
		3: "\x01\x02\x04\x08",     // a palette
		4: "\x08\x10",             // grey, and how opaque
		6: "\x08\x10",             // colour, and how opaque
	}[kind[1]]
	return strings.IndexByte(bits, kind[0]) >= 0 && kind[2] == 0 && kind[3] == 0 && kind[4] <= 1
}
