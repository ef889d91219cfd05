package picture_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

func read(t *testing.T, data []byte) *picture.Picture {
	t.Helper()
	p, err := picture.Read(data, picture.Limits{})
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return p
}

// A picture is 2 pixels off the borders of its cell, in its middle, and keeps its
// proportions as they are seen.
func TestFit(t *testing.T) {
	t.Parallel()
	cell := picture.Area{Column: 2, Row: 7, Widths: []picture.EMU{picture.Pixels(204)}, Heights: []picture.EMU{picture.Pixels(104)}}
	fax := withChunk(picturetest.PNG(t, 200, 50), "pHYs", []byte{0, 0, 0x10, 0, 0, 0, 0x08, 0, 1})
	for name, test := range map[string]struct {
		data                     []byte
		most                     picture.Size
		left, top, width, height int
	}{
		"wide":     {picturetest.PNG(t, 400, 100), picture.Size{}, 2, 27, 200, 50},
		"high":     {picturetest.PNG(t, 100, 400), picture.Size{}, 89, 2, 25, 100},
		"small":    {picturetest.PNG(t, 10, 5), picture.Size{}, 2, 2, 200, 100},
		"turned":   {picturetest.Turned(t, 400, 100, binary.BigEndian, 6), picture.Size{}, 89, 2, 25, 100},
		"mirrored": {picturetest.Turned(t, 400, 100, binary.BigEndian, 2), picture.Size{}, 2, 27, 200, 50},
		"a fax":    {fax, picture.Size{}, 2, 2, 200, 100},
		"limited":  {picturetest.PNG(t, 400, 100), picture.Size{Width: picture.Pixels(100), Height: picture.Pixels(500)}, 52, 39, 100, 25},
	} {
		at := cell.Fit(read(t, test.data), test.most)
		from, to := at.From, at.To
		if from.Column != 2 || to.Column != 2 || from.Row != 7 || to.Row != 7 {
			t.Errorf("%s: it leaves its cell: %+v", name, at)
		}
		for what, pair := range map[string][2]picture.EMU{
			"left": {from.ColumnOffset, picture.Pixels(test.left)}, "right": {to.ColumnOffset, picture.Pixels(test.left + test.width)},
			"top": {from.RowOffset, picture.Pixels(test.top)}, "bottom": {to.RowOffset, picture.Pixels(test.top + test.height)},
			"width": {at.Size.Width, picture.Pixels(test.width)}, "height": {at.Size.Height, picture.Pixels(test.height)},
		} {
			if math.Abs(float64(pair[0]-pair[1])) > float64(picture.Pixels(1)) {
				t.Errorf("%s: %s: got %d EMU, want %d", name, what, pair[0], pair[1])
			}
		}
	}
}

func TestFitFindsTheCellsOfMergedOnes(t *testing.T) {
	t.Parallel()
	area := picture.Area{
		Column: 1, Row: 1,
		Widths:  []picture.EMU{picture.Pixels(50), picture.Pixels(50), picture.Pixels(100)},
		Heights: []picture.EMU{picture.Pixels(20), picture.Pixels(20), 0, picture.Pixels(40)},
	}
	at := area.Fit(read(t, picturetest.PNG(t, 76, 76)), picture.Size{})
	want := picture.Anchor{
		From: picture.Corner{Column: 2, ColumnOffset: picture.Pixels(12), Row: 1, RowOffset: picture.Pixels(2)},
		To:   picture.Corner{Column: 3, ColumnOffset: picture.Pixels(38), Row: 4, RowOffset: picture.Pixels(38)},
		Size: picture.Size{Width: picture.Pixels(76), Height: picture.Pixels(76)},
	}
	if at != want {
		t.Errorf("got %+v\nwant %+v", at, want)
	}
}

// A row or column that is hidden, is a pixel, or is narrower than the margins, still has
// room for a speck, which does not leave what is seen of it.
func TestFitIntoNothing(t *testing.T) {
	t.Parallel()
	sizes := []picture.EMU{0, 1, picture.Pixels(1), picture.Pixels(3), picture.Pixels(50)}
	for _, width := range sizes {
		for _, height := range sizes {
			at := picture.Area{Widths: []picture.EMU{width}, Heights: []picture.EMU{height}}.Fit(read(t, picturetest.PNG(t, 10, 10)), picture.Size{})
			if at.Size.Width < 1 || at.Size.Height < 1 || at.From.ColumnOffset < 0 || at.From.RowOffset < 0 ||
				at.To.ColumnOffset > max(width, 1) || at.To.RowOffset > max(height, 1) {
				t.Errorf("%d × %d: %+v", width, height, at)
			}
		}
	}
}

// The widths are those that Excel shows when a border between columns is dragged.
func TestColumnWidth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		characters float64
		digit      int
		pixels     int
	}{{9.140625, 7, 64}, {8.7109375, 7, 61}, {20.7109375, 7, 145}, {9, 8, 72}, {0, 7, 0}} {
		if got, want := picture.ColumnWidth(test.characters, test.digit), picture.Pixels(test.pixels); got != want {
			t.Errorf("%v characters of %d pixels: got %d, want %d", test.characters, test.digit, got, want)
		}
	}
}
