package intake

import (
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// area is a range of cells.
type area struct{ firstColumn, firstRow, lastColumn, lastRow int }

func (a area) String() string {
	return cellName(a.firstColumn, a.firstRow) + ":" + cellName(a.lastColumn, a.lastRow)
}

// parseArea reads A1:B2, or a single cell.
func parseArea(ref string) (area, bool) {
	first, last, two := strings.Cut(ref, ":")
	if !two {
		last = first
	}
	var a area
	var ok1, ok2 bool
	a.firstColumn, a.firstRow, ok1 = parseCell(first)
	a.lastColumn, a.lastRow, ok2 = parseCell(last)
	return a, ok1 && ok2 && a.firstColumn <= a.lastColumn && a.firstRow <= a.lastRow
}

// parseCell reads a reference without "$", within Excel's grid.
func parseCell(ref string) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && i < 4; i++ {
		column = column*26 + int(ref[i]-'A') + 1
	}
	digits := ref[i:]
	if i == 0 || digits == "" || len(digits) > 7 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return 0, 0, false
	}
	row, err := strconv.Atoi(digits)
	return column, row, err == nil && column <= lastColumn && row <= lastRow
}

func cellName(column, row int) string { return cells.Cell{Row: row, Col: column}.Ref() }
