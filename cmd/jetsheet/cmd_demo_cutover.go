package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/legacy"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/ops"
)

// demoMonth is one month of the demo, for which both systems work side by side.
type demoMonth struct {
	tick time.Time
	// label is the month that is reported, such as 2026-10.
	label string
	// routes are those of the groups, as they are when the month's runs begin.
	routes map[string]jetsheet.Route
}

// runs are the month's, one for each report.
func (d *demo) runs(m *demoMonth) []jetsheet.RunID {
	runs := make([]jetsheet.RunID, 0, len(d.reports))
	for _, r := range d.reports {
		runs = append(runs, jetsheet.RunID{Tick: m.tick.UTC(), Report: r.Name})
	}
	return runs
}

// The groups of the sample's customers by usage, and the one that the demo promotes.
const (
	demoPromoted = "g4"
	demoPrevious = "g5" // stays with the previous system
)

// demoMonths are the month before last and the last one, the group being promoted in
// between.
func demoMonths(now time.Time) [2]*demoMonth {
	month := func(tick time.Time, promoted jetsheet.Route) *demoMonth {
		return &demoMonth{tick: tick, label: tick.AddDate(0, -1, 0).Format("2006-01"), routes: map[string]jetsheet.Route{
			"g1": jetsheet.RouteNew, "g2": jetsheet.RouteNew, "g3": jetsheet.RouteNew, demoPromoted: promoted, demoPrevious: jetsheet.RouteLegacy,
		}}
	}
	last := lastTick(now)
	return [2]*demoMonth{month(last.AddDate(0, -1, 0), jetsheet.RouteShadow), month(last, jetsheet.RouteNew)}
}

// demoGroups reads which customers are in which group.
func demoGroups(ctx context.Context, pool *pgxpool.Pool) (map[string][]string, error) {
	rows, err := pool.Query(ctx, `select usage_group, array_agg(id::text order by id) from tenants group by usage_group`)
	if err != nil {
		return nil, fmt.Errorf("groups of the demo: %w", err)
	}
	groups := map[string][]string{}
	var name string
	var tenants []string
	_, err = pgx.ForEachRow(rows, []any{&name, &tenants}, func() error {
		groups[name] = slices.Clone(tenants)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("groups of the demo: %w", err)
	}
	return groups, nil
}

// demoFlags is a flag document with a group for each of the sample's.
func demoFlags(groups map[string][]string, routes map[string]jetsheet.Route) (*flags.Document, error) {
	evaluators := map[string]any{}
	var decide []any
	for _, name := range slices.Sorted(maps.Keys(routes)) {
		members := append([]string{}, groups[name]...) // none is an empty list
		evaluators[name] = map[string]any{"in": []any{map[string]any{"var": "targetingKey"}, members}}
		decide = append(decide, map[string]string{"$ref": name}, routes[name])
	}
	text, err := json.Marshal(map[string]any{
		"$schema":     "https://flagd.dev/schema/v0/flags.json",
		"$evaluators": evaluators,
		"flags": map[string]any{flags.FlagKey: map[string]any{
			"state":          "ENABLED",
			"variants":       map[string]string{"legacy": "legacy", "shadow": "shadow", "new": "new", "hold": "hold"},
			"defaultVariant": "legacy",
			"targeting":      map[string]any{"if": append(decide, nil)},
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("flag document of the demo: %w", err)
	}
	return flags.ParseDocument(text)
}

// storeFlags stores the first document of the demo after setup's.
func (d *demo) storeFlags(ctx context.Context, p parts) error {
	document, err := demoFlags(d.groups, d.months[0].routes)
	if err != nil {
		return err
	}
	ledger, err := flags.OpenLedger(ctx, p.js)
	if err != nil {
		return err
	}
	newest, err := ledger.Newest(ctx)
	if err != nil {
		return err
	}
	_, err = ledger.Put(ctx, document.Text(), newest.Number, flags.Attribution{Author: "demo", Reason: "groups of customers by usage"})
	return err
}

// promote moves the group that was compared from shadow to new, as "jetsheet flags
// promote --periods 1" does: workbooks that differ would be in the way.
func (d *demo) promote(ctx context.Context, p parts) error {
	ledger, err := flags.OpenLedger(ctx, p.js)
	if err != nil {
		return err
	}
	reader, err := ops.NewReader(ctx, p.js)
	if err != nil {
		return err
	}
	change := flagsChanger{
		flagsWrite: &flagsWrite{Reason: d.months[0].label + " was compared equal"}, ledger: ledger, reader: reader, author: "demo",
		edit: &flagsEdit{
			action: "promote " + demoPromoted, guard: &flagsGuard{MaxChange: "100%", Periods: 1},
			document: func(_ context.Context, _ *flags.Ledger, d *flags.Document) (*flags.Document, error) {
				return d.WithGroup(demoPromoted, jetsheet.RouteNew)
			},
		},
	}
	if _, err := change.try(ctx); err != nil {
		return fmt.Errorf("promote group %s: %w", demoPromoted, err)
	}
	return nil
}

// cutOver runs the months one after the other; a group is promoted in between.
func (d *demo) cutOver(ctx context.Context, p parts) error {
	if err := d.awaitService(ctx, p.js.Conn()); err != nil {
		return err
	}
	before, after := d.months[0], d.months[1]
	// The calendars begin now. The first month's runs come because the previous system
	// asks which customers are its own, the last month's by the reports' schedule.
	if err := applyAll(ctx, p, d.reports, time.Now()); err != nil {
		return err
	}
	if err := d.storeFlags(ctx, p); err != nil {
		return err
	}
	d.say(fmt.Sprintf("groups g1 to g3 are routed new, %s shadow, %s legacy; both systems make %s", demoPromoted, demoPrevious, before.label))
	if err := d.month(ctx, p, before); err != nil {
		return err
	}
	if err := d.promote(ctx, p); err != nil {
		return err
	}
	d.say(fmt.Sprintf("all that was compared is equal: group %s is promoted from shadow to new; both systems make %s", demoPromoted, after.label))
	if err := applyAll(ctx, p, d.reports, after.tick.Add(-time.Minute)); err != nil {
		return err
	}
	if err := d.month(ctx, p, after); err != nil {
		return err
	}
	d.say("customers' own forms are stored as templates; jetsheet fills them")
	return d.fillForms(ctx, p)
}

// month lets both systems make a month's workbooks.
func (d *demo) month(ctx context.Context, p parts, m *demoMonth) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		_, err := legacy.Run(ctx, legacy.Config{
			Database: d.pool, NATS: p.js.Conn(), S3: p.s3, Bucket: p.bucket, Workers: 4, AskAgain: time.Second, Log: d.app.log,
		}, m.label)
		if err != nil {
			return fmt.Errorf("previous system: %w", err)
		}
		return nil
	})
	group.Go(func() error { return d.await(ctx, p, d.runs(m)) })
	return group.Wait()
}

// awaitService waits until the role ops answers: the previous system would say that it
// waits for it.
func (d *demo) awaitService(ctx context.Context, conn *nats.Conn) error {
	for {
		_, err := conn.RequestWithContext(ctx, "$SRV.PING."+ops.ServiceName, nil)
		if err == nil || !errors.Is(err, nats.ErrNoResponders) {
			return err
		}
		timer := time.NewTimer(10 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
}
