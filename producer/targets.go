package producer

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// Targets calls each for every target that a run of the report at the tick would
// have now, problems included, in the order of its plan, as if every tenant were
// routed new. It needs only the database; nothing is stored. dir is for a temporary
// file, as in [Settings]. An error of each ends it and is returned as it is; a
// statement that fails is a *query.StatementError.
func Targets(ctx context.Context, database *query.DB, d *report.Definition, tick time.Time, dir string, each func(jetsheet.Target) error) (query.Snapshot, error) {
	allNew := func(string) jetsheet.Route { return jetsheet.RouteNew }
	c, err := newCollector(dir, jetsheet.Scope{}, allNew)
	if err != nil {
		return query.Snapshot{}, err
	}
	defer c.close()
	snapshot, err := readTargets(ctx, database, d, tick, c)
	if err != nil {
		return snapshot, err
	}
	c.finish()
	return snapshot, c.each(func(_ *entry, line []byte) error {
		var t jetsheet.Target
		if err := json.Unmarshal(line, &t); err != nil {
			return fmt.Errorf("read temporary plan: %w", err)
		}
		return each(t)
	})
}

// readTargets runs the targets query and collects its rows.
func readTargets(ctx context.Context, database *query.DB, d *report.Definition, tick time.Time, c *collector) (query.Snapshot, error) {
	zone, err := report.LoadZone(d.TimeZone)
	if err != nil {
		return query.Snapshot{}, &planError{jetsheet.ClassPermanent, jetsheet.CauseDefinition, err}
	}
	period := d.PeriodAt(tick, zone)
	scope := query.Scope{
		Zone: zone,
		Params: map[string]query.Param{
			"from": query.Instant(period.From), "until": query.Instant(period.Until),
			"tick": query.Instant(tick), "report": {Text: d.Name},
		},
		StatementLimit: d.Limits.Statement,
	}
	// Text: an id must come back as a parameter with every digit.
	targets := query.Query{Name: "targets", Statement: d.Targets, Text: true}
	snapshot, err := database.Read(ctx, scope, []query.Query{targets}, func(_ int, rows *query.Rows) error {
		return c.addRows(d, tick, rows)
	})
	if err != nil {
		return snapshot, statementProblem(err)
	}
	return snapshot, nil
}
