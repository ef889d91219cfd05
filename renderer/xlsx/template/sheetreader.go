package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// sheetReader reads a sheet's part.
type sheetReader struct {
	scanner
	compiler *compiler
	sheet    *sheet
	row      *row
	// last are the number of the last row and the column of its last cell.
	lastRow, lastColumn int
	// endRow and endColumn are those of the last cells.
	endRow, endColumn int
	// shared are the formulas that other cells share, by their number.
	shared map[string]sharedFormula
}

type sharedFormula struct {
	formula     *reference.Formula
	row, column int
}

// read cuts the part at its rows and reads them.
func (r *sheetReader) read() error {
	for {
		t, ok, err := r.next()
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("it has no rows element")
		}
		if !t.is("sheetData") {
			continue
		}
		head := r.b[:t.start]
		if t.kind == tagOpen {
			if err := r.readRows(); err != nil {
				return err
			}
		}
		if r.sheet.head, err = withoutWrongDimension(head, r.endRow, r.endColumn); err != nil {
			return err
		}
		if r.sheet.tail, err = withoutDisplays(r.b[r.at:]); err != nil {
			return err
		}
		if r.sheet.tail, err = withLocations(r.sheet.tail, r.sheet.relations); err != nil {
			return err
		}
		if r.sheet.merged, err = readMerged(r.sheet.tail); err != nil {
			return err
		}
		r.applyNames()
		return nil
	}
}

func (r *sheetReader) readRows() error {
	for {
		t, ok, err := r.next()
		switch {
		case err != nil:
			return err
		case !ok:
			return errEnd
		case t.is("sheetData"):
			return nil
		case !t.is("row"):
			return fmt.Errorf("byte %d: %s is not known among rows", t.start, t.name)
		case t.kind == tagClose:
			continue
		}
		if err := r.readRow(t); err != nil {
			return err
		}
	}
}

func (r *sheetReader) readRow(t tag) error {
	number := r.lastRow + 1
	if text := t.get("r"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < number || n > reference.MaxRow {
			return fmt.Errorf("row %q is out of place after row %d", text, r.lastRow)
		}
		number = n
	}
	r.lastRow, r.lastColumn = number, 0
	t = t.with("r", strconv.Itoa(number))
	_, start, end := t.attribute("r")
	r.row = &row{number: number, before: t.raw[:start], after: t.raw[end:]}
	r.sheet.rows = append(r.sheet.rows, r.row)
	if t.kind == tagEmpty {
		return nil
	}
	r.row.end = []byte("</row>")
	for {
		t, ok, err := r.next()
		switch {
		case err != nil:
			return err
		case !ok:
			return errEnd
		case t.is("row"):
			return nil
		case !t.is("c"):
			return fmt.Errorf("byte %d: %s is not known in a row", t.start, t.name)
		}
		if err := r.readCell(t); err != nil {
			return err
		}
	}
}

func (r *sheetReader) readCell(t tag) error {
	column := r.lastColumn + 1
	if text := t.get("r"); text != "" {
		letters := strings.TrimRight(text, "0123456789")
		n := columnNumber(letters)
		if n < column || n > reference.MaxColumn || text[len(letters):] != strconv.Itoa(r.row.number) {
			return fmt.Errorf("cell %q is out of place in row %d", text, r.row.number)
		}
		column = n
	}
	r.lastColumn = column
	r.endRow, r.endColumn = r.row.number, max(r.endColumn, column)
	content, err := r.element(t)
	if err != nil {
		return err
	}
	c := &cell{column: column}
	r.row.cells = append(r.row.cells, c)
	t = t.with("r", r.reference(c))
	if style := t.get("s"); style != "" {
		if c.style, err = strconv.Atoi(style); err != nil {
			return fmt.Errorf("cell %s has the style %q", r.reference(c), style)
		}
	}
	c.holds = len(content) > 0
	done, err := r.readFormula(c, t, content)
	if err == nil && !done {
		done, err = r.readText(c, t, content)
	}
	if err != nil || done {
		return err
	}
	c.cut(t)
	if t.kind == tagOpen {
		c.after = append(append(c.after[:len(c.after):len(c.after)], content...), "</c>"...)
	}
	return nil
}

// reference is where the cell stands in the template.
func (r *sheetReader) reference(c *cell) string {
	return columnLetters(c.column) + strconv.Itoa(r.row.number)
}

// cut takes the tag apart where the row's number is.
func (c *cell) cut(t tag) {
	_, start, end := t.attribute("r")
	c.before = t.raw[:start+len(columnLetters(c.column))]
	c.after = t.raw[end:]
}

// columnNumber reads a column's letters; 0 for what are none.
func columnNumber(letters string) int {
	n := 0
	for _, c := range []byte(letters) {
		if c < 'A' || c > 'Z' || n > reference.MaxColumn {
			return 0
		}
		n = n*26 + int(c-'A') + 1
	}
	return n
}

// columnLetters writes a column's number, from 1.
func columnLetters(n int) string {
	var b [4]byte
	i := len(b)
	for ; n > 0; n = (n - 1) / 26 {
		i--
		b[i] = byte('A' + (n-1)%26)
	}
	return string(b[i:])
}
