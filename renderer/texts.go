package renderer

import "github.com/jetsheet/jetsheet/renderer/xlsx"

// texts gathers the text of one row's cells, which is borrowed from the query, so that
// a row costs one allocation for it and not one for every cell.
type texts struct {
	bytes []byte
	cells []textCell // by column of the sheet
}

// textCell is where the text of a cell lies.
type textCell struct {
	from, to int
	kind     xlsx.Kind // KindNull where the cell is not text
}

func newTexts(columns int) texts { return texts{cells: make([]textCell, columns)} }

func (t *texts) reset() {
	t.bytes = t.bytes[:0]
	clear(t.cells)
}

// put makes a column's cell text, a decimal number, an odd time or a picture.
func (t *texts) put(column int, kind xlsx.Kind, text []byte) {
	from := len(t.bytes)
	t.bytes = append(t.bytes, text...)
	t.cells[column] = textCell{from, len(t.bytes), kind}
}

// drop says that a column's cell is not text after all.
func (t *texts) drop(column int) { t.cells[column].kind = xlsx.KindNull }

// fill makes the values.
func (t *texts) fill(values []xlsx.Value) {
	all := string(t.bytes)
	for column, c := range t.cells {
		if c.kind != xlsx.KindNull {
			values[column] = valueOfText(c.kind, all[c.from:c.to])
		}
	}
}
