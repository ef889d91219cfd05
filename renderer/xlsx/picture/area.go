package picture

import "math"

// EMU is a length in a drawing: 914,400 to the inch.
type EMU int64

const (
	emuPerPoint EMU = 12700
	emuPerPixel EMU = 9525 // at 96 to the inch
)

// Pixels is a length in pixels of which 96 make an inch.
func Pixels(n int) EMU { return EMU(n) * emuPerPixel }

// RowHeight is the length of a row's height in points.
func RowHeight(points float64) EMU { return EMU(math.Round(points * float64(emuPerPoint))) }

// ColumnWidth is the length of a column's width as a sheet has it, in characters of the
// workbook's first font with the room beside them. digit is the width of that font's
// digits in pixels: 7 for Calibri 11, 8 for the fonts that Excel has in Japan at 11 points.
func ColumnWidth(characters float64, digit int) EMU {
	padding := math.Trunc(128 / float64(digit))
	return Pixels(int((256*characters + padding) / 256 * float64(digit)))
}

// Size is that of a picture as it is seen.
type Size struct{ Width, Height EMU }

// Area is the cell, or the cells that are merged, into which a picture is fitted.
type Area struct {
	// Column and Row are those of the first cell, from 0.
	Column, Row int
	// Widths and Heights are those of all its columns and rows.
	Widths, Heights []EMU
}

// Anchor is where a picture lies: from the left upper to the right lower corner of what
// is seen of it.
type Anchor struct {
	From, To Corner
	Size     Size
}

// Corner is a place in a cell, counted from the cell's left upper corner.
type Corner struct {
	Column, Row             int
	ColumnOffset, RowOffset EMU
}

// margin is what is left free on each side, so that the borders of the cells are seen.
const margin = 2 * emuPerPixel

// Fit puts a picture into the middle of an area, as large as it can be without distortion;
// a zero field of most does not limit it.
func (a Area) Fit(p *Picture, most Size) Anchor {
	whole := Size{sum(a.Widths), sum(a.Heights)}
	size := p.fit(Size{inside(whole.Width, most.Width), inside(whole.Height, most.Height)})
	left, top := max(whole.Width-size.Width, 0)/2, max(whole.Height-size.Height, 0)/2
	anchor := Anchor{Size: size}
	anchor.From.Column, anchor.From.ColumnOffset = locate(a.Column, a.Widths, left)
	anchor.From.Row, anchor.From.RowOffset = locate(a.Row, a.Heights, top)
	anchor.To.Column, anchor.To.ColumnOffset = locate(a.Column, a.Widths, left+size.Width)
	anchor.To.Row, anchor.To.RowOffset = locate(a.Row, a.Heights, top+size.Height)
	return anchor
}

func inside(whole, most EMU) EMU {
	room := max(whole-2*margin, min(whole, emuPerPixel), 1)
	if most != 0 {
		return min(room, most)
	}
	return room
}

// fit gives the largest size within a box that has the picture's proportions.
func (p *Picture) fit(box Size) Size {
	width, height := float64(p.Width), float64(p.Height)*p.PixelRatio
	if p.Orientation.sideways() {
		width, height = height, width
	}
	scale := math.Min(float64(box.Width)/width, float64(box.Height)/height)
	return Size{max(EMU(width*scale), 1), max(EMU(height*scale), 1)}
}

func sum(lengths []EMU) (total EMU) {
	for _, l := range lengths {
		total += l
	}
	return total
}

// locate finds the column or row in which a distance from the first one ends.
func locate(first int, lengths []EMU, distance EMU) (at int, offset EMU) {
	for i, l := range lengths {
		if distance <= l || i == len(lengths)-1 {
			return first + i, distance
		}
		distance -= l
	}
	return first, distance
}
