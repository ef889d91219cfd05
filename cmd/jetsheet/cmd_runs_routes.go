package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// runsRoutesCommand says which system makes which tenants' workbooks.
type runsRoutesCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Name        string   `arg:"" name:"run" help:"A run's id; or a report's name, with a period or --tick."`
	Label       string   `arg:"" optional:"" name:"label" help:"The same as --period."`
	Tick        string   `name:"tick" placeholder:"INSTANT" help:"Instant of the report's calendar: 2026-10-31T20:00:00Z, or \"2026-11-01 05:00\" in the report's zone."`
	Period      string   `name:"period" placeholder:"LABEL" help:"A period with one tick, such as 2026-10."`
	Tenants     []string `name:"tenant" sep:"none" placeholder:"ID" help:"A tenant to answer for; may be given several times."`
	TenantsFile string   `name:"tenants-file" placeholder:"FILE" help:"Tenants to answer for, one id on each line; - is standard input."`
	Previous    bool     `name:"previous" help:"Print only the tenants that the previous system is to make; without --json or --csv one id on each line."`
	JSON        bool     `name:"json" xor:"form" help:"Print one JSON object for each tenant."`
	CSV         bool     `name:"csv" xor:"form" help:"Print CSV with the columns tenant, route and previous, which is true or false."`
}

// Help is the command's longer description.
func (c *runsRoutesCommand) Help() string {
	return "For the previous system: freezes the run if that has not happened, so that the answer holds for good. It is to make the workbooks of the tenants that --previous prints, and no others. " +
		"On an error nothing was decided for it: it asks again before it works. Exit code 5: routes cannot be read or frozen now, or the run's tick has not come. " +
		"Standard error says which tenants are jetsheet's although the run's plan has no workbook of them, or that this cannot be told until the run is planned; the exit code stays 0, as the routes hold."
}

// Run asks page by page.
func (c *runsRoutesCommand) Run(ctx context.Context, app *app) error {
	tenants, err := c.tenants(app)
	if err != nil {
		return err
	}
	request, err := c.request()
	if err != nil {
		return err
	}
	return app.onOps(ctx, &c.NATS, func(ctx context.Context, client *ops.Client) error {
		// All answers come before the first is printed: half an answer would be obeyed.
		var answers []*ops.RoutesAnswer
		for page := range slices.Chunk(tenants, ops.MaxRouteTenants) {
			request.Tenants = page
			answer, err := client.Routes(ctx, request)
			if err != nil {
				return err
			}
			request = ops.RoutesRequest{Run: answer.Run.String()}
			answers = append(answers, answer)
		}
		if err := c.print(app, answers); err != nil {
			return err
		}
		return tellLacking(app, answers)
	})
}

func (c *runsRoutesCommand) request() (ops.RoutesRequest, error) {
	if c.Label != "" && c.Period != "" {
		return ops.RoutesRequest{}, usageError("the period is named twice: %q and --period %q", c.Label, c.Period)
	}
	period := cmp.Or(c.Period, c.Label)
	if _, err := jetsheet.ParseRunID(c.Name); err == nil {
		if c.Tick != "" || period != "" {
			return ops.RoutesRequest{}, usageError("a run's id says all: leave out the tick and the period")
		}
		return ops.RoutesRequest{Run: c.Name}, nil
	}
	if c.Tick == "" && period == "" {
		return ops.RoutesRequest{}, usageError("%q is no run's id; for a report, give the period or --tick", c.Name)
	}
	return ops.RoutesRequest{Report: c.Name, Tick: c.Tick, Period: period}, nil
}

// tenants reads the ids. Each is answered once: what is printed twice would be made twice.
func (c *runsRoutesCommand) tenants(app *app) ([]string, error) {
	tenants := slices.Clone(c.Tenants)
	if c.TenantsFile != "" {
		lines, err := app.idLines(c.TenantsFile)
		if err != nil {
			return nil, fmt.Errorf("read the tenants: %w", err)
		}
		tenants = append(tenants, lines...)
	}
	if len(tenants) == 0 {
		return nil, usageError("no tenant is named: give --tenant or --tenants-file")
	}
	named := make(map[string]bool, len(tenants))
	return slices.DeleteFunc(tenants, func(id string) bool {
		again := named[id]
		named[id] = true
		return again
	}), nil
}

func (c *runsRoutesCommand) print(app *app, answers []*ops.RoutesAnswer) error {
	rows := newTable("TENANT", "ROUTE", "MADE BY", "PLANNED")
	lines := csv.NewWriter(app.stdout)
	if c.CSV {
		if err := lines.Write([]string{"tenant", "route", "previous"}); err != nil {
			return err
		}
	}
	for _, answer := range answers {
		for _, t := range answer.Tenants {
			var err error
			switch {
			case c.Previous && !t.Previous:
			case c.CSV:
				err = lines.Write([]string{t.Tenant, string(t.Route), strconv.FormatBool(t.Previous)})
			case c.JSON:
				err = app.printJSON(struct {
					Run jetsheet.RunID `json:"run"`
					ops.TenantRoute
				}{answer.Run, t})
			case c.Previous:
				_, err = fmt.Fprintln(app.stdout, t.Tenant)
			default:
				rows.add(t.Tenant, string(t.Route), ops.MadeBy(t.Route), plannedText(t.Planned))
			}
			if err != nil {
				return err
			}
		}
	}
	lines.Flush()
	if c.Previous || c.JSON || c.CSV {
		return lines.Error()
	}
	return rows.print(app.stdout)
}
