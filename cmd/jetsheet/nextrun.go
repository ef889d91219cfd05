package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/ops"
)

// nextRoutes answers by the newest flag document: what the next run will be frozen with,
// unless somebody changes it before.
type nextRoutes struct {
	revision uint64
	document *flags.Document
}

// nextRoutes reads the newest document. Where it cannot be used, the error says why: the
// next run waits.
func (l *natsLink) nextRoutes(ctx context.Context) (*nextRoutes, error) {
	ledger, err := openLedger(ctx, l.JetStream)
	if err != nil {
		return nil, err
	}
	newest, err := ledger.Newest(ctx)
	if err != nil {
		return nil, err
	}
	document, err := newest.Document()
	if err != nil {
		return nil, err
	}
	return &nextRoutes{newest.Number, document}, nil
}

// nextWorkbook is who makes a tenant's workbook in the next run.
type nextWorkbook struct {
	Revision uint64         `json:"revision,omitempty"`
	Route    jetsheet.Route `json:"route,omitempty"`
	MadeBy   string         `json:"madeBy,omitempty"`
	// Problem says why that is not known.
	Problem string `json:"problem,omitempty"`
}

func (n *nextWorkbook) String() string {
	if n.Problem != "" {
		return "not known: " + n.Problem
	}
	return fmt.Sprintf("%s (route %s)", n.MadeBy, n.Route)
}

// nextOf says who makes a tenant's workbook in the next run.
func (l *natsLink) nextOf(ctx context.Context, tenant string) *nextWorkbook {
	next, err := l.nextRoutes(ctx)
	if err != nil {
		return &nextWorkbook{Problem: err.Error()}
	}
	standings, err := next.document.Standings()
	if err != nil {
		return &nextWorkbook{Problem: err.Error()}
	}
	route := standings.Of(tenant).Route
	return &nextWorkbook{Revision: next.revision, Route: route, MadeBy: ops.MadeBy(route)}
}

// nextRun is what changes from a run to the next one.
type nextRun struct {
	Revision uint64 `json:"revision,omitempty"`
	// Moves are the tenants of the run's plan whose route will be another, of Tenants.
	Moves   []flags.Move `json:"moves"`
	Tenants int          `json:"tenants"`
	Problem string       `json:"problem,omitempty"`
}

func (n *nextRun) String() string {
	switch {
	case n.Problem != "":
		return "routes are not known: " + n.Problem
	case len(n.Moves) == 0:
		return "the same routes for " + counted(int64(n.Tenants), "tenant")
	}
	return fmt.Sprintf("%d of %s change route: %s", len(n.Moves), counted(int64(n.Tenants), "tenant"), movesText(n.Moves))
}

// nextAfter compares the routes of a run with those of the next one, for the tenants of
// its plan; it is nil for a run without a plan. What is known of the run itself is shown
// whether or not that works.
func (l *natsLink) nextAfter(ctx context.Context, r *ops.Reader, id jetsheet.RunID) *nextRun {
	n, err := l.compareNext(ctx, r, id)
	if err != nil {
		return &nextRun{Moves: []flags.Move{}, Problem: err.Error()}
	}
	return n
}

func (l *natsLink) compareNext(ctx context.Context, r *ops.Reader, id jetsheet.RunID) (*nextRun, error) {
	planned, err := r.PlannedTenants(ctx, id)
	if err != nil || planned == nil {
		return nil, err
	}
	record, err := r.Record(ctx, id)
	if err != nil {
		return nil, err
	}
	frozen, err := flags.ParseDocument(record.Frozen.Flags)
	if err != nil {
		return nil, fmt.Errorf("frozen with the run: %w", err)
	}
	next, err := l.nextRoutes(ctx)
	if err != nil {
		return nil, err
	}
	difference, err := flags.Compare(frozen, next.document, slices.Collect(maps.Keys(planned)))
	if err != nil {
		return nil, err
	}
	return &nextRun{Revision: next.revision, Moves: append([]flags.Move{}, difference.Moves...), Tenants: len(planned)}, nil
}
