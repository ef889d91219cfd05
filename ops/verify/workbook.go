package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// sharedStringBytes bounds what a hostile workbook costs; ours have none.
const sharedStringBytes = 64 << 20

// checkWorkbook reads the workbook to its end and, in a deep check, compares it.
func (c *conversion) checkWorkbook(ctx context.Context, copied *objectCopy, sheets string) error {
	book, err := cells.Open(copied, copied.size, cells.Limits{SharedStringBytes: sharedStringBytes})
	if err == nil {
		err = c.checkRows(ctx, book, sheets)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, cells.ErrMalformed):
		c.problem(KindWorkbookMalformed, "workbook", err.Error(), "a sound workbook")
		return nil
	case err != nil:
		return fmt.Errorf("read the workbook of %s: %w", c.id, err)
	}
	if !c.v.options.Deep {
		return nil
	}
	return c.compare(ctx, book)
}

// checkRows counts rows and sheets. What a template gives besides records is not known.
func (c *conversion) checkRows(ctx context.Context, book *cells.Book, sheets string) error {
	around, err := c.around(ctx, book)
	if err != nil {
		return c.incomparable(err)
	}
	var rows int64
	for i, sheet := range book.Sheets() {
		if !sheet.Worksheet {
			continue
		}
		n, err := recordRows(ctx, sheet)
		if err != nil {
			return err
		}
		if around != nil {
			rows += int64(max(0, n-around[i]))
		}
	}
	if around == nil {
		rows = c.done.Rows
	}
	c.v.findings.count(func(r *Report) {
		r.Rows += rows
		if r.Largest == nil || rows > r.Largest.Rows || rows == r.Largest.Rows && c.done.Key < r.Largest.Key {
			r.Largest = &Workbook{Conversion: c.id.String(), Key: c.done.Key, Rows: rows, SizeBytes: c.done.SizeBytes}
		}
	})
	c.same(KindRowsDiffer, "rows", strconv.FormatInt(rows, 10), strconv.FormatInt(c.done.Rows, 10))
	c.same(KindRowsDiffer, "sheets", strconv.Itoa(len(book.Sheets())), sheets)
	return nil
}

// recordRows counts a sheet's rows, but for one of totals: it has formulas, and rows of
// records never do.
func recordRows(ctx context.Context, sheet *cells.Sheet) (rows int, err error) {
	totals := 0
	err = sheet.Rows(func(row int, line []cells.Cell) error {
		rows = row
		if slices.ContainsFunc(line, func(c cells.Cell) bool { return c.Formula != "" }) {
			totals = 1
		}
		return ctx.Err()
	})
	return rows - totals, err
}
