package renderer

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// sheet maps the rows of a query to the columns of a sheet.
type sheet struct {
	r      *rendering
	layout xlsx.Sheet
	writer *xlsx.SheetWriter
	values []xlsx.Value
	// from says, per column of the query, which column of the sheet it is; -1 none.
	from []int
	// spread maps the keys of jsonb columns to columns of the sheet, and json lists
	// the query's columns that are spread.
	spread map[string]int
	json   []int
	names  []string // of the sheet's columns, for notes
	seen   []bool
}

func newSheet(r *rendering, def *report.Sheet, name string, columns []query.Column) (*sheet, error) {
	wanted := append(append([]report.Column{}, def.Columns...), r.columns[def.ColumnsFrom]...)
	own := len(wanted) == 0 && def.ColumnsFrom == ""
	if own {
		for _, c := range columns {
			wanted = append(wanted, report.Column{Name: c.Name, Title: c.Name})
		}
	}
	s := &sheet{
		r:      r,
		layout: xlsx.Sheet{Name: name, FreezeHeader: def.FreezeHeader, Filter: def.Filter, Header: xlsx.Header{Bold: def.Header.Bold, Fill: def.Header.Fill, Wrap: def.Header.Wrap}},
		values: make([]xlsx.Value, len(wanted)),
		from:   make([]int, len(columns)),
		spread: map[string]int{},
		seen:   make([]bool, len(wanted)),
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

// match finds each column of the sheet among the query's columns; what is left is
// looked for among the keys of its jsonb columns.
func (s *sheet) match(columns []query.Column, own bool) {
	at := map[string]int{}
	for i, name := range s.names {
		if _, taken := at[name]; !taken || !own {
			at[name] = i
		}
	}
	for i, c := range columns {
		s.from[i] = -1
		switch to, ok := at[c.Name]; {
		case own:
			s.from[i], s.seen[i] = i, true
		case ok:
			s.from[i], s.seen[to] = to, true
		case c.Kind == query.KindJSON:
			s.json = append(s.json, i)
		}
	}
	if len(s.json) == 0 {
		return
	}
	for name, to := range at {
		if !s.seen[to] {
			s.spread[name] = to
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
	clear(s.values)
	for i, v := range values {
		if to := s.from[i]; to >= 0 {
			s.values[to] = cell(v)
		}
	}
	for _, i := range s.json {
		if err := s.spreadObject(values[i]); err != nil {
			return err
		}
	}
	if err := s.writer.Row(s.values); err != nil {
		return fmt.Errorf("sheet %q: %w", s.layout.Name, err)
	}
	return nil
}

// end closes the sheet, if it was begun, and notes columns that no row had.
func (s *sheet) end() error {
	if s.writer == nil {
		return nil
	}
	for i, seen := range s.seen {
		if !seen {
			s.r.notes.missingColumn(s.names[i])
		}
	}
	if err := s.writer.Close(); err != nil {
		return fmt.Errorf("sheet %q: %w", s.layout.Name, err)
	}
	return nil
}

// cell makes a cell of a value.
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
	case query.KindNumeric:
		return xlsx.Decimal(string(v.Bytes()))
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
		return xlsx.Text(string(v.Bytes()))
	}
}

// takeColumns reads a columnsFrom query: name, and title, format and width where it
// has them.
func (r *rendering) takeColumns(name string, rows *query.Rows) error {
	at := map[string]int{}
	for i, c := range rows.Columns() {
		at[strings.ToLower(c.Name)] = i
	}
	if _, ok := at["name"]; !ok {
		return &WorkbookError{fmt.Errorf("query %s is used as columnsFrom and returns no column called name", name)}
	}
	for rows.Next() {
		get := func(column string) string {
			if i, ok := at[column]; ok {
				return rows.Values()[i].Text()
			}
			return ""
		}
		c := report.Column{Name: get("name"), Title: get("title"), Format: get("format")}
		if width := get("width"); width != "" {
			w, err := strconv.ParseFloat(width, 64)
			if err != nil {
				return &WorkbookError{fmt.Errorf("query %s: the width %q of column %q is not a number", name, width, c.Name)}
			}
			c.Width = w
		}
		r.columns[name] = append(r.columns[name], c)
	}
	return rows.Err()
}
