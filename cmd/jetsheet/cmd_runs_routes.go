package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// runsRoutesCommand says which system makes which tenants' workbooks.
type runsRoutesCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Name        string   `arg:"" name:"run" help:"A run's id; or a report's name, with --tick or --period."`
	Tick        string   `name:"tick" placeholder:"INSTANT" help:"Instant of the report's calendar: 2026-10-31T20:00:00Z, or \"2026-11-01 05:00\" in the report's zone."`
	Period      string   `name:"period" placeholder:"LABEL" help:"A period with one tick, such as 2026-10."`
	Tenants     []string `name:"tenant" sep:"none" placeholder:"ID" help:"A tenant to answer for; may be given several times."`
	TenantsFile string   `name:"tenants-file" placeholder:"FILE" help:"Tenants to answer for, one id on each line; - is standard input."`
	Previous    bool     `name:"previous" help:"Print only the tenants that the previous system is to make, one id on each line."`
	JSON        bool     `name:"json" help:"Print one JSON object for each tenant."`
}

// Help is the command's longer description.
func (c *runsRoutesCommand) Help() string {
	return "For the previous system: freezes the run if that has not happened, so that the answer holds for good. It is to make the workbooks of the tenants that --previous prints, and no others. " +
		"On an error nothing was decided for it: it asks again before it works."
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
		return c.print(app, answers)
	})
}

func (c *runsRoutesCommand) request() (ops.RoutesRequest, error) {
	if _, err := jetsheet.ParseRunID(c.Name); err == nil {
		if c.Tick != "" || c.Period != "" {
			return ops.RoutesRequest{}, usageError("a run's id says all: leave out --tick and --period")
		}
		return ops.RoutesRequest{Run: c.Name}, nil
	}
	if c.Tick == "" && c.Period == "" {
		return ops.RoutesRequest{}, usageError("%q is no run's id; for a report, give --tick or --period", c.Name)
	}
	return ops.RoutesRequest{Report: c.Name, Tick: c.Tick, Period: c.Period}, nil
}

// tenants reads the ids. A line's end may be that of Windows; everything else belongs to
// the id.
func (c *runsRoutesCommand) tenants(app *app) ([]string, error) {
	tenants := slices.Clone(c.Tenants)
	if c.TenantsFile != "" {
		lines, err := c.lines(app)
		if err != nil {
			return nil, fmt.Errorf("read the tenants: %w", err)
		}
		tenants = append(tenants, lines...)
	}
	if len(tenants) == 0 {
		return nil, usageError("no tenant is named: give --tenant or --tenants-file")
	}
	return tenants, nil
}

func (c *runsRoutesCommand) lines(app *app) (list []string, err error) {
	input := app.stdin
	if c.TenantsFile != "-" {
		file, err := os.Open(c.TenantsFile)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		input = file
	}
	reader := bufio.NewReader(input)
	for {
		line, err := reader.ReadString('\n')
		if line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"); line != "" {
			list = append(list, line)
		}
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (c *runsRoutesCommand) print(app *app, answers []*ops.RoutesAnswer) error {
	rows := newTable("TENANT", "ROUTE", "MADE BY")
	for _, answer := range answers {
		for _, t := range answer.Tenants {
			var err error
			switch {
			case c.Previous && t.Previous:
				_, err = fmt.Fprintln(app.stdout, t.Tenant)
			case c.Previous:
			case c.JSON:
				err = app.printJSON(struct {
					Run jetsheet.RunID `json:"run"`
					ops.TenantRoute
				}{answer.Run, t})
			default:
				rows.add(t.Tenant, string(t.Route), madeBy(t))
			}
			if err != nil {
				return err
			}
		}
	}
	if c.Previous || c.JSON {
		return nil
	}
	return rows.print(app.stdout)
}

func madeBy(t ops.TenantRoute) string {
	switch {
	case t.Previous:
		return ops.MadeByPrevious
	case t.Route == jetsheet.RouteHold:
		return ops.MadeByNobody
	default:
		return ops.MadeHere
	}
}
