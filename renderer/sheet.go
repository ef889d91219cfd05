package renderer

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// none is the source of a column that no column of the query gives.
const none = -1

// sheet maps the rows of a query to the columns of a sheet.
type sheet struct {
	r      *rendering
	layout xlsx.Sheet
	writer *xlsx.SheetWriter
	names  []string // of the sheet's columns, for notes
	// source is, for each column of the sheet, the query's column that fills it.
	source []int
	// spread maps the keys of jsonb columns to columns of the sheet, and json lists
	// the query's columns that are spread.
	spread map[string][]int
	json   []int
	found  []bool // columns that the query or a key has given
	rows   int64

	values []xlsx.Value
	texts  texts
}

func newSheet(r *rendering, def *report.Sheet, name string, columns []query.Column) (*sheet, error) {
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
	s := &sheet{
		r: r,
		layout: xlsx.Sheet{
			Name: name, FreezeHeader: def.FreezeHeader, Filter: def.Filter,
			Header: xlsx.Header{Bold: def.Header.Bold, Fill: def.Header.Fill, Wrap: def.Header.Wrap},
		},
		source: make([]int, len(wanted)),
		found:  make([]bool, len(wanted)),
		values: make([]xlsx.Value, len(wanted)),
		texts:  newTexts(len(wanted)),
	}
	for _, c := range wanted {
		format, err := xlsx.ParseFormat(c.Format, r.source.Request.Locale)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", c.Name, err)
		}
		title := c.Title
		if title == "" {
			title = c.Name
		}
		s.layout.Columns = append(s.layout.Columns, xlsx.Column{Title: title, Format: format, Width: c.Width})
		s.names = append(s.names, c.Name)
	}
	s.match(columns, own)
	return s, nil
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

func (s *sheet) begin(w *xlsx.Writer) error {
	writer, err := w.Sheet(s.layout)
	if err != nil {
		return &WorkbookError{fmt.Errorf("sheet %q: %w", s.layout.Name, err)}
	}
	s.writer = writer
	return nil
}

// row writes one row. The values borrow from the query until its next row; the
// writer has taken what it needs by then.
func (s *sheet) row(values []query.Value) error {
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
			return err
		}
	}
	s.texts.fill(s.values)
	if err := s.writer.Row(s.values); err != nil {
		return fmt.Errorf("sheet %q: %w", s.layout.Name, err)
	}
	return nil
}

// end closes the sheet, if it was begun, and notes columns that nothing has given.
// Where there was no row, a key of a jsonb column could not show itself.
func (s *sheet) end() error {
	if s.writer == nil {
		return nil
	}
	for i, found := range s.found {
		if !found && (s.rows > 0 || len(s.json) == 0) {
			s.r.notes.missingColumn(s.names[i])
		}
	}
	if err := s.writer.Close(); err != nil {
		return fmt.Errorf("sheet %q: %w", s.layout.Name, err)
	}
	return nil
}

// set puts a value of the query into a column of the sheet.
func (s *sheet) set(to int, v query.Value) {
	switch v.Kind() {
	case query.KindText:
		s.texts.put(to, textKind(v.Odd()), v.Bytes())
	case query.KindJSON, query.KindOther:
		s.texts.put(to, xlsx.KindText, v.Bytes())
	case query.KindNumeric:
		s.texts.put(to, xlsx.KindDecimal, v.Bytes())
	default:
		s.values[to] = cell(v)
	}
}

// textKind is what text stands for that is a value beyond its column's kind. The
// writer records that the cell holds text instead; text that is text stays so.
func textKind(odd query.Kind) xlsx.Kind {
	switch odd {
	case query.KindFloat, query.KindNumeric: // NaN and the infinities
		return xlsx.KindDecimal
	case query.KindDate, query.KindTimestamp, query.KindTimestampTZ, query.KindInterval:
		return xlsx.KindOddTime
	default:
		return xlsx.KindText
	}
}

// cell makes a cell of a value that is not text.
func cell(v query.Value) xlsx.Value {
	switch v.Kind() {
	case query.KindNull:
		return xlsx.Null()
	case query.KindBool:
		return xlsx.Bool(v.Bool())
	case query.KindInt:
		return xlsx.Int(v.Int())
	case query.KindFloat:
		return xlsx.Float(v.Float())
	case query.KindDate:
		t := v.Time()
		return xlsx.Date(t.Year(), t.Month(), t.Day())
	case query.KindTimestamp, query.KindTimestampTZ:
		return xlsx.DateTime(v.Time())
	case query.KindTime:
		return xlsx.TimeOfDay(v.Duration())
	case query.KindInterval:
		return xlsx.Duration(v.Duration())
	case query.KindBytes:
		return xlsx.Text(`\x` + hex.EncodeToString(v.Bytes()))
	default:
		return xlsx.Text(v.Text())
	}
}
