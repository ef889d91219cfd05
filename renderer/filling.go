package renderer

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// The records of a template are held while it is filled: so many rows of one query, and so
// many bytes of all. A table's are not, however many they are.
const (
	maxTemplateRows  = 100_000
	maxTemplateBytes = 256 << 20
)

// filling gathers what a template is filled with.
type filling struct {
	source  Source
	texts   *report.Texts
	markers []template.Marker
	notes   *notes
	data    template.Data
	tables  []*tableReader
	rows    int64
	held    int // bytes of the records
}

// fillTemplate writes the workbook of a request with a template.
func fillTemplate(ctx context.Context, s Source, texts *report.Texts, zone *time.Location, dst io.Writer) (*Result, error) {
	f := &filling{
		source: s, texts: texts, markers: s.Template.Markers(), notes: newNotes(),
		data: template.Data{Tables: map[string]*template.Table{}},
	}
	snapshot, err := read(ctx, s, zone, f.steps())
	if err != nil {
		return nil, err
	}
	if f.rows == 0 && s.Definition.Empty != report.EmptyFile {
		return &Result{Empty: true, Snapshot: snapshot}, nil
	}
	f.data.Fields = f.fields(snapshot.At.In(zone))
	f.fillGaps()
	pictures := pictureReader{source: s.Pictures, tenant: s.Request.Tenant}
	f.data.Picture = func(key string) (xlsx.Value, error) {
		v, err := pictures.value(ctx, key)
		s.Progress.Rows(0) // each may have taken as long as a statement
		return v, err
	}
	summary, err := s.Template.Fill(ctx, &progressWriter{dst, s.Progress}, f.data)
	if err != nil {
		return nil, &WorkbookError{fmt.Errorf("template %s: %w", s.Request.Template, err)}
	}
	notes := f.notes.of(summary.Substitutions, summary.Excelize)
	return &Result{Rows: f.rows, Sheets: summary.Sheets, Snapshot: snapshot, Notes: notes}, nil
}

// steps are the statements that the template names, or all of a report whose template
// names none: whether there are records decides whether there is a workbook.
func (f *filling) steps() []step {
	var steps []step
	for _, q := range f.source.Definition.Queries {
		if f.names(q.Name) {
			steps = append(steps, f.step(q))
		}
	}
	if len(steps) == 0 {
		for _, q := range f.source.Definition.Queries {
			steps = append(steps, f.step(q))
		}
	}
	return steps
}

func (f *filling) step(q report.Query) step {
	limit := min(f.source.Definition.Limits.Rows, maxTemplateRows)
	return step{query.Query{Name: q.Name, Statement: q.Statement, MaxRows: limit}, func(rows *query.Rows) error { return f.take(q.Name, rows) }}
}

// names says whether a block or a condition is of the name.
func (f *filling) names(query string) bool {
	return slices.ContainsFunc(f.markers, func(m template.Marker) bool { return m.Name == query && !shown(m) })
}

// shown says whether a marker stands for a value that is shown.
func shown(m template.Marker) bool { return m.Kind == template.Field || m.Kind == template.Image }

// take reads the rows of one query.
func (f *filling) take(name string, rows *query.Rows) error {
	t := newTableReader(f, name, rows.Columns())
	f.tables = append(f.tables, t)
	f.data.Tables[name] = t.table
	for rows.Next() {
		if err := t.row(rows.Values()); err != nil {
			return err
		}
		f.rows++
		f.source.Progress.Rows(1)
	}
	return rows.Err()
}

// fields are the values outside of blocks: what patterns know, then the columns of the
// targets row.
func (f *filling) fields(dataAsOf time.Time) map[string]xlsx.Value {
	fields := map[string]xlsx.Value{report.HolderDataAsOf: xlsx.DateTime(dataAsOf)}
	for column, text := range f.source.Request.Values {
		fields[column] = xlsx.Text(text)
	}
	for name, text := range f.texts.Own() {
		fields[name] = xlsx.Text(text)
		// A period that begins or ends at midnight has days.
		if day, err := time.Parse(time.DateOnly, text); err == nil && (name == report.HolderFrom || name == report.HolderUntil) {
			fields[name] = xlsx.Date(day.Year(), day.Month(), day.Day())
		}
	}
	return fields
}
