package template

import (
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// sheet is a sheet of the template, cut at what is written anew when it is filled.
type sheet struct {
	name  string
	index int
	part  *part
	// relation is the id of the workbook's relation to the part.
	relation string
	// worksheet is false for sheets without cells, such as charts.
	worksheet bool
	// relations lead to its drawings, tables and so on.
	relations []relation
	// head and tail are what is before and behind its rows, the element of the rows excluded.
	head, tail []byte
	rows       []*row
	merged     mergedCells
	// across are merged cells that an edge of a block crosses: they grow with it.
	across []string
	// body has the rows in the order of the sheet, those of blocks in their blocks.
	body []node
	// lone are rows that only have markers of blocks: they are left out.
	lone []int
	// blocks counts the blocks, those within others included.
	blocks int
	// boundsUnknown is set if what is meant as a block's marker cannot be read.
	boundsUnknown bool
	// title is the sheet's name, if there are markers in it.
	title *title
	// drawing is the part that pictures are placed in; nil if there are none.
	drawing *part
	// linked is the part of the sheet's relations, if there are markers of links.
	linked *part
	// bound are the parts that are copied with the sheet.
	bound []*part
	// filled sheets have markers, the others are only written anew if formulas reach out of them.
	filled bool
}

// node is a row or a block.
type node struct {
	row   *row
	block *block
}

// row is a row as it stands in the template. Its number goes between before and after.
type row struct {
	number             int
	before, after, end []byte
	cells              []*cell
	// bounds are the markers of blocks in it.
	bounds []bound
	// loneUntil is the last of the rows, from this one, that have nothing but these; 0 if
	// there is more in it, or cells of the block that ends here are merged down to it.
	loneUntil int
	// fitted is set if texts may make it higher.
	fitted *fitted
}

// bound is a marker at which a block begins or ends.
type bound struct {
	marker *marker
	cell   *cell
	row    int
	text   string
	// named is set if a name of the rows is the marker.
	named bool
}

// cell is a cell as it stands in the template. The row's number goes between before and
// after. At most one of field, words and formula is not nil; without any, after has all.
type cell struct {
	column        int // from 1
	before, after []byte
	// empty is instead of after where a field has no value, or words with fields have no row.
	empty   []byte
	style   int
	field   *field
	words   words
	formula *formula
	// holds is set if anything is in the cell beside markers of blocks.
	holds bool
	// under is the cell without what it holds, for where merged cells that grow with a block
	// cover it; nil if none can.
	under *cell
}

// formula is a cell's formula. What the cell had for a result is dropped.
type formula struct {
	parsed *reference.Formula
	// tag is the formula's opening tag, up to the range of an array formula.
	tag []byte
	// text is the formula as it stands in the part.
	text []byte
	// array is the range of an array formula; rest is the tag behind it.
	array string
	rest  []byte
}

// field is a marker that a value is written for.
type field struct {
	// id is the number of its name in the template.
	id     int
	marker *marker
	format format
	cell   string
	// image is set for pictures, which are fitted into the area and are at most as large
	// as most; byKey for those of them of which the data has the key.
	image, byKey bool
	area         picture.Area
	most         picture.Size
	// link is set for links of their cells.
	link bool
}
