package main

import (
	"context"
	"fmt"
	"io"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer"
)

// noopRender returns a rendering that reads the rows of the run's query as the real one
// does and then writes a constant blob.
func noopRender() renderer.RenderFunc {
	blob := noopBlob()
	return func(ctx context.Context, s renderer.Source, dst io.Writer) (*renderer.Result, error) {
		scope, queries, err := noopQuery(s)
		if err != nil {
			return nil, err
		}
		var count int64
		ended := s.Progress.Statement(s.Definition.Limits.Statement)
		snapshot, err := s.Database.Read(ctx, scope, queries, func(_ int, rows *query.Rows) error {
			for rows.Next() {
				count++
			}
			s.Progress.Rows(count)
			return rows.Err()
		})
		ended()
		if err != nil {
			return nil, err
		}
		if count == 0 {
			return nil, errNoRows
		}
		if _, err := dst.Write(blob); err != nil {
			return nil, err
		}
		return &renderer.Result{Rows: count, Sheets: 1, Snapshot: jetsheet.Snapshot{ID: snapshot.ID, At: snapshot.At}}, nil
	}
}

// noopQuery binds the query of the report's only sheet.
func noopQuery(s renderer.Source) (query.Scope, []query.Query, error) {
	zone, err := report.LoadZone(s.Request.TimeZone)
	if err != nil {
		return query.Scope{}, nil, err
	}
	name := s.Definition.Workbook.Sheets[0].Rows
	q, ok := s.Definition.Query(name)
	if !ok {
		return query.Scope{}, nil, fmt.Errorf("the report has no query %q", name)
	}
	request := s.Request
	scope := query.Scope{
		Tenant: request.Tenant, Zone: zone, StatementLimit: s.Definition.Limits.Statement,
		Params: map[string]query.Param{
			"target": {Text: request.Target.Target}, "report": {Text: request.Run.Report},
			"from": query.Instant(request.Period.From), "until": query.Instant(request.Period.Until),
			"tick": query.Instant(request.Run.Tick),
		},
	}
	return scope, []query.Query{{Name: name, Statement: q.Statement, MaxRows: s.Definition.Limits.Rows}}, nil
}
