package xlsx

import (
	"strconv"

	"github.com/jetsheet/jetsheet/renderer/xlsx/internal/archive"
)

// rowEncoder writes rows as a sheet's part has them.
type rowEncoder struct {
	// openings begin the cells of each column, up to the number of the row.
	openings []string
	// attributes follow it, by the id of the style.
	attributes []attributes
	digits     []byte
}

// attributes end a cell's reference, name its style and lead to its content, for each
// kind of opening.
type attributes [openings]string

const (
	openNumber = iota
	openBoolean
	openText
	openSpaced
	openFilled
	openings
)

// closings end a cell after its content, for each kind of opening.
var closings = [openings]string{
	openNumber: `</v></c>`, openBoolean: `</v></c>`, openText: `</t></is></c>`, openSpaced: `</t></is></c>`,
}

func newRowEncoder(columns int) *rowEncoder {
	e := &rowEncoder{openings: make([]string, columns)}
	for i := range e.openings {
		e.openings[i] = `<c r="` + columnLetters(i)
	}
	return e
}

// append adds row n, counted from 1. A height of 0 leaves it to the reader; ids are
// the cells' styles.
func (e *rowEncoder) append(rows *archive.Rows, n int, cells []cell, ids []int, height float64) {
	e.digits = strconv.AppendInt(e.digits[:0], int64(n), 10)
	rows.XML = append(append(rows.XML, `<row r="`...), e.digits...)
	rows.BeginRow()
	if height != 0 {
		rows.XML = strconv.AppendFloat(append(rows.XML, `" ht="`...), height, 'f', -1, 64)
		rows.XML = append(rows.XML, `" customHeight="1`...)
	}
	rows.XML = append(rows.XML, `">`...)
	for i := range cells {
		c := &cells[i]
		if c.kind == cellBlank {
			continue
		}
		if ids[i] >= len(e.attributes) {
			e.addAttributes(ids[i])
		}
		rows.XML = append(append(rows.XML, e.openings[i]...), e.digits...)
		rows.BeginCell(i)
		e.appendContent(rows, c, ids[i])
	}
	rows.XML = append(rows.XML, `</row>`...)
}

// attributeEnds are what attributes end with, after the style.
var attributeEnds = [openings]string{
	openNumber: `><v>`, openBoolean: ` t="b"><v>`, openText: ` t="inlineStr"><is><t>`,
	openSpaced: ` t="inlineStr"><is><t xml:space="preserve">`, openFilled: `/>`,
}

// addAttributes makes them for all styles up to that id.
func (e *rowEncoder) addAttributes(id int) {
	for n := len(e.attributes); n <= id; n++ {
		e.attributes = append(e.attributes, newAttributes(n))
	}
}

// newAttributes makes one string and cuts it, which is cheaper than five.
func newAttributes(id int) (a attributes) {
	var starts [openings]int
	b := make([]byte, 0, 160)
	for i, end := range attributeEnds {
		starts[i] = len(b)
		b = append(b, '"')
		if id > 0 {
			b = append(strconv.AppendInt(append(b, ` s="`...), int64(id), 10), '"')
		}
		b = append(b, end...)
	}
	whole := string(b)
	for i := range a[:openings-1] {
		a[i] = whole[starts[i]:starts[i+1]]
	}
	a[openings-1] = whole[starts[openings-1]:]
	return a
}

// appendContent adds what follows the reference of a cell of that style, up to its end.
func (e *rowEncoder) appendContent(rows *archive.Rows, c *cell, id int) {
	opening := c.opening()
	rows.XML = append(rows.XML, e.attributes[id][opening]...)
	rows.BeginValue(uint32(id*openings+opening), c.kind == cellText) //nolint:gosec // Excel has 65,490 styles
	rows.XML = c.appendValue(rows.XML)
	rows.EndValue()
	rows.XML = append(rows.XML, closings[opening]...)
}

func (c *cell) opening() int {
	switch c.kind {
	case cellBool:
		return openBoolean
	case cellFilled:
		return openFilled
	case cellText:
		if needsSpace(c.text, c.traits) {
			return openSpaced
		}
		return openText
	}
	return openNumber
}

func (c *cell) appendValue(b []byte) []byte {
	switch {
	case c.kind == cellText:
		return appendText(b, c.text, c.traits)
	case c.kind == cellBool:
		return append(b, '0'+byte(c.number))
	case c.kind == cellFilled:
		return b
	case c.text != "":
		return append(b, c.text...)
	}
	return appendNumber(b, c.number)
}
