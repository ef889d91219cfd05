package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

const signatureJPEG = "\xff\xd8\xff"

// The second bytes of JPEG's markers.
const (
	markerFrame       = 0xC0 // to 0xCF, but for those that are not frames
	markerProgressive = 0xC2
	markerHuffman     = 0xC4
	markerReserved    = 0xC8
	markerArithmetic  = 0xCC
	markerEnd         = 0xD9
	markerScan        = 0xDA
	markerApp0        = 0xE0
	markerApp1        = 0xE1
)

// readJPEG steps from segment to segment up to the pixels. What is behind the last
// pixel is of no interest: cameras append things of their own.
func (p *Picture) readJPEG(data []byte) error {
	rest := data[2:]
	for {
		marker, content, after, err := nextSegment(rest)
		if err != nil {
			return err
		}
		switch {
		case marker == markerEnd:
			return fmt.Errorf("%w: the JPEG has no pixels", ErrNotPicture)
		case marker == markerScan:
			return p.checkScan(after)
		case isFrame(marker):
			if err := p.readFrame(marker, content); err != nil {
				return err
			}
		case marker == markerApp0 && bytes.HasPrefix(content, []byte("JFIF\x00")) && len(content) >= 12:
			p.setPixelRatio(uint32(binary.BigEndian.Uint16(content[8:])), uint32(binary.BigEndian.Uint16(content[10:])))
		case marker == markerApp1 && bytes.HasPrefix(content, []byte("Exif\x00")):
			p.readEXIF(content[min(len("Exif\x00\x00"), len(content)):])
		}
		rest = after
	}
}

func nextSegment(rest []byte) (marker byte, content, after []byte, err error) {
	if len(rest) > 0 && rest[0] != 0xFF {
		return 0, nil, nil, fmt.Errorf("%w: the segments of the JPEG are damaged", ErrNotPicture)
	}
	for len(rest) > 0 && rest[0] == 0xFF { // any number of them may stand before a marker
		rest = rest[1:]
	}
	switch {
	case len(rest) == 0:
		return 0, nil, nil, ErrTruncated
	case rest[0] == markerEnd:
		return markerEnd, nil, rest[1:], nil
	case len(rest) < 3:
		return 0, nil, nil, ErrTruncated
	}
	length := int(binary.BigEndian.Uint16(rest[1:]))
	switch {
	case length < 2:
		return 0, nil, nil, fmt.Errorf("%w: the segments of the JPEG are damaged", ErrNotPicture)
	case len(rest) < 1+length:
		return 0, nil, nil, ErrTruncated
	}
	return rest[0], rest[3 : 1+length], rest[1+length:], nil
}

func isFrame(marker byte) bool {
	return marker&0xF0 == markerFrame && marker != markerHuffman && marker != markerReserved && marker != markerArithmetic
}

// readFrame takes the size from the header of a frame. Of its kinds, programs show the
// sequential and the progressive ones of 8 bits: in grey, in colour, or for print (CMYK).
func (p *Picture) readFrame(marker byte, content []byte) error {
	const header, perComponent = 6, 3
	if len(content) < header || len(content) != header+perComponent*int(content[5]) {
		return fmt.Errorf("%w: the header of the JPEG is damaged", ErrNotPicture)
	}
	if bits := content[0]; marker > markerProgressive || bits != 8 {
		return fmt.Errorf("%w: a JPEG of a kind that programs do not show", ErrNotPicture)
	}
	p.Height, p.Width = int(binary.BigEndian.Uint16(content[1:])), int(binary.BigEndian.Uint16(content[3:]))
	return nil
}

// checkScan looks for the end of the pixels, from the end: it is mostly the last thing.
func (p *Picture) checkScan(pixels []byte) error {
	switch {
	case p.Width == 0:
		return fmt.Errorf("%w: the JPEG does not say its size", ErrNotPicture)
	case bytes.LastIndex(pixels, []byte{0xFF, markerEnd}) < 0:
		return ErrTruncated
	}
	return nil
}
