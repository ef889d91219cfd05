package picture_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

// Whatever comes is a picture that can be placed, or an error that says why not.
func FuzzPicture(f *testing.F) {
	f.Add(string(picturetest.PNG(f, 9, 5)))
	f.Add(string(withChunk(picturetest.PNG(f, 9, 5), "eXIf", picturetest.EXIF(binary.LittleEndian, 5))))
	f.Add(string(picturetest.Turned(f, 9, 5, binary.BigEndian, 8)))
	f.Add(string(picturetest.GIF(f, 9, 5)))
	f.Add("data:image/png;base64,iVBORw0KGgo=")
	f.Add(`\x89504e47`)
	limits := picture.Limits{Bytes: 1 << 20, Pixels: 1 << 20}
	refused := func(err error) bool {
		return errors.Is(err, picture.ErrNotPicture) || errors.Is(err, picture.ErrTruncated) || errors.Is(err, picture.ErrTooLarge)
	}
	f.Fuzz(func(t *testing.T, text string) {
		data, err := picture.Decode(text, limits)
		if err != nil {
			if !refused(err) {
				t.Fatalf("Decode: %v", err)
			}
			return
		}
		p, err := picture.Read(data, limits)
		if err != nil {
			if !refused(err) {
				t.Fatalf("Read: %v", err)
			}
			return
		}
		if p.Width < 1 || p.Height < 1 || int64(p.Width)*int64(p.Height) > limits.Pixels || p.Format.Extension() == "" ||
			p.Orientation < picture.Upright || p.Orientation > picture.Turned270 {
			t.Fatalf("Read: %+v", *p)
		}
		box := picture.Size{Width: picture.Pixels(100), Height: picture.Pixels(50)}
		cell := picture.Area{Widths: []picture.EMU{box.Width}, Heights: []picture.EMU{box.Height}}
		if at := cell.Fit(p, picture.Size{}); at.Size.Width < 1 || at.Size.Height < 1 || at.Size.Width > box.Width || at.Size.Height > box.Height {
			t.Fatalf("%+v does not fit: %+v", *p, at)
		}
	})
}
