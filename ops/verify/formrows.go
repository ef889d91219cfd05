package verify

import "context"

// formRows compares the rows of one sheet with those of a form's.
type formRows struct {
	cells *formCells
	drawn *formSheet
	sheet *sheetComparison
}

// block compares the rows of a block, for one row of its query.
func (f *formRows) block(ctx context.Context, b *formBlock, at *formFrame) error {
	next := b.first
	for _, inner := range b.inner {
		if err := f.plain(ctx, next, inner.first-1, at); err != nil {
			return err
		}
		for _, frame := range f.cells.data.frames(inner, at) {
			if err := f.block(ctx, inner, frame); err != nil {
				return err
			}
		}
		next = inner.last + 1
	}
	return f.plain(ctx, next, b.last, at)
}

// plain compares rows that are there once, for one row of the query around them.
func (f *formRows) plain(ctx context.Context, first, last int, at *formFrame) error {
	for number := first; number <= last; number++ {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := f.expect(f.drawn.rows[number], at); err != nil {
			return err
		}
		if err := f.sheet.compareRow(false); err != nil {
			return err
		}
	}
	return nil
}

// expect works out the cells of a row.
func (f *formRows) expect(row []formCell, at *formFrame) error {
	want := f.sheet.want[:0]
	for i := range row {
		cell, err := f.cells.cell(&row[i], at)
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
