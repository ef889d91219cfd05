package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

// frame is a JPEG of 640 × 480 pixels whose frame is of that kind. It has no pixels that
// could be decoded: nobody looks at them.
func frame(marker, bits, components byte) []byte {
	content := []byte{bits, 480 >> 8, 480 & 0xFF, 640 >> 8, 640 & 0xFF, components}
	for i := range components {
		content = append(content, i+1, 0x11, 0)
	}
	return picturetest.WithSegment([]byte("\xff\xd8\xff\xda\x00\x02pixels\xff\xd9"), marker, content)
}

// header changes what a PNG's header has behind the size.
func header(data []byte, kind ...byte) []byte {
	data = bytes.Clone(data)
	copy(data[24:], kind)
	return append(append(data[:12:12], withSum(data[12:29])...), data[33:]...)
}

func deepPNG(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA64(image.Rect(0, 0, 7, 9))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func animation(t *testing.T) []byte {
	t.Helper()
	film := gif.GIF{Delay: []int{10, 10}, Config: image.Config{Width: 7, Height: 9}}
	for range 2 {
		film.Image = append(film.Image, image.NewPaletted(image.Rect(0, 0, 7, 9), color.Palette{color.Black, color.White}))
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &film); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withThumbnail is a photo on its side that holds a small copy of itself, as cameras do: a
// JPEG of its own, in a second directory with an orientation of its own.
func withThumbnail(t *testing.T, orientation uint16) []byte {
	t.Helper()
	order := binary.BigEndian
	tiff := picturetest.EXIF(order, orientation)
	second := picturetest.EXIF(order, 1)[10:]
	order.PutUint32(tiff[len(tiff)-4:], uint32(len(tiff))) //nolint:gosec // short
	tiff = append(append(tiff, second...), picturetest.Turned(t, 16, 12, order, 3)...)
	return picturetest.WithSegment(picturetest.JPEG(t, 640, 480), 0xE1, append([]byte("Exif\x00\x00"), tiff...))
}

// What cameras, scanners and printers' programs make is shown: its file is not changed.
func TestReadTakesEveryKind(t *testing.T) {
	t.Parallel()
	small := picturetest.PNG(t, 7, 9)
	for name, test := range map[string]struct {
		data          []byte
		width, height int
	}{
		"a JPEG for print":                     {frame(0xC0, 8, 4), 640, 480},
		"a progressive JPEG":                   {frame(0xC2, 8, 3), 640, 480},
		"a progressive JPEG for print":         {frame(0xC2, 8, 4), 640, 480},
		"a grey JPEG":                          {frame(0xC1, 8, 1), 640, 480},
		"a PNG of 16 bits":                     {deepPNG(t), 7, 9},
		"an interlaced PNG":                    {header(small, 8, 3, 0, 0, 1), 7, 9},
		"an animated GIF":                      {animation(t), 7, 9},
		"an animated GIF without its last one": {animation(t)[:len(animation(t))-10], 7, 9},
	} {
		got := read(t, test.data)
		if got.Width != test.width || got.Height != test.height || got.Orientation != picture.Upright {
			t.Errorf("%s: got %+v, want %d × %d", name, *got, test.width, test.height)
		}
	}
	for orientation := uint16(1); orientation <= 8; orientation++ {
		got := read(t, withThumbnail(t, orientation))
		if got.Width != 640 || got.Height != 480 || got.Orientation != picture.Orientation(orientation) {
			t.Errorf("a photo with a small copy, orientation %d: got %+v", orientation, *got)
		}
	}
}

// Other kinds would be an empty frame in Excel.
func TestReadRefusesKindsThatAreNotShown(t *testing.T) {
	t.Parallel()
	small := picturetest.PNG(t, 7, 9)
	for name, test := range map[string]struct {
		data []byte
		want error
	}{
		"a JPEG of 12 bits":                  {frame(0xC1, 12, 3), picture.ErrNotPicture},
		"a JPEG without its components":      {frame(0xC0, 8, 3)[:18], picture.ErrTruncated},
		"a JPEG of other components":         {bytes.Replace(frame(0xC0, 8, 3), []byte{3, 1, 0x11}, []byte{4, 1, 0x11}, 1), picture.ErrNotPicture},
		"a PNG of 3 bits":                    {header(small, 3, 3, 0, 0, 0), picture.ErrNotPicture},
		"a PNG of a colour that there isn't": {header(small, 8, 1, 0, 0, 0), picture.ErrNotPicture},
		"a PNG with a palette of 16 bits":    {header(small, 16, 3, 0, 0, 0), picture.ErrNotPicture},
		"a PNG compressed in another way":    {header(small, 8, 3, 1, 0, 0), picture.ErrNotPicture},
		"a PNG interlaced in another way":    {header(small, 8, 3, 0, 0, 2), picture.ErrNotPicture},
		"a PNG of 60,000 × 60,000 pixels":    {pngOfHeader(60_000), picture.ErrTooLarge},
		"a WebP":                             {[]byte("RIFF\x24\x00\x00\x00WEBPVP8 "), picture.ErrNotPicture},
		"a HEIC":                             {[]byte("\x00\x00\x00\x18ftypheic"), picture.ErrNotPicture},
	} {
		if _, err := picture.Read(test.data, picture.Limits{}); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}
