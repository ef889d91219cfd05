package template

import (
	"fmt"
	"strconv"
)

// A file of some kilobytes can ask for gigabytes: a block of thousands of long formulas, and a
// thousand records. So a workbook has a bound in bytes as it has one in rows.
const (
	// defaultMaxBytes is twice what 100,000 rows of 100 cells take, and seconds of work.
	defaultMaxBytes = 1 << 30
	// maxByExcelize is how many rows blocks may have where excelize copies them: each takes a
	// pass over those before.
	maxByExcelize = 5000
	// maxBytesByExcelize is how much of the template excelize may copy: it holds all cells
	// until the end, and takes some five bytes for each.
	maxBytesByExcelize = 64 << 20
	// maxParsedByExcelize is how many bytes of formulas it may read, which it does for each
	// row that it copies: minutes of work.
	maxParsedByExcelize = 512 << 20
)

// takes counts what has been written of a row, up to a cell of it.
func (w *pageWriter) takes(written int, r *row, c *cell) error {
	most := w.template.options.MaxBytes
	if w.bytes+int64(written) <= most {
		return nil
	}
	return &PlaceError{Sheet: w.page.sheet.name, Cell: columnLetters(c.column) + strconv.Itoa(r.number), Err: fmt.Errorf(
		"row %s of the workbook's sheet %q: up to here its sheets have more than %d MiB, unpacked; give the report fewer rows, or the template's blocks fewer cells and shorter formulas",
		w.digits, w.page.name, most>>20)}
}

// boundCopies refuses what would be too much for excelize.
func (f *filling) boundCopies() error {
	if f.rows > maxByExcelize {
		return f.tooMuchForExcelize(fmt.Sprintf("%d rows, and they have %d", maxByExcelize, f.rows))
	}
	bytes, ofFormulas := 0, 0
	for _, p := range f.pages {
		err := eachRow(p.sheet.body, p.blocks, p.frame, 0, func(r *row, _ *frame, _ int) error {
			others, formulas := r.bytes()
			bytes, ofFormulas = bytes+others+formulas, ofFormulas+formulas
			switch {
			case bytes > maxBytesByExcelize:
				return f.tooMuchForExcelize(fmt.Sprintf("%d MiB, unpacked, and they have more", maxBytesByExcelize>>20))
			case ofFormulas*f.rows > maxParsedByExcelize:
				return f.tooMuchForExcelize(fmt.Sprintf("formulas of %d KiB in their %d rows, and they have more", maxParsedByExcelize/f.rows>>10, f.rows))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *filling) tooMuchForExcelize(limit string) error {
	r := f.template.reasons[0]
	return &PlaceError{Sheet: r.Sheet, Cell: r.Cell, Err: fmt.Errorf(
		"%s: with this, the template's blocks may have %s; take it out of the template, or give the report fewer rows", r.Why, limit)}
}

// bytes is about how many a row has in the template, those of its formulas apart.
func (r *row) bytes() (others, formulas int) {
	others = len(r.before) + len(r.after) + len(r.end)
	for _, c := range r.cells {
		others += len(c.before) + len(c.after) + len(c.empty)
		if c.formula != nil {
			formulas += len(c.formula.text)
		}
	}
	return others, formulas
}
