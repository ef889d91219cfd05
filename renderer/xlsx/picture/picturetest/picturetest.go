// Package picturetest makes pictures for tests: small, the same each time, with another
// colour in each corner, so that somebody who looks at them sees which way up they are.
package picturetest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"
)

// corners is a picture whose left upper corner is red, the right upper one green, the left
// lower one blue and the right lower one yellow.
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

// PNG is a picture of that many pixels.
func PNG(t testing.TB, width, height int) []byte {
	t.Helper()
	return encode(t, corners(width, height), png.Encode)
}

// JPEG is a picture of that many pixels.
func JPEG(t testing.TB, width, height int) []byte {
	t.Helper()
	return encode(t, corners(width, height), func(w io.Writer, img image.Image) error { return jpeg.Encode(w, img, nil) })
}

// GIF is a picture of that many pixels.
func GIF(t testing.TB, width, height int) []byte {
	t.Helper()
	return encode(t, corners(width, height), func(w io.Writer, img image.Image) error { return gif.Encode(w, img, nil) })
}

// Turned is a JPEG whose EXIF data say that what it stores, of that many pixels, is to be
// turned.
func Turned(t testing.TB, width, height int, order binary.AppendByteOrder, orientation uint16) []byte {
	t.Helper()
	return WithSegment(JPEG(t, width, height), 0xE1, append([]byte("Exif\x00\x00"), EXIF(order, orientation)...))
}

// EXIF is a TIFF directory with an orientation between two other tags.
func EXIF(order binary.AppendByteOrder, orientation uint16) []byte {
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

// WithSegment puts a segment behind the first two bytes of a JPEG.
func WithSegment(picture []byte, marker byte, content []byte) []byte {
	b := append([]byte{}, picture[:2]...)
	b = append(b, 0xFF, marker)
	b = binary.BigEndian.AppendUint16(b, uint16(len(content)+2)) //nolint:gosec // short
	return append(append(b, content...), picture[2:]...)
}
