package template

import (
	"strconv"
	"strings"
)

// withoutWrongDimension takes the range in use out of what is said before a sheet's rows,
// if cells lie behind it. Some programs write A1 whatever there is, and readers that
// believe it see one cell; without one they look for themselves.
func withoutWrongDimension(head []byte, lastRow, lastColumn int) ([]byte, error) {
	e := newEdit(head)
	err := e.each(func(t *tag) error {
		if t.local() != "dimension" || reaches(t.get("ref"), lastRow, lastColumn) {
			return nil
		}
		if _, err := e.element(*t); err != nil {
			return err
		}
		e.replace(t.start, e.at, nil)
		return nil
	})
	return e.bytes(), err
}

// reaches says that a range goes as far as a cell.
func reaches(ref string, row, column int) bool {
	if _, end, isRange := strings.Cut(ref, ":"); isRange {
		ref = end
	}
	letters := strings.TrimRight(ref, "0123456789")
	last, err := strconv.Atoi(ref[len(letters):])
	return err == nil && last >= row && columnNumber(letters) >= column
}
