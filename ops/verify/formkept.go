package verify

import (
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// keepBlocks has the blocks be there, without records too, that tables, formulas, names and charts
// cannot do without: all that these name lies in such blocks, or on sheets for each row of a query.
func (f *form) keepBlocks(book *cells.Book) error {
	for _, n := range book.Names() {
		if !strings.HasPrefix(n.Name, "_xlnm.") && !strings.HasPrefix(n.Name, namedMarkers) {
			f.keepFor(cells.Cell{Formula: n.RefersTo}, f.sheetOf(n.Sheet))
		}
	}
	for i, sheet := range book.Sheets() {
		drawn := f.sheets[i]
		for _, row := range drawn.rows {
			for _, c := range row {
				f.keepFor(c.drawn, drawn)
			}
		}
		charts, err := sheet.Charts()
		if err != nil {
			return err
		}
		for _, formula := range charts {
			f.keepFor(cells.Cell{Formula: formula}, drawn)
		}
		tables, err := sheet.Tables()
		if err != nil {
			return err
		}
		for _, ref := range tables {
			if data, ok := areaOf(ref); ok {
				drawn.root.keep(data.top, data.bottom, 0)
			}
		}
	}
	return nil
}

// keepFor keeps what a formula names; on is its sheet, nil for none. What stands in no cell has
// row 0.
func (f *form) keepFor(drawn cells.Cell, on *formSheet) {
	referencesOf(drawn, func(sheet string, named cellRange) {
		of := on
		if sheet != "" {
			of = f.sheetOf(sheetName(sheet))
		}
		if of == nil {
			return
		}
		if of != on && of.each != nil {
			of.each.kept = true
		}
		if !named.hasRows() {
			return
		}
		from := 0
		if of == on {
			from = drawn.Row
		}
		of.root.keep(named.from.row, named.to.row, from)
	})
}

// sheetOf is the sheet that has a name; nil for none.
func (f *form) sheetOf(name string) *formSheet {
	i := slices.IndexFunc(f.sheets, func(s *formSheet) bool { return strings.EqualFold(s.name, name) })
	if i < 0 {
		return nil
	}
	return f.sheets[i]
}

// keep keeps the blocks that have some of the rows first to last, if each of these may be gone for
// what stands in the row from.
func (b *formBlock) keep(first, last, from int) {
	for row := first; row <= last; row++ {
		if b.always(row, from) {
			return
		}
	}
	for _, inner := range b.inner {
		if inner.none || last < inner.first || inner.last < first {
			continue
		}
		inner.kept = inner.kept || inner.kind == blockRows && !inner.has(from)
		inner.keep(max(first, inner.first), min(last, inner.last), from)
	}
}

// always says whether a row is there whatever the data is, as long as the row from is.
func (b *formBlock) always(row, from int) bool {
	for _, inner := range b.inner {
		if inner.has(row) {
			return !inner.none && inner.has(from) && inner.always(row, from)
		}
	}
	return true
}

func (b *formBlock) has(row int) bool { return b.first <= row && row <= b.last }
