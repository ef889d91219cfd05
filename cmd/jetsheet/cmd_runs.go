package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// runsCommand holds the commands about runs.
type runsCommand struct {
	Start runsStartCommand `cmd:"" help:"Start a report's run, or make one again."`
	List  runsListCommand  `cmd:"" help:"List runs, newest first."`
	Show  runsShowCommand  `cmd:"" help:"Show one run: counts, causes of failures, what is running."`
	Wait  runsWaitCommand  `cmd:"" help:"Wait until runs are closed, and say how they ended."`

	Cancel runsCancelCommand `cmd:"" help:"Cancel a run: what no worker has begun fails."`
	Routes runsRoutesCommand `cmd:"" help:"Say which system makes which tenants' workbooks in a run."`
}

// runsStartCommand starts a run.
type runsStartCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Report string `arg:"" help:"Name of an applied report."`
	Tick   string `name:"tick" placeholder:"INSTANT" help:"Instant of the report's calendar: 2026-10-31T20:00:00Z, or \"2026-11-01 05:00\" in the report's zone. The newest by default."`
	Tenant string `name:"tenant" placeholder:"ID" help:"Make only this tenant's workbooks again."`
	Target string `name:"target" placeholder:"ID" help:"Make only this target of the tenant again."`
	Again  bool   `name:"again" help:"Make the workbooks of a tick that has a run once more."`
	DryRun bool   `name:"dry-run" help:"Show what would be started and start nothing."`
	JSON   bool   `name:"json" help:"Print one JSON object."`

	Unplanned bool `name:"unplanned" help:"The tenant or target has come since: no run of the tick has planned it."`
}

// Help is the command's longer description.
func (c *runsStartCommand) Help() string {
	return "Asks \"jetsheet ops\" to freeze a run; a producer goes on from there. A tick that has a run is not started twice: exit code 4, unless --again is given."
}

// check refuses arguments that no report and no run can make right.
func (c *runsStartCommand) check() error {
	if c.Target != "" && c.Tenant == "" {
		return usageError("--target needs --tenant: a target is only known with its tenant")
	}
	if c.Unplanned && c.Tenant == "" {
		return usageError("--unplanned needs --tenant: it is about the tenant or target that a run is narrowed to")
	}
	if c.Tick == "" {
		return nil
	}
	if err := ops.CheckTick(c.Tick); err != nil {
		return usageError("--tick: %w", err)
	}
	return nil
}

// Run asks for the run.
func (c *runsStartCommand) Run(ctx context.Context, app *app) error {
	if err := c.check(); err != nil {
		return err
	}
	link, err := app.openNATS(ctx, &c.NATS, clientCommand)
	if err != nil {
		return err
	}
	defer link.Close()
	var answer *ops.StartAnswer
	err = link.Do(ctx, func(ctx context.Context) (err error) {
		answer, err = (&ops.Client{Conn: link.Conn}).Start(ctx, ops.StartRequest{
			Report: c.Report, Tick: c.Tick, Tenant: c.Tenant, Target: c.Target, Again: c.Again, Unplanned: c.Unplanned, DryRun: c.DryRun, By: app.person(),
		})
		return err
	})
	if err != nil {
		return refused(err)
	}
	if c.JSON {
		return app.printJSON(answer)
	}
	verb := "started"
	if c.DryRun {
		verb = "would start"
	}
	_, err = fmt.Fprintf(app.stdout, "%s %s%s, period %s\nnext: %s\n", verb, answer.Run, scopeText(answer.Scope), answer.Period.Label, answer.Next)
	return err
}

// scopeText names what a run is narrowed to.
func scopeText(s jetsheet.Scope) string {
	var text string
	if s.Tenant != "" {
		text += ", tenant " + printable(s.Tenant)
	}
	if s.Target != "" {
		text += ", target " + printable(s.Target)
	}
	return text
}

// runsListCommand lists runs.
type runsListCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Report string `name:"report" placeholder:"NAME" help:"Only runs of this report."`
	State  string `name:"state" placeholder:"STATE" help:"Only runs in this state: planning, publishing, open or closed."`
	Limit  int    `name:"limit" placeholder:"N" default:"20" help:"Most runs to list; 0 means all."`
	JSON   bool   `name:"json" help:"Print one JSON object for each run."`
}

// Run lists the runs.
func (c *runsListCommand) Run(ctx context.Context, app *app) error {
	if err := ops.CheckRunState(jetsheet.RunState(c.State)); err != nil {
		return usageError("--state: %w", err)
	}
	return app.onRuns(ctx, &c.NATS, func(ctx context.Context, r *ops.Reader, _ *natsLink) error {
		runs, err := r.Runs(ctx, ops.RunFilter{Report: c.Report, State: jetsheet.RunState(c.State), Limit: c.Limit})
		if len(runs) == 0 {
			if err == nil && !c.JSON {
				_, err = fmt.Fprintln(app.stdout, "no runs; start one with: jetsheet runs start REPORT")
			}
			return err
		}
		if c.JSON {
			for i := range runs {
				if err := app.printJSON(&runs[i]); err != nil {
					return err
				}
			}
			return err
		}
		return errors.Join(printRuns(app, runs), err)
	})
}

func printRuns(app *app, runs []ops.RunInfo) error {
	rows := newTable("RUN", "STATE", ">EXPECTED", ">DONE", ">FAILED", ">PENDING", "TOOK", "NOTE")
	for i := range runs {
		run := &runs[i]
		notes := nonEmpty(strings.TrimPrefix(scopeText(run.Scope), ", "))
		if run.Cancelled != nil {
			notes = append(notes, "cancelled "+markText(run.Cancelled))
		}
		if run.Notice != "" && run.Counts.Failed == 0 {
			notes = append(notes, run.Notice)
		}
		rows.add(run.Run.String(), string(run.State), humanCount(int64(run.Counts.Expected)), humanCount(int64(run.Counts.Done)),
			humanCount(int64(run.Counts.Failed)), humanCount(int64(run.Counts.Pending)), took(run), strings.Join(notes, "; "))
	}
	return rows.print(app.stdout)
}

func nonEmpty(texts ...string) []string {
	var kept []string
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}

// took is how long a closed run took.
func took(run *ops.RunInfo) string {
	if run.ClosedAt.IsZero() {
		return ""
	}
	return humanDuration(run.ClosedAt.Sub(run.FrozenAt).Round(time.Millisecond))
}
