package renderer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// none is the source of a column that no column of the query gives.
const none = -1

// sheet maps the rows of a query to the columns of a sheet, or of one sheet for each
// value of a column.
type sheet struct {
	r   *rendering
	def *report.Sheet
	// layout is what the sheets have in common.
	layout xlsx.Sheet
	by     *sheetBy // nil for a single sheet
	// book is nil until the workbook is begun, writer while no sheet is open.
	book   *xlsx.Writer
	writer *xlsx.SheetWriter
	names  []string // of the sheet's columns, for notes
	// source is, for each column of the sheet, the query's column that fills it.
	source []int
	// spread maps the keys of jsonb columns to columns of the sheet, and json lists
	// the query's columns that are spread.
	spread map[string][]int
	json   []int
	given  []string // the names of the query's columns
	found  []bool   // columns that the query or a key has given
	keyed  []int    // columns whose values are keys of pictures
	rows   int64

	values []xlsx.Value
	texts  texts
}

func newSheet(r *rendering, def *report.Sheet, columns []query.Column) (*sheet, error) {
	wanted := append(append([]report.Column{}, def.Columns...), r.columns[def.ColumnsFrom]...)
	own := len(def.Columns) == 0 && def.ColumnsFrom == ""
	if own {
		for _, c := range columns {
			wanted = append(wanted, report.Column{Name: c.Name, Title: c.Name})
		}
	}
	if len(wanted) == 0 {
		return nil, errors.New(noColumns(def))
	}
	by, err := newSheetBy(def, columns)
	if err != nil {
		return nil, err
	}
	layout, err := newLayout(def, wanted, r.source.Request.Locale)
	if err != nil {
		return nil, err
	}
	s := &sheet{
		r: r, def: def, by: by, layout: layout,
		source: make([]int, len(wanted)),
		found:  make([]bool, len(wanted)),
		values: make([]xlsx.Value, len(wanted)),
		texts:  newTexts(len(wanted)),
	}
	for i, c := range wanted {
		s.names = append(s.names, c.Name)
		if _, byKey := xlsx.CutImageKey(c.Format); byKey {
			s.keyed = append(s.keyed, i)
		}
	}
	s.noteRules()
	s.match(columns, own)
	return s, nil
}

// noteRules notes rules for columns that the sheet has not: a form may lack a field.
func (s *sheet) noteRules() {
	for _, rule := range s.def.Rules {
		if !slices.Contains(s.names, rule.Column) {
			s.r.notes.missingColumn(rule.Column)
		}
	}
}

func noColumns(def *report.Sheet) string {
	if def.ColumnsFrom != "" {
		return fmt.Sprintf("the query %s, used as columnsFrom, returned no row, so the sheet would have no column", def.ColumnsFrom)
	}
	return fmt.Sprintf("the query %s returns no column", def.Rows)
}

// match finds each column of the sheet among the query's columns; what is left is
// looked for among the keys of the jsonb columns that are not a column themselves. A
// name may stand for several columns of the sheet; of several columns of the query
// with one name, the first counts.
func (s *sheet) match(columns []query.Column, own bool) {
	at := make(map[string]int, len(columns))
	for i, c := range columns {
		if _, taken := at[c.Name]; !taken {
			at[c.Name] = i
		}
	}
	for _, c := range columns {
		s.given = append(s.given, c.Name)
	}
	used := make([]bool, len(columns))
	for to, name := range s.names {
		from, ok := at[name]
		switch {
		case own:
			from = to
		case !ok:
			s.source[to] = none
			if s.spread == nil {
				s.spread = map[string][]int{}
			}
			s.spread[name] = append(s.spread[name], to)
			continue
		}
		s.source[to], s.found[to], used[from] = from, true, true
	}
	for i, c := range columns {
		if c.Kind == query.KindJSON && !used[i] && at[c.Name] == i {
			s.json = append(s.json, i)
		}
	}
}

// begin begins the sheet in the workbook, or, where values make sheets, waits for the
// first one.
func (s *sheet) begin(w *xlsx.Writer) error {
	s.book = w
	if s.by != nil {
		return nil
	}
	return s.open("")
}

// open begins the next sheet; value is that of the column that makes sheets.
func (s *sheet) open(value string) error {
	known := map[string]string{report.HolderDataAsOf: s.r.dataAsOf}
	if s.by != nil {
		known[s.by.column] = value
	}
	layout := layoutTexts(s.layout, s.def, s.r.texts, known, s.r.source.Request.Locale)
	writer, err := s.book.Sheet(layout)
	if err != nil {
		return &WorkbookError{err}
	}
	s.layout.Name, s.writer = layout.Name, writer
	s.r.opened++
	return nil
}

// close completes the sheet that is open.
func (s *sheet) close() error {
	if s.writer == nil {
		return nil
	}
	err := s.writer.Close()
	s.writer = nil
	return err
}

// row writes one row. The values borrow from the query until its next row; the
// writer has taken what it needs by then.
func (s *sheet) row(values []query.Value) error {
	if s.by != nil {
		if err := s.turn(values[s.by.from]); err != nil {
			return err
		}
	}
	s.rows++
	s.texts.reset()
	for to, from := range s.source {
		if from == none {
			s.values[to] = xlsx.Null()
		} else {
			s.set(to, values[from])
		}
	}
	for _, i := range s.json {
		if err := s.spreadObject(values[i].Bytes()); err != nil {
			return &WorkbookError{fmt.Errorf("sheet %q: row %d of the query, column %q: read a jsonb value: %w", s.layout.Name, s.rows, s.given[i], err)}
		}
	}
	s.texts.fill(s.values)
	if err := s.readPictures(); err != nil {
		return err
	}
	return s.writer.Row(s.values)
}

// end closes the sheet, if it was begun, and notes columns that nothing has given.
// Where there was no row, a key of a jsonb column could not show itself.
func (s *sheet) end() error {
	if s.book == nil {
		return nil
	}
	for i, found := range s.found {
		if !found && (s.rows > 0 || len(s.json) == 0) {
			s.r.notes.missingColumn(s.names[i])
		}
	}
	return s.close()
}
