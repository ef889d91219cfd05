package verify

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// corner is one end of a range in a formula; column 0 is that of whole rows, row 0 that of
// whole columns.
type corner struct {
	column, row           int
	fixedColumn, fixedRow bool // with $
}

var cornerText = regexp.MustCompile(`^(?i:(\$?)([A-Z]{1,3}))?(?:(\$?)([1-9][0-9]{0,6}))?$`)

func cornerOf(text string) (corner, bool) {
	parts := cornerText.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return corner{}, false
	}
	c := corner{fixedColumn: parts[1] != "", fixedRow: parts[3] != ""}
	if parts[2] != "" {
		c.column = columnNumber(strings.ToUpper(parts[2]))
	}
	if parts[4] != "" {
		row, err := strconv.Atoi(parts[4])
		if c.row = row; err != nil || row > sheetRows {
			return corner{}, false
		}
	}
	return c, c.column <= sheetColumns
}

// sheetColumns is how many columns a sheet of Excel's has.
const sheetColumns = 16_384

// like says whether both are cells, rows or columns.
func (c corner) like(other corner) bool {
	return (c.row > 0) == (other.row > 0) && (c.column > 0) == (other.column > 0)
}

func (c corner) String() string {
	var b strings.Builder
	if c.fixedColumn {
		b.WriteByte('$')
	}
	if c.column > 0 {
		b.WriteString(strings.TrimSuffix(cells.Cell{Row: 1, Col: c.column}.Ref(), "1"))
	}
	if c.fixedRow {
		b.WriteByte('$')
	}
	if c.row > 0 {
		b.WriteString(strconv.Itoa(c.row))
	}
	return b.String()
}

// offset is the corner as it is when its formula is copied so many cells down and to the right.
func (c corner) offset(rows, columns int) corner {
	if c.row > 0 && !c.fixedRow {
		c.row = wrapped(c.row+rows, sheetRows)
	}
	if c.column > 0 && !c.fixedColumn {
		c.column = wrapped(c.column+columns, sheetColumns)
	}
	return c
}

func wrapped(n, limit int) int { return ((n-1)%limit+limit)%limit + 1 }

// cellRange is what a reference names on a sheet; a single cell is written as one.
type cellRange struct {
	from, to corner
	single   bool
}

// rangeOf puts the upper row first.
func rangeOf(from, to corner) cellRange {
	if from.row > to.row {
		from.row, to.row = to.row, from.row
		from.fixedRow, to.fixedRow = to.fixedRow, from.fixedRow
	}
	return cellRange{from: from, to: to}
}

func (r cellRange) hasRows() bool { return r.from.row > 0 }

func (r cellRange) offset(rows, columns int) cellRange {
	r.from, r.to = r.from.offset(rows, columns), r.to.offset(rows, columns)
	return r
}

// in is the range with other rows.
func (r cellRange) in(s rowSpan) cellRange {
	r.single = r.single && s.first == s.last
	r.from.row, r.to.row = s.first, s.last
	return r
}

// short is the range with one of one cell written as that.
func (r cellRange) short() cellRange {
	r.single = r.from.column > 0 && r.from.column == r.to.column && r.from.row == r.to.row
	return r
}

func (r cellRange) String() string {
	if r.single {
		return r.from.String()
	}
	return r.from.String() + ":" + r.to.String()
}
