package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

func TestReadTellsWhatAPictureIs(t *testing.T) {
	t.Parallel()
	small := picturetest.PNG(t, 3, 5)
	upright := func(f picture.Format, width, height int) picture.Picture {
		return picture.Picture{Format: f, Width: width, Height: height, PixelRatio: 1, Orientation: picture.Upright}
	}
	fax := upright(picture.PNG, 3, 5)
	fax.PixelRatio = 2
	scan := upright(picture.JPEG, 8, 4)
	scan.PixelRatio = 0.5
	side := upright(picture.PNG, 3, 5)
	side.Orientation = picture.Turned90
	for name, test := range map[string]struct {
		data []byte
		want picture.Picture
	}{
		"PNG":                                 {small, upright(picture.PNG, 3, 5)},
		"JPEG":                                {picturetest.JPEG(t, 640, 48), upright(picture.JPEG, 640, 48)},
		"GIF":                                 {picturetest.GIF(t, 300, 20), upright(picture.GIF, 300, 20)},
		"PNG with pixels that are not square": {withChunk(small, "pHYs", []byte{0, 0, 0x10, 0, 0, 0, 0x08, 0, 1}), fax},
		"PNG with pixels that cannot be":      {withChunk(small, "pHYs", []byte{0, 0, 0x10, 0, 0, 0, 0, 1, 1}), upright(picture.PNG, 3, 5)},
		"PNG with EXIF":                       {withChunk(small, "eXIf", picturetest.EXIF(binary.BigEndian, 6)), side},
		"JPEG with pixels that are not square": {
			picturetest.WithSegment(picturetest.JPEG(t, 8, 4), 0xE0, []byte("JFIF\x00\x01\x02\x01\x00\x48\x00\x90\x00\x00")), scan,
		},
		"JPEG with things behind it":        {append(picturetest.JPEG(t, 8, 4), "a film of two seconds"...), upright(picture.JPEG, 8, 4)},
		"JPEG with more before its markers": {bytes.Replace(picturetest.JPEG(t, 8, 4), []byte{0xFF, 0xDB}, []byte{0xFF, 0xFF, 0xFF, 0xDB}, 1), upright(picture.JPEG, 8, 4)},
	} {
		got, err := picture.Read(test.data, picture.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if *got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, *got, test.want)
		}
	}
}

func TestReadKnowsEveryOrientation(t *testing.T) {
	t.Parallel()
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for value := uint16(0); value <= 9; value++ {
			want := picture.Orientation(value)
			if value == 0 || value == 9 {
				want = picture.Upright
			}
			got, err := picture.Read(picturetest.Turned(t, 6, 4, order, value), picture.Limits{})
			if err != nil {
				t.Fatalf("%v, orientation %d: %v", order, value, err)
			}
			if got.Orientation != want || got.Width != 6 || got.Height != 4 {
				t.Errorf("%v, orientation %d: got %+v", order, value, *got)
			}
		}
	}
}

