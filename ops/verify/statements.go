package verify

import (
	"context"
	"slices"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// step is a statement and what is done with its rows.
type step struct {
	query query.Query
	take  func(*query.Rows) error
}

// step is one of a query of the definition's, whose name Parse has checked.
func (m *comparison) step(name string, text bool, take func(*query.Rows) error) step {
	q, _ := m.definition.Query(name)
	return step{query.Query{Name: name, Statement: q.Statement, Text: text, MaxRows: m.definition.Limits.Rows}, take}
}

// run compares what the statements give in one snapshot.
func (m *comparison) run(ctx context.Context) error {
	d, t := m.definition, m.c.t
	zone, err := report.LoadZone(t.TimeZone)
	if err != nil {
		return &incomparableError{err.Error()}
	}
	if m.texts, err = d.Texts(t); err != nil {
		return &incomparableError{err.Error()}
	}
	if t.Template == "" {
		return m.read(ctx, zone, m.sheetSteps())
	}
	form, err := m.c.v.formOf(ctx, t)
	if err != nil {
		return err
	}
	f := m.newFormComparison(form, zone)
	if err := m.read(ctx, zone, f.steps()); err != nil || m.book == nil {
		return err
	}
	return f.run(ctx)
}

func (m *comparison) read(ctx context.Context, zone *time.Location, steps []step) error {
	queries := make([]query.Query, len(steps))
	for i, s := range steps {
		queries[i] = s.query
	}
	_, err := m.c.v.cfg.Database.Read(ctx, m.scope(zone), queries, func(i int, rows *query.Rows) error { return steps[i].take(rows) })
	return err
}

// sheetSteps are the statements of sheets, in the order in which a workbook has them.
func (m *comparison) sheetSteps() []step {
	var steps []step
	for i := range m.definition.Workbook.Sheets {
		sheet := &m.definition.Workbook.Sheets[i]
		if from := sheet.ColumnsFrom; from != "" && !slices.ContainsFunc(steps, func(s step) bool { return s.query.Text && s.query.Name == from }) {
			steps = append(steps, m.step(from, true, func(rows *query.Rows) error { return m.takeColumns(from, rows) }))
		}
		steps = append(steps, m.step(sheet.Rows, false, func(rows *query.Rows) error { return m.takeRows(sheet, rows) }))
	}
	return steps
}

func (m *comparison) scope(zone *time.Location) query.Scope {
	d := m.definition
	scope := query.Scope{Tenant: m.c.t.Tenant, Zone: zone, Params: map[string]query.Param{}, StatementLimit: d.Limits.Statement}
	for name, value := range d.Arguments(m.c.t, m.c.id.Run.Tick) {
		if value == nil {
			scope.Params[name] = query.Param{Null: true}
		} else {
			scope.Params[name] = query.Param{Text: *value}
		}
	}
	return scope
}
