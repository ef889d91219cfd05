package verify

import (
	"context"
	"slices"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// around are how many rows of each sheet of a workbook are no records, rows of totals
// apart. nil stands for a workbook made of a template.
func (c *conversion) around(ctx context.Context, book *cells.Book) ([]int, error) {
	d, err := c.v.definitionOf(ctx, c.done)
	if err != nil {
		return nil, err
	}
	if c.t.Template != "" {
		return nil, nil
	}
	texts, err := d.Texts(c.t)
	if err != nil {
		return nil, &incomparableError{err.Error()}
	}
	at := -1
	var names []string
	rows := make([]int, 0, len(book.Sheets()))
	for _, sheet := range book.Sheets() {
		at = definedBy(d.Workbook.Sheets, texts, at, sheet.Name, names)
		names = append(names, sheet.Name)
		rows = append(rows, rowsAround(&d.Workbook.Sheets[at]))
	}
	return rows, nil
}

// definedBy says which definition a sheet of that name is of, after one of the definition
// at. Names tell: the next definition's, or any where values make the sheets.
func definedBy(sheets []report.Sheet, texts *report.Texts, at int, name string, taken []string) int {
	from := at + 1
	named := slices.IndexFunc(sheets[from:], func(s report.Sheet) bool {
		return s.SheetBy == "" && legalName(texts.Text(s.Name, nil), taken) == name
	})
	valued := slices.IndexFunc(sheets[from:], func(s report.Sheet) bool { return s.SheetBy != "" })
	switch {
	case named >= 0:
		return from + named
	case at >= 0 && (sheets[at].SheetBy != "" || valued < 0): // of a value, or of a sheet that goes on
		return at
	case valued >= 0:
		return from + valued
	default:
		return 0
	}
}

// rowsAround are the rows of a sheet's title, header and footer.
func rowsAround(s *report.Sheet) int {
	n := len(s.Title) + 1
	if len(s.Footer) > 0 {
		n += 1 + len(s.Footer)
	}
	return n
}
