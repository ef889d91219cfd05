package verify

import (
	"context"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// formRows compares the rows of one sheet with those of a form's.
type formRows struct {
	cells *formCells
	page  *formPage
	// pages are those of each sheet of the form.
	pages map[string][]*formPage
	sheet *sheetComparison
}

// compare compares the rows of a copy.
func (f *formRows) compare(ctx context.Context, c *formCopy) error {
	for _, s := range c.stretches {
		if s.block == nil {
			if err := f.plain(ctx, c, s); err != nil {
				return err
			}
		}
		for _, inner := range s.copies {
			if err := f.compare(ctx, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// plain compares rows that are there once in a copy, but for those below all that the form has.
func (f *formRows) plain(ctx context.Context, c *formCopy, s stretch) error {
	for number := s.first; number <= min(s.last, f.page.drawn.last); number++ {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := f.expect(f.page.drawn.rows[number], c); err != nil {
			return err
		}
		if err := f.sheet.compareRow(false); err != nil {
			return err
		}
	}
	return nil
}

// expect works out the cells of a row.
func (f *formRows) expect(row []formCell, c *formCopy) error {
	want := f.sheet.want[:0]
	for i := range row {
		cell, err := f.cell(&row[i], c)
		if err != nil {
			return err
		}
		for len(want) < row[i].drawn.Col {
			want = append(want, expected{})
		}
		want[row[i].drawn.Col-1] = cell
	}
	f.sheet.want = want
	return nil
}

func (f *formRows) cell(cell *formCell, c *formCopy) (expected, error) {
	if f.page.covers(cell.drawn, f.sheet.number) {
		return expected{}, nil
	}
	want, err := f.cells.cell(cell, c.at)
	if want.drawn != nil && want.drawn.Formula != "" {
		want.formula = f.formula(want.drawn, c)
	}
	return want, err
}

// formula is what a formula must be in a copy; nil where nothing can be said.
func (f *formRows) formula(drawn *cells.Cell, c *formCopy) formula {
	if made, ok := formulaOf(*drawn, formPlace{all: f.pages, page: f.page, copy: c}); ok {
		return made
	}
	return nil
}
