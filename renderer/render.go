package renderer

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// Progress is told what a rendering does. A [delivery.Job] is one.
type Progress interface {
	// Rows says that so many records were read.
	Rows(n int64)
	// Statement says that a statement of at most the given time begins.
	Statement(limit time.Duration) func()
}

// Source is what a workbook is made of.
type Source struct {
	Database   *query.DB
	Definition *report.Definition
	Request    *jetsheet.Request
	// Template is what the request's TemplateSHA256 names, nil for a workbook of sheets.
	Template *template.Template
	// Pictures may be nil: then a column or marker of format imageKey is an error.
	Pictures Pictures
	// Progress may be nil.
	Progress Progress
}

// Result is what became of a workbook.
type Result struct {
	// Empty is set when there was no row and the report does not want a file then:
	// nothing was written.
	Empty    bool
	Rows     int64
	Sheets   int
	Snapshot jetsheet.Snapshot
	Notes    *jetsheet.Notes
}

// WorkbookError says that a workbook cannot hold what the statements returned.
type WorkbookError struct{ Err error }

func (e *WorkbookError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the writer.
func (e *WorkbookError) Unwrap() error { return e.Err }

// Render writes the workbook of a request into dst, which it does not close. All
// statements see one snapshot; rows are never collected. After an error dst holds
// no workbook. Errors are *query.StatementError, *WorkbookError, or dst's own.
func Render(ctx context.Context, s Source, dst io.Writer) (*Result, error) {
	if s.Progress == nil {
		s.Progress = noProgress{}
	}
	zone, err := report.LoadZone(s.Request.TimeZone)
	if err != nil {
		return nil, &WorkbookError{err}
	}
	texts, err := s.Definition.Texts(&s.Request.Target)
	if err != nil {
		return nil, &WorkbookError{err}
	}
	if s.Template != nil {
		return fillTemplate(ctx, s, texts, zone, dst)
	}
	if len(s.Definition.Workbook.Sheets) == 0 {
		return nil, &WorkbookError{fmt.Errorf("the report has no sheets but the template %s, and the request was planned without one; make a new plan with: %s",
			s.Definition.Workbook.Template, jetsheet.StartAgain(s.Request.Run, jetsheet.Scope{}))}
	}
	r := &rendering{source: s, texts: texts, notes: newNotes(), columns: map[string][]report.Column{}}
	defer r.discard()
	r.newBook = func() (*xlsx.Writer, error) {
		return xlsx.New(ctx, &progressWriter{dst, s.Progress}, bookOf(s, texts))
	}
	pictures := pictureReader{source: s.Pictures, tenant: s.Request.Tenant}
	r.picture = func(key string) (xlsx.Value, error) { return pictures.value(ctx, key) }
	snapshot, err := read(ctx, s, zone, r.steps())
	if err != nil {
		return nil, err
	}
	return r.finish(snapshot)
}

// read runs the statements in one snapshot.
func read(ctx context.Context, s Source, zone *time.Location, steps []step) (jetsheet.Snapshot, error) {
	queries := make([]query.Query, len(steps))
	for i, step := range steps {
		queries[i] = step.query
	}
	// All statements are sent at once, and PostgreSQL keeps short answers back until the
	// last one has ended: the read may be silent for as long as all may run. It gives up
	// by itself soon after, on a server that does not keep the limits.
	silence := time.Duration(len(queries)+1) * s.Definition.Limits.Statement
	ended := s.Progress.Statement(silence)
	defer func() { ended() }()
	snapshot, err := s.Database.Read(ctx, scope(s, zone), queries, func(i int, rows *query.Rows) error {
		err := steps[i].take(rows)
		ended()
		ended = s.Progress.Statement(silence)
		return err
	})
	return jetsheet.Snapshot{ID: snapshot.ID, At: snapshot.At}, err
}

// rendering is a workbook in the making.
type rendering struct {
	source  Source
	texts   *report.Texts
	notes   *notes
	newBook func() (*xlsx.Writer, error)
	// picture finds one by its key.
	picture func(key string) (xlsx.Value, error)
	writer  *xlsx.Writer
	// dataAsOf is when the records were read, as texts show it.
	dataAsOf string
	columns  map[string][]report.Column // by columnsFrom query
	// waiting are sheets without a row yet: no workbook is begun before the first
	// row, because an empty one may not be wanted.
	waiting []*sheet
	opened  int // sheets
	rows    int64
}

// step is one statement and what is done with its rows.
type step struct {
	query query.Query
	take  func(*query.Rows) error
}

// steps lists the statements in the order in which the workbook needs them.
func (r *rendering) steps() []step {
	d := r.source.Definition
	var steps []step
	for i := range d.Workbook.Sheets {
		def := &d.Workbook.Sheets[i]
		if def.ColumnsFrom != "" && !slices.ContainsFunc(steps, func(s step) bool { return s.query.Name == def.ColumnsFrom && s.query.Text }) {
			steps = append(steps, step{r.query(def.ColumnsFrom, true), func(rows *query.Rows) error {
				return r.takeColumns(def.ColumnsFrom, rows)
			}})
		}
		steps = append(steps, step{r.query(def.Rows, false), func(rows *query.Rows) error {
			return r.takeRows(def, rows)
		}})
	}
	return steps
}

func (r *rendering) query(name string, text bool) query.Query {
	q, _ := r.source.Definition.Query(name) // Parse has checked the name
	return query.Query{Name: name, Statement: q.Statement, Text: text, MaxRows: r.source.Definition.Limits.Rows}
}

// scope binds the parameters of the request.
func scope(s Source, zone *time.Location) query.Scope {
	request := s.Request
	params := map[string]query.Param{
		"target": {Text: request.Target.Target}, "report": {Text: request.Run.Report},
		"from": query.Instant(request.Period.From), "until": query.Instant(request.Period.Until),
		"tick": query.Instant(request.Run.Tick),
	}
	for _, column := range s.Definition.RowParams() {
		value, ok := request.Values[column]
		params["row_"+column] = query.Param{Text: value, Null: !ok}
	}
	return query.Scope{
		Tenant: request.Tenant, Zone: zone, Params: params, StatementLimit: s.Definition.Limits.Statement,
	}
}

// takeRows writes the rows of one sheet, or of one for each value of a column.
func (r *rendering) takeRows(def *report.Sheet, rows *query.Rows) error {
	s, err := newSheet(r, def, rows.Columns())
	if err != nil {
		return &WorkbookError{fmt.Errorf("sheet %q: %w", def.Name, err)}
	}
	r.waiting = append(r.waiting, s)
	for rows.Next() {
		if len(r.waiting) > 0 {
			if err := r.begin(rows.Snapshot().At); err != nil {
				return err
			}
		}
		if err := s.row(rows.Values()); err != nil {
			return err
		}
		r.rows++
		r.source.Progress.Rows(1)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return s.end()
}

// begin starts the workbook, if need be, and the sheets that waited for a row. dataAsOf
// is when the records were read.
func (r *rendering) begin(dataAsOf time.Time) error {
	if r.writer == nil {
		w, err := r.newBook()
		if err != nil {
			return err
		}
		r.writer, r.dataAsOf = w, r.texts.DataAsOf(dataAsOf)
	}
	for i, s := range r.waiting {
		if err := s.begin(r.writer); err != nil {
			return err
		}
		if i < len(r.waiting)-1 { // an empty one before the one with rows
			if err := s.end(); err != nil {
				return err
			}
		}
	}
	r.waiting = nil
	return nil
}

// finish completes the workbook.
func (r *rendering) finish(snapshot jetsheet.Snapshot) (*Result, error) {
	if r.rows == 0 && r.source.Definition.Empty != report.EmptyFile {
		return &Result{Empty: true, Snapshot: snapshot}, nil
	}
	if len(r.waiting) > 0 {
		last := r.waiting[len(r.waiting)-1]
		if err := r.begin(snapshot.At); err != nil {
			return nil, err
		}
		if err := last.openOnly(); err != nil {
			return nil, err
		}
		if err := last.end(); err != nil {
			return nil, err
		}
	}
	summary, err := r.writer.Close()
	if err != nil {
		return nil, fmt.Errorf("close workbook: %w", err)
	}
	return &Result{Rows: summary.Rows, Sheets: summary.Sheets, Snapshot: snapshot, Notes: r.notes.of(summary.Substitutions, false)}, nil
}

func (r *rendering) discard() {
	if r.writer != nil {
		r.writer.Discard()
	}
}

// progressWriter counts written bytes as progress: closing a large workbook writes
// for seconds without reading a row.
type progressWriter struct {
	dst      io.Writer
	progress Progress
}

func (w *progressWriter) Write(p []byte) (int, error) {
	n, err := w.dst.Write(p)
	w.progress.Rows(0)
	return n, err
}

type noProgress struct{}

func (noProgress) Rows(int64) {}

func (noProgress) Statement(time.Duration) func() { return func() {} }
