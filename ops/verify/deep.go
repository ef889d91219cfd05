package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// maxCells are the cells of one workbook that are named as problems; one shifted row
// differs in all that follow.
const maxCells = 10

// errIncomparable is why a workbook cannot be worked out from the database.
type incomparableError struct{ why string }

func (e *incomparableError) Error() string { return e.why }

// compare works out the workbook from the database and compares it cell by cell.
func (c *conversion) compare(ctx context.Context, book *cells.Book) error {
	m, err := c.newComparison(ctx, book)
	if err == nil {
		err = m.run(ctx)
	}
	if err != nil {
		return c.incomparable(err)
	}
	return m.end()
}

// checkSkipped looks for an object and, in a deep check, for rows.
func (c *conversion) checkSkipped(ctx context.Context) error {
	if err := c.wantNoObject(ctx, string(c.done.State)); err != nil || !c.v.options.Deep {
		return err
	}
	m, err := c.newComparison(ctx, nil)
	if err == nil {
		err = m.run(ctx)
	}
	if err != nil {
		return c.incomparable(err)
	}
	if m.rows > 0 {
		c.doubtful(KindRowsDiffer, "rows", "0, skipped", strconv.FormatInt(m.rows, 10))
	}
	return nil
}

// doubtful reports a difference that a change of the data explains as well.
func (c *conversion) doubtful(kind Kind, what, got, want string) {
	at := c.done.Snapshot.At
	if at.IsZero() {
		at = c.done.At
	}
	c.v.findings.problem(Problem{
		Kind: kind, Conversion: c.id.String(), Tenant: c.t.Tenant, Target: c.t.Target, What: what, Got: got, Want: want,
		Hint: "the data may have been changed after " + at.UTC().Format(time.RFC3339),
	})
}

// incomparable reports what keeps a workbook from being worked out; an error that is
// about the database and not about the statements is returned.
func (c *conversion) incomparable(err error) error {
	var statement *query.StatementError
	var own *incomparableError
	switch {
	case errors.As(err, &own):
	case !errors.As(err, &statement), statement.Kind == query.Interrupted:
		return err
	case statement.Kind == query.Unavailable:
		return &UnavailableError{err}
	}
	c.problem(KindNotComparable, "statements", err.Error(), "rows to compare with")
	return nil
}

// comparison compares one workbook with what the statements give. Without a book it
// only counts the rows.
type comparison struct {
	c          *conversion
	definition *report.Definition
	book       *cells.Book
	texts      *report.Texts
	columns    map[string][]report.Column // by columnsFrom query
	names      []string                   // of the sheets, as Excel takes them
	at         int                        // sheets of the book that were compared
	rows       int64
	// differences counts the cells that differ.
	differences int64
	cells       int64
}

// newComparison compares with the definition that the outcome names.
func (c *conversion) newComparison(ctx context.Context, book *cells.Book) (*comparison, error) {
	d, err := c.v.definitionOf(ctx, c.done)
	if err != nil {
		return nil, err
	}
	return &comparison{c: c, definition: d, book: book, columns: map[string][]report.Column{}}, nil
}

// takeColumns reads the columns that a query gives: name, title, format and total.
func (m *comparison) takeColumns(name string, rows *query.Rows) error {
	field := map[string]int{}
	for i, column := range rows.Columns() {
		field[strings.ToLower(column.Name)] = i
	}
	for rows.Next() {
		get := func(column string) string {
			i, ok := field[column]
			if !ok {
				return ""
			}
			return rows.Values()[i].Text()
		}
		m.columns[name] = append(m.columns[name], report.Column{Name: get("name"), Title: get("title"), Format: get("format"), Total: report.Total(get("total"))})
	}
	return rows.Err()
}

// takeRows compares the rows of one sheet.
func (m *comparison) takeRows(def *report.Sheet, rows *query.Rows) error {
	if m.book == nil {
		for rows.Next() {
			m.rows++
		}
		return rows.Err()
	}
	layout, err := newLayout(def, m.columns[def.ColumnsFrom], rows.Columns(), m.c.t.Locale)
	if err != nil {
		return err
	}
	by, err := columnOf(def.SheetBy, rows.Columns())
	if err != nil {
		return err
	}
	s := &sheetComparison{m: m, def: def, layout: layout}
	defer s.stop()
	if by == absent {
		if err := s.open(""); err != nil {
			return err
		}
	}
	canary := m.newCanary(def.Rows, rows)
	for rows.Next() {
		m.rows++
		canary.look()
		if by != absent {
			if err := s.turn(rows.Values()[by].Text()); err != nil {
				return err
			}
		}
		if err := s.row(rows.Values()); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if s.frame == nil && m.onlySheet() {
		if err := s.open(""); err != nil { // a workbook has a sheet
			return err
		}
	}
	return s.end()
}

// onlySheet says whether the workbook would have no sheet without one of no rows.
func (m *comparison) onlySheet() bool {
	return len(m.names) == 0 && !slices.ContainsFunc(m.definition.Workbook.Sheets, func(s report.Sheet) bool { return s.SheetBy == "" })
}

// columnOf finds the column that makes sheets; absent for none.
func columnOf(name string, columns []query.Column) (int, error) {
	if name == "" {
		return absent, nil
	}
	for i, c := range columns {
		if c.Name == name {
			return i, nil
		}
	}
	return absent, &incomparableError{"no query gives the column " + name + ", which makes sheets"}
}

// end reports sheets that should not be there and how many cells differ.
func (m *comparison) end() error {
	for _, sheet := range m.book.Sheets()[min(m.at, len(m.book.Sheets())):] {
		m.c.doubtful(KindSheetDiffers, "sheet", sheet.Name, "none")
	}
	if m.rows != m.c.done.Rows {
		m.c.doubtful(KindRowsDiffer, "rows in the database", strconv.FormatInt(m.c.done.Rows, 10), strconv.FormatInt(m.rows, 10))
	}
	if more := m.differences - maxCells; more > 0 {
		m.c.doubtful(KindCellDiffers, "workbook", fmt.Sprintf("%d more cells that differ", more), "none")
	}
	m.c.v.findings.count(func(r *Report) {
		r.Cells += m.cells
		r.CellDifferences += m.differences
	})
	return nil
}

// cellDiffers reports one cell.
func (m *comparison) cellDiffers(sheet, ref, got, want string) {
	if m.differences++; m.differences <= maxCells {
		m.c.doubtful(KindCellDiffers, sheet+"!"+ref, got, want)
	}
}

// fingerprint is a digest of what the targets query decides of a target.
func fingerprint(t *jetsheet.Target) digest {
	var b strings.Builder
	for _, part := range targetFields(t) {
		fmt.Fprintf(&b, "%q=%q,", part.name, part.value)
	}
	return digestOf(b.String())
}
