package xlsx

import "strconv"

// area is a range of cells, columns counted from 0 and rows from 1.
type area struct{ firstColumn, lastColumn, firstRow, lastRow int }

// String is the range as cells name it.
func (a area) String() string {
	return reference(a.firstColumn, a.firstRow) + ":" + reference(a.lastColumn, a.lastRow)
}

// absolute is the range as names of the workbook have it.
func (a area) absolute() string {
	return "$" + columnLetters(a.firstColumn) + "$" + strconv.Itoa(a.firstRow) +
		":$" + columnLetters(a.lastColumn) + "$" + strconv.Itoa(a.lastRow)
}

// reference is a cell's name, from a column counted from 0 and a row from 1.
func reference(column, row int) string {
	return columnLetters(column) + strconv.Itoa(row)
}

func columnLetters(column int) string {
	var b [3]byte
	i := len(b)
	for column++; column > 0; column = (column - 1) / 26 {
		i--
		b[i] = byte('A' + (column-1)%26)
	}
	return string(b[i:])
}
