package picture

import (
	"encoding/binary"
	"fmt"
)

// The blocks of a GIF.
const (
	blockExtension = 0x21
	blockImage     = 0x2C
)

// readGIF takes the size from the header, and steps over blocks up to the end of the
// first image, which is what a workbook shows.
func (p *Picture) readGIF(data []byte) error {
	const header = 13
	if len(data) < header {
		return ErrTruncated
	}
	p.Width, p.Height = int(binary.LittleEndian.Uint16(data[6:])), int(binary.LittleEndian.Uint16(data[8:]))
	rest, err := skip(data[header:], colourTable(data[10]))
	for err == nil {
		if len(rest) < 2 {
			return ErrTruncated
		}
		switch rest[0] {
		case blockExtension:
			rest, err = skipBlocks(rest[2:])
		case blockImage:
			return checkImage(rest[1:])
		default:
			return fmt.Errorf("%w: the GIF has no image", ErrNotPicture)
		}
	}
	return err
}

// checkImage says whether the image that a descriptor begins is there.
func checkImage(descriptor []byte) error {
	const length = 9
	if len(descriptor) < length {
		return ErrTruncated
	}
	codes, err := skip(descriptor[length:], colourTable(descriptor[length-1])+1)
	if err == nil {
		_, err = skipBlocks(codes)
	}
	return err
}

// colourTable is the size of the table that flags announce.
func colourTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// skipBlocks steps over blocks of up to 255 bytes, of which the last is empty.
func skipBlocks(rest []byte) ([]byte, error) {
	for len(rest) > 0 && rest[0] != 0 {
		var err error
		if rest, err = skip(rest, 1+int(rest[0])); err != nil {
			return nil, err
		}
	}
	return skip(rest, 1)
}

func skip(rest []byte, n int) ([]byte, error) {
	if len(rest) < n {
		return nil, ErrTruncated
	}
	return rest[n:], nil
}