// EXIF data are what cameras and editors make of them. A picture is not refused for them.
func TestReadBearsDamagedEXIF(t *testing.T) {
	t.Parallel()
	good := picturetest.EXIF(binary.LittleEndian, 6)
	for n := range len(good) - 20 { // what is left has no whole orientation
		data := picturetest.WithSegment(picturetest.JPEG(t, 6, 4), 0xE1, append([]byte("Exif\x00\x00"), good[:n]...))
		got, err := picture.Read(data, picture.Limits{})
		if err != nil || got.Orientation != picture.Upright {
			t.Errorf("%d bytes of EXIF data: got %+v, %v", n, got, err)
		}
	}
	far := bytes.Clone(good)
	binary.LittleEndian.PutUint32(far[4:], 0xFFFFFFFE)
	if got, err := picture.Read(withChunk(picturetest.PNG(t, 6, 4), "eXIf", far), picture.Limits{}); err != nil || got.Orientation != picture.Upright {
		t.Errorf("a directory beyond the data: got %+v, %v", got, err)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	small := picturetest.PNG(t, 3, 5)
	changed := func(data []byte, at int, to ...byte) []byte {
		data = bytes.Clone(data)
		copy(data[at:], to)
		return data
	}
	frame := bytes.Index(picturetest.JPEG(t, 8, 4), []byte{0xFF, 0xC0})
	for name, test := range map[string]struct {
		data   []byte
		limits picture.Limits
		want   error
	}{
		"nothing":                          {nil, picture.Limits{}, picture.ErrNotPicture},
		"a text":                           {[]byte("https://example.com/a.png"), picture.Limits{}, picture.ErrNotPicture},
		"a TIFF":                           {picturetest.EXIF(binary.LittleEndian, 1), picture.Limits{}, picture.ErrNotPicture},
		"a PNG without its header":         {append(small[:8:8], small[33:]...), picture.Limits{}, picture.ErrNotPicture},
		"a PNG whose header is damaged":    {changed(small, 19, 9), picture.Limits{}, picture.ErrNotPicture},
		"a PNG with two headers":           {withChunk(small, "IHDR", make([]byte, 13)), picture.Limits{}, picture.ErrNotPicture},
		"a PNG without pixels":             {append(small[:33:33], small[len(small)-12:]...), picture.Limits{}, picture.ErrNotPicture},
		"a PNG of no height":               {pngOfHeader(0), picture.Limits{}, picture.ErrNotPicture},
		"a PNG of more than can be":        {pngOfHeader(1 << 31), picture.Limits{}, picture.ErrNotPicture},
		"a JPEG of no height":              {changed(picturetest.JPEG(t, 8, 4), frame+5, 0, 0), picture.Limits{}, picture.ErrNotPicture},
		"a JPEG without loss":              {changed(picturetest.JPEG(t, 8, 4), frame+1, 0xC3), picture.Limits{}, picture.ErrNotPicture},
		"a JPEG without a frame":           {[]byte("\xff\xd8\xff\xda\x00\x02pixels\xff\xd9"), picture.Limits{}, picture.ErrNotPicture},
		"a JPEG that ends at once":         {[]byte("\xff\xd8\xff\xd9"), picture.Limits{}, picture.ErrNotPicture},
		"a JPEG with a segment of nothing": {[]byte("\xff\xd8\xff\xe0\x00\x00\xff\xd9"), picture.Limits{}, picture.ErrNotPicture},
		"a JPEG with bytes between":        {[]byte("\xff\xd8\xff\xe0\x00\x02abc"), picture.Limits{}, picture.ErrNotPicture},
		"a GIF without an image":           {append(changed(picturetest.GIF(t, 4, 4), 10, 0)[:13:13], ";;"...), picture.Limits{}, picture.ErrNotPicture},
		"too many bytes":                   {small, picture.Limits{Bytes: len(small) - 1}, picture.ErrTooLarge},
		"too many pixels":                  {small, picture.Limits{Pixels: 14}, picture.ErrTooLarge},
		"more pixels than by default":      {pngOfHeader(100_000), picture.Limits{}, picture.ErrTooLarge},
	} {
		_, err := picture.Read(test.data, test.limits)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	if _, err := picture.Read(small, picture.Limits{Bytes: len(small), Pixels: 15}); err != nil {
		t.Errorf("a picture at both limits: %v", err)
	}
}

// pngOfHeader is a PNG that says a width and a height and has hardly a pixel.
func pngOfHeader(side uint32) []byte {
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	content := binary.BigEndian.AppendUint32([]byte("IHDR"), side)
	content = append(binary.BigEndian.AppendUint32(content, side), 8, 0, 0, 0, 0)
	b = append(b, withSum(content)...)
	b = append(append(b, 0, 0, 0, 1), withSum([]byte("IDATx"))...)
	return append(append(b, 0, 0, 0, 0), withSum([]byte("IEND"))...)
}

// Wherever a file is cut, nobody takes it for a picture.
func TestReadFindsWhatIsCutShort(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{"PNG": picturetest.PNG(t, 9, 9), "JPEG": picturetest.Turned(t, 9, 9, binary.BigEndian, 3), "GIF": picturetest.GIF(t, 9, 9)} {
		whole := len(data)
		if name == "GIF" {
			whole-- // its last byte says that no second image follows
		}
		for n := range whole {
			_, err := picture.Read(data[:n], picture.Limits{})
			if !errors.Is(err, picture.ErrTruncated) && (n > 8 || !errors.Is(err, picture.ErrNotPicture)) {
				t.Errorf("%s: the first %d of %d bytes: got %v, want %v", name, n, len(data), err, picture.ErrTruncated)
			}
		}
	}
}

func TestPartStandsForContent(t *testing.T) {
	t.Parallel()
	a, b := picturetest.PNG(t, 3, 5), picturetest.PNG(t, 5, 3)
	if one, two := picture.Part(a, picture.PNG), picture.Part(bytes.Clone(a), picture.PNG); one != two {
		t.Errorf("the same picture twice: %s and %s", one, two)
	}
	if one, two := picture.Part(a, picture.PNG), picture.Part(b, picture.PNG); one == two {
		t.Errorf("two pictures: both are %s", one)
	}
}
