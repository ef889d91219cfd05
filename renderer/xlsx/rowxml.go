package xlsx

import "strconv"

// rowEncoder writes rows as a sheet's part has them.
type rowEncoder struct {
	// openings begin the cells of each column, up to the number of the row.
	openings []string
	// attributes follow it, by the id of the style.
	attributes []attributes
	digits     []byte
}

// attributes end a cell's reference, name its style and lead to its content.
type attributes struct{ number, boolean, text, spaced string }

func newRowEncoder(columns int) *rowEncoder {
	e := &rowEncoder{openings: make([]string, columns)}
	for i := range e.openings {
		e.openings[i] = `<c r="` + columnLetters(i)
	}
	return e
}

// append writes row n, counted from 1. A height of 0 leaves it to the reader;
// ids are the cells' styles.
func (e *rowEncoder) append(b []byte, n int, cells []cell, ids []int, height float64) []byte {
	e.digits = strconv.AppendInt(e.digits[:0], int64(n), 10)
	b = append(append(b, `<row r="`...), e.digits...)
	if height != 0 {
		b = strconv.AppendFloat(append(b, `" ht="`...), height, 'f', -1, 64)
		b = append(b, `" customHeight="1`...)
	}
	b = append(b, `">`...)
	for i := range cells {
		c := &cells[i]
		if c.kind == cellBlank {
			continue
		}
		if ids[i] >= len(e.attributes) {
			e.addAttributes(ids[i])
		}
		b = append(append(b, e.openings[i]...), e.digits...)
		b = c.appendContent(b, &e.attributes[ids[i]])
	}
	return append(b, `</row>`...)
}

// addAttributes makes them for all styles up to that id.
func (e *rowEncoder) addAttributes(id int) {
	for n := len(e.attributes); n <= id; n++ {
		end := `"`
		if n > 0 {
			end = `" s="` + strconv.Itoa(n) + `"`
		}
		e.attributes = append(e.attributes, attributes{
			number: end + `><v>`, boolean: end + ` t="b"><v>`,
			text: end + ` t="inlineStr"><is><t>`, spaced: end + ` t="inlineStr"><is><t xml:space="preserve">`,
		})
	}
}

// appendContent writes what follows the reference of a cell, up to its end.
func (c *cell) appendContent(b []byte, a *attributes) []byte {
	switch {
	case c.kind == cellText:
		opening := a.text
		if needsSpace(c.text, c.traits) {
			opening = a.spaced
		}
		b = appendText(append(b, opening...), c.text, c.traits)
		return append(b, `</t></is></c>`...)
	case c.kind == cellBool:
		b = append(append(b, a.boolean...), '0'+byte(c.number))
	case c.text != "":
		b = append(append(b, a.number...), c.text...)
	default:
		b = appendNumber(append(b, a.number...), c.number)
	}
	return append(b, `</v></c>`...)
}
