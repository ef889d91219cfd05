package renderer

import (
	"fmt"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// maxSheets bounds how many sheets the values of a column make. Excel itself has no
// limit but memory; with some thousand sheets it opens a workbook no more in a
// reasonable time.
const maxSheets = 1024

// sheetBy gives each value of a column a sheet, in the order of the rows.
type sheetBy struct {
	query, column string
	from          int // the query's column
	value         []byte
	seen          map[string]bool
	rows          int64
}

// newSheetBy finds the column; nil for a definition that names none.
func newSheetBy(def *report.Sheet, columns []query.Column) (*sheetBy, error) {
	if def.SheetBy == "" {
		return nil, nil
	}
	for i, c := range columns {
		if c.Name == def.SheetBy {
			return &sheetBy{query: def.Rows, column: c.Name, from: i, seen: map[string]bool{}}, nil
		}
	}
	return nil, fmt.Errorf("the query %s gives no column %q, which is to make the sheets (sheetBy)", def.Rows, def.SheetBy)
}

// next takes the value of a row and says whether it begins a sheet.
func (b *sheetBy) next(v query.Value) (begins bool, err error) {
	b.rows++
	known := len(b.value)
	b.value = v.AppendText(b.value)
	same := b.rows > 1 && string(b.value[known:]) == string(b.value[:known])
	b.value = append(b.value[:0], b.value[known:]...)
	switch {
	case same:
		return false, nil
	case b.seen[string(b.value)]:
		return false, fmt.Errorf("row %d of the query %s has %s %q again after other ones; each value gets one sheet (sheetBy), so order the query by %s first",
			b.rows, b.query, b.column, b.value, b.column)
	case len(b.seen) == maxSheets:
		return false, fmt.Errorf("the query %s gives more than %d values of %s, and each gets a sheet (sheetBy); have targets give a row, and so a workbook, for each of them instead",
			b.query, maxSheets, b.column)
	}
	b.seen[string(b.value)] = true
	return true, nil
}

// turn goes on to the next sheet where a row's value begins one.
func (s *sheet) turn(v query.Value) error {
	begins, err := s.by.next(v)
	if err != nil {
		return &WorkbookError{err}
	}
	if !begins {
		return nil
	}
	if err := s.close(); err != nil {
		return err
	}
	return s.open(string(s.by.value))
}

// openOnly begins a sheet without a value where a workbook without records would have
// no sheet at all.
func (s *sheet) openOnly() error {
	if s.writer != nil || s.r.opened > 0 {
		return nil
	}
	return s.open("")
}
