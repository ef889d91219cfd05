package xlsx

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

// The pixels of pictures are those of which 96 make an inch.
const (
	defaultImageWidth  = 128
	defaultImageHeight = 96
	// maxImageWidth and maxImageHeight are what Excel's widest column and highest row hold.
	maxImageWidth  = 1780
	maxImageHeight = 540
	// imageRoom is what a cell has beyond its picture, so that its borders are seen.
	imageRoom = 4
	// digitPixels is the width of a digit in the font that the first style names.
	digitPixels = 7
)

// parseImage reads the size of a column's pictures.
func parseImage(f Format, argument string) (Format, error) {
	width, height, _ := strings.Cut(argument, "x")
	w, err := strconv.ParseUint(width, 10, 16)
	h, err2 := strconv.ParseUint(height, 10, 16)
	if err := errors.Join(err, err2); err != nil || w < 1 || w > maxImageWidth || h < 1 || h > maxImageHeight {
		return Format{}, fmt.Errorf("format %q: write the most that a picture has in pixels, at most %d wide and %d high, as in \"image:%dx%d\"",
			"image:"+argument, maxImageWidth, maxImageHeight, defaultImageWidth, defaultImageHeight)
	}
	f.accepts, f.width, f.height = acceptsImage, uint16(w), uint16(h)
	return f, nil
}

// IsImage says that the format is for pictures.
func (f *Format) IsImage() bool { return f.accepts == acceptsImage }

// ImageSize is the most that a picture has under the format, in pixels; 0 for other
// formats.
func (f *Format) ImageSize() (width, height int) { return int(f.width), int(f.height) }

// imageColumn is the width of a column for pictures, imageRow the height of a row with
// one; both are 0 for other formats.
func (f *Format) imageColumn() float64 {
	if !f.IsImage() {
		return 0
	}
	return min(math.Ceil(float64(f.width+imageRoom)/digitPixels*100)/100, maxColumnWidth)
}

func (f *Format) imageRow() float64 {
	const pointsPerPixel = 0.75
	return min(float64(f.height+imageRoom)*pointsPerPixel, maxHeight)
}

// emptyBytea is how PostgreSQL writes a bytea without bytes.
const emptyBytea = `\x`

// imageCell is for a picture, and for everything in a column of them.
func (f *Format) imageCell(v *Value) cell {
	switch {
	case v.kind != KindImage && v.kind != KindText:
		c := f.native(v)
		c.changes |= changedFormat
		return c
	case f.accepts != acceptsImage:
		return f.insteadOfImage(changedFormat)
	case v.kind == KindImage && v.bits != 0:
		return f.insteadOfImage(changedPictureMissing)
	case v.kind == KindImage:
		_, err := picture.Read(view(v.text), picture.Limits{})
		return f.pictureCell(v.text, err)
	case strings.TrimSpace(v.text) == "", v.text == emptyBytea:
		return cell{}
	}
	data, err := picture.Decode(v.text, picture.Limits{})
	if err == nil {
		_, err = picture.Read(data, picture.Limits{})
	}
	return f.pictureCell(string(data), err)
}

func (f *Format) pictureCell(data string, err error) cell {
	switch {
	case err == nil:
		return cell{kind: cellPicture, text: data}
	case errors.Is(err, picture.ErrTooLarge):
		return f.insteadOfImage(changedPictureSize)
	}
	return f.insteadOfImage(changedPicture)
}

// insteadOfImage is the text in the place of a picture that is not shown.
func (f *Format) insteadOfImage(why change) cell {
	words := imageWords[why]
	if f.ja {
		return textCell(words.ja, "", why)
	}
	return textCell(words.en, "", why)
}

// view is the bytes of a string, which nobody may change. To copy each picture twice on its
// way through a cell took as long as everything else that is done with it.
func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

var imageWords = map[change]struct{ en, ja string }{
	changedFormat:         {"(a picture)", "（画像）"},
	changedPicture:        {"(not a picture that can be shown)", "（画像として表示できません）"},
	changedPictureSize:    {"(the picture is too large)", "（画像が大きすぎます）"},
	changedPictureMissing: {"(the picture is missing)", "（画像が見つかりません）"},
	changedPictures:       {"(too many pictures)", "（画像が多すぎます）"},
}
