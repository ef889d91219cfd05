package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"
)

// corners is a picture with another colour in each corner, the left upper one being red.
func corners(width, height int) *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{
		color.RGBA{220, 30, 30, 255}, color.RGBA{30, 160, 60, 255}, color.RGBA{40, 80, 220, 255}, color.RGBA{240, 200, 40, 255},
	})
	for y := range height {
		for x := range width {
			img.SetColorIndex(x, y, uint8(2*(2*y/height)+2*x/width)) //nolint:gosec // 0 to 3
		}
	}
	return img
}

func encode(t testing.TB, img image.Image, encoder func(io.Writer, image.Image) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encoder(&b, img); err != nil {
		t.Fatalf("encode a picture: %v", err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, width, height int) []byte {
	return encode(t, corners(width, height), png.Encode)
}

func jpegOf(t testing.TB, width, height int) []byte {
	return encode(t, corners(width, height), func(w io.Writer, img image.Image) error { return jpeg.Encode(w, img, nil) })
}

func gifOf(t testing.TB, width, height int) []byte {
	return encode(t, corners(width, height), func(w io.Writer, img image.Image) error { return gif.Encode(w, img, nil) })
}

// exif is a TIFF directory with an orientation between two other tags.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order.String() == binary.BigEndian.String() {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 10) // the directory does not follow at once
	b = append(b, 0, 0)
	b = order.AppendUint16(b, 3)
	for _, tag := range [][4]uint16{{0x0100, 3, 1, 640}, {0x0112, 3, 1, orientation}, {0x0128, 3, 1, 2}} {
		b = order.AppendUint16(b, tag[0])
		b = order.AppendUint16(b, tag[1])
		b = order.AppendUint32(b, uint32(tag[2]))
		b = order.AppendUint16(b, tag[3])
		b = append(b, 0, 0)
	}
	return order.AppendUint32(b, 0)
}

// withSegment puts a segment behind the first two bytes of a JPEG.
func withSegment(picture []byte, marker byte, content []byte) []byte {
	b := append([]byte{}, picture[:2]...)
	b = append(b, 0xFF, marker)
	b = binary.BigEndian.AppendUint16(b, uint16(len(content)+2)) //nolint:gosec // short
	return append(append(b, content...), picture[2:]...)
}

func turned(t testing.TB, width, height int, order binary.AppendByteOrder, orientation uint16) []byte {
	return withSegment(jpegOf(t, width, height), 0xE1, append([]byte("Exif\x00\x00"), exif(order, orientation)...))
}

// withChunk puts a chunk behind the header of a PNG.
func withChunk(picture []byte, kind string, content []byte) []byte {
	const header = 8 + 25
	b := append([]byte{}, picture[:header]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(content))) //nolint:gosec // short
	b = append(append(b, kind...), content...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[header+4:]))
	return append(b, picture[header:]...)
}

// withSum puts the sum of a chunk's type and content behind them.
func withSum(chunk []byte) []byte {
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk))
}
