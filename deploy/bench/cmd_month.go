package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/internal/report"
)

// month measures a month's start: every report of deploy/sample at once, beside
// deploy/legacy.
type month struct {
	tenants int
	dense   int
	rounds  int
	profile string
}

func (o *month) flags(f *flag.FlagSet) {
	f.IntVar(&o.tenants, "tenants", 60, "customers of the sample")
	f.IntVar(&o.dense, "dense", 3, "how many times as many records as the sample's; with 3 a workbook's median is 2,300 cells, and with 5 the largest form has more rows than a template takes")
	f.IntVar(&o.rounds, "rounds", 3, "rounds of each mix; medians are printed")
	f.StringVar(&o.profile, "profile", "", "keep the CPU profile of the last round in this file")
}

// mix is what the month's workbooks are made of.
type mix struct {
	title   string
	reports []*report.Definition
	// forms are what both systems fill, by report, and as templates by that name.
	forms map[string][]byte
}

func (o *month) run(ctx context.Context, b *bench) (err error) {
	tables, err := sampleReports()
	if err != nil {
		return err
	}
	formed, err := withForm(tables)
	if err != nil {
		return err
	}
	r, err := newRig(ctx, b, sampled{tenants: o.tenants, dense: o.dense, calendar: tables[0].Schedule.Calendar})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }() //nolint:contextcheck // it must close whatever became of ctx
	small, err := r.smallCustomers(ctx)
	if err != nil {
		return err
	}
	if err := b.heading(fmt.Sprintf("A month's start, %d customers with %d × the sample's records, beside deploy/legacy", o.tenants, o.dense), r.postgres.Version()); err != nil {
		return err
	}
	for _, m := range []mix{{title: "tables only", reports: tables}, formed} {
		if err := o.measure(ctx, r, m, small); err != nil {
			return err
		}
	}
	return nil
}

// measure lets both systems make the month in turn, each first in every second round.
func (o *month) measure(ctx context.Context, r *rig, m mix, small map[string]bool) error {
	var previous, ours []*monthCost
	var same compared
	for i := range o.rounds {
		if err := r.serve(ctx, false); err != nil {
			return err
		}
		r.b.say("%s, round %d of %d", m.title, i+1, o.rounds)
		before, after, err := o.round(ctx, r, m, i%2 == 1)
		if err != nil {
			return err
		}
		if i == 0 {
			same, err = r.compareMonths(ctx, before, after)
		}
		if err != nil {
			return err
		}
		previous, ours = append(previous, before), append(ours, after)
	}
	if _, err := fmt.Fprintf(r.b.out, "**%s**: %s\n\n", m.title, same); err != nil {
		return err
	}
	return printMonth(r.b, previous, ours, small)
}

func (o *month) round(ctx context.Context, r *rig, m mix, oursFirst bool) (previous, ours *monthCost, err error) {
	if oursFirst {
		ours, err = r.ourMonth(ctx, m, o.profile)
	}
	if err == nil {
		previous, err = r.previousMonth(ctx, m)
	}
	if err == nil && !oursFirst {
		ours, err = r.ourMonth(ctx, m, o.profile)
	}
	return previous, ours, err
}

// smallCustomers are those of the two groups that use the product least.
func (r *rig) smallCustomers(ctx context.Context) (map[string]bool, error) {
	rows, err := r.pool.Query(ctx, `select id::text from tenants where usage_group in ('g1', 'g2')`)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	small := map[string]bool{}
	for _, id := range ids {
		small[id] = true
	}
	return small, err
}

// printMonth writes medians, and of each round's ratio the median, least and most.
func printMonth(b *bench, previous, ours []*monthCost, small map[string]bool) error {
	t := newTable("medians of "+strconv.Itoa(len(ours))+" rounds, s", "deploy/legacy", "jetsheet", "times (least – most)")
	for _, line := range []struct {
		title string
		of    func(*monthCost) float64
	}{
		{"start to last workbook", func(c *monthCost) float64 { return c.elapsed.Seconds() }},
		{"small customer's last workbook, median", func(c *monthCost) float64 { return c.lastOf(small).Seconds() }},
		{"CPU, all processes", func(c *monthCost) float64 { return (c.own + c.servers + c.postgres).Seconds() }},
		{"CPU of its own process", func(c *monthCost) float64 { return c.own.Seconds() }},
		{"CPU of NATS + S3", func(c *monthCost) float64 { return c.servers.Seconds() }},
		{"CPU of PostgreSQL", func(c *monthCost) float64 { return c.postgres.Seconds() }},
	} {
		var theirs, mine, ratios []float64
		for i := range ours {
			theirs, mine = append(theirs, line.of(previous[i])), append(mine, line.of(ours[i]))
			ratios = append(ratios, theirs[i]/mine[i])
		}
		middle, least, most := spread(ratios)
		a, _, _ := spread(theirs)
		z, _, _ := spread(mine)
		t.add(line.title, fmt.Sprintf("%.2f", a), fmt.Sprintf("%.2f", z), fmt.Sprintf("%.1f (%.1f – %.1f)", middle, least, most))
	}
	return t.print(b.out)
}
