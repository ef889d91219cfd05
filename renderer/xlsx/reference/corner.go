package reference

import "strconv"

// corner is one end of a reference. Column 0 stands for a whole row's, row 0
// for a whole column's.
type corner struct {
	column, row           int
	fixedColumn, fixedRow bool // with $
}

func (c corner) isCell() bool   { return c.column > 0 && c.row > 0 }
func (c corner) isRow() bool    { return c.column == 0 }
func (c corner) isColumn() bool { return c.row == 0 }

// parseCorner reads $A$1, A1, $A, A, $1 or 1 in whatever case, and nothing beyond it.
func parseCorner[T string | []byte](s T) (c corner, ok bool) {
	i := 0
	dollar := func() bool {
		if i < len(s) && s[i] == '$' {
			i++
			return true
		}
		return false
	}
	fixed := dollar()
	for ; i < len(s) && isLetter(s[i]); i++ {
		if c.column = c.column*26 + int(s[i]|0x20-'a') + 1; c.column > MaxColumn {
			return corner{}, false
		}
	}
	if c.column > 0 {
		c.fixedColumn = fixed
		if i == len(s) {
			return c, true
		}
		fixed = dollar()
	}
	c.fixedRow = fixed
	for ; i < len(s) && isDigit(s[i]); i++ {
		if c.row = c.row*10 + int(s[i]-'0'); c.row > MaxRow || c.row == 0 {
			return corner{}, false
		}
	}
	return c, i == len(s) && c.row > 0
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
func isDigit(b byte) bool  { return '0' <= b && b <= '9' }

func (c corner) append(dst []byte) []byte {
	if c.column > 0 {
		if c.fixedColumn {
			dst = append(dst, '$')
		}
		dst = appendColumn(dst, c.column)
	}
	if c.row > 0 {
		if c.fixedRow {
			dst = append(dst, '$')
		}
		dst = strconv.AppendInt(dst, int64(c.row), 10)
	}
	return dst
}

// appendColumn appends a column's letters.
func appendColumn(dst []byte, column int) []byte {
	if column > 26 {
		dst = appendColumn(dst, (column-1)/26)
	}
	return append(dst, byte('A'+(column-1)%26))
}
