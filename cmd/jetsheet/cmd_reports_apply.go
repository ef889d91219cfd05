package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"
)

// reportsApplyCommand stores definitions.
type reportsApplyCommand struct {
	Paths  []string           `arg:"" name:"PATH" help:"Definitions, or directories of them (*.yaml, *.yml)."`
	From   string             `name:"from" placeholder:"INSTANT" help:"Where the schedule starts: ticks after it are run, those that have passed too, as catchUp says. A new report starts now, a known one goes on."`
	DryRun bool               `name:"dry-run" help:"Show what would change and change nothing."`
	Reason string             `name:"reason" placeholder:"TEXT" help:"Why, for those who look later."`
	JSON   bool               `name:"json" help:"Print one JSON object."`
	Checks definitionChecking `embed:""`
	NATS   natsSettings       `embed:"" prefix:"nats-" group:"NATS settings"`
}

// Help is the command's longer description.
func (c *reportsApplyCommand) Help() string {
	return "Checks all definitions as \"reports validate\" does and, only if none has a problem, stores each under its report's name. A report that is not among them stays as it is. What runs already keeps the definition it began with. \"Now\" is this machine's clock. Exit code 0: stored, or unchanged, 1: problems."
}

// applyResult is what the command prints for programs.
type applyResult struct {
	DryRun  bool            `json:"dryRun"`
	Reports []appliedReport `json:"reports"`
	// Unchecked says why the queries were not checked.
	Unchecked string `json:"unchecked,omitempty"`
	// Warnings are what is allowed and seldom meant.
	Warnings []string `json:"warnings,omitempty"`
}

// appliedReport is one report with what its schedule does next.
type appliedReport struct {
	applied
	Title string `json:"title"`
	upcoming

	definition string
}

// Run checks and stores them.
func (c *reportsApplyCommand) Run(ctx context.Context, app *app) error {
	files, err := readDefinitions(c.Paths)
	if err != nil {
		return err
	}
	plans, err := c.plans(app, files)
	if err != nil {
		return err
	}
	result := applyResult{DryRun: c.DryRun, Reports: []appliedReport{}}
	if result.Unchecked, err = c.Checks.check(ctx, app, files); err != nil {
		return err
	}
	if problems := countProblems(files); problems > 0 {
		app.complain(fmt.Errorf("%s: nothing is applied", counted(int64(problems), "problem")))
		return app.refuseProblems(files, c.JSON)
	}
	err = app.onReports(ctx, &c.NATS, func(ctx context.Context, b *reportBucket) error {
		err := result.apply(ctx, b, files, plans)
		if err != nil || c.DryRun {
			return err
		}
		warnings, err := shadowWarnings(ctx, b.js)
		result.Warnings = append(result.Warnings, warnings...)
		return err
	})
	// What was stored before an error is stored: it is printed too.
	if len(result.Reports) == 0 && err != nil {
		return err
	}
	if c.JSON {
		return errors.Join(app.printJSON(result), err)
	}
	return errors.Join(result.print(app), err)
}

// plans says how each file is applied: --from is read on the clock of its report.
func (c *reportsApplyCommand) plans(app *app, files []*definitionFile) ([]application, error) {
	now := time.Now().UTC()
	plans := make([]application, len(files))
	for i, f := range files {
		plans[i] = application{by: app.person(), reason: c.Reason, now: now, dryRun: c.DryRun}
		if c.From == "" || f.definition == nil {
			continue
		}
		var err error
		if plans[i].from, err = parseInstant("from", c.From, scheduleZone(f.definition)); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// person names who runs the command, for people: user@host.
func (a *app) person() string {
	name := a.env["USER"]
	if known, err := user.Current(); err == nil {
		name = known.Username
	}
	if name == "" {
		name = "unknown"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return name + "@" + host
}

func (r *applyResult) apply(ctx context.Context, b *reportBucket, files []*definitionFile, plans []application) error {
	last, err := b.lastRuns(ctx)
	if err != nil {
		return err
	}
	for i, f := range files {
		a, err := applyReport(ctx, b.KeyValue, f.definition, plans[i])
		if err != nil {
			return err
		}
		newest := last[a.Report].scheduled
		upcoming := upcomingTicks(f.definition, a.ScheduledFrom, newest, plans[i].now, a.Paused)
		if warning := periodTwice(f.definition, upcoming, newest); warning != "" {
			r.Warnings = append(r.Warnings, warning)
		}
		r.Reports = append(r.Reports, appliedReport{applied: a, Title: f.definition.Title, definition: f.definition.Source, upcoming: upcoming})
	}
	return nil
}

func (r *applyResult) print(app *app) error {
	rows := newTable("REPORT", "ACTION", "CHANGES", "NEXT TICK")
	changed := 0
	for _, a := range r.Reports {
		if a.Action != actionUnchanged {
			changed++
		}
		rows.add(a.Report, a.Action, strings.Join(a.Changes, ", "), a.text(a.Report))
	}
	if err := rows.print(app.stdout); err != nil {
		return err
	}
	if r.Unchecked != "" {
		if _, err := fmt.Fprintln(app.stdout, "queries are not checked: "+r.Unchecked); err != nil {
			return err
		}
	}
	for _, warning := range r.Warnings {
		if _, err := fmt.Fprintln(app.stdout, printable("warning: "+warning)); err != nil {
			return err
		}
	}
	would := "changed"
	if r.DryRun {
		would = "would change"
		if err := r.printDiffs(app); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(app.stdout, "%d of %s %s\n", changed, counted(int64(len(r.Reports)), "report"), would)
	return err
}

// printDiffs shows how stored definitions would change.
func (r *applyResult) printDiffs(app *app) error {
	for _, a := range r.Reports {
		if a.Action != actionUpdated || a.before == a.definition {
			continue
		}
		lines := append([]string{a.Report + ":"}, lineDiff(a.before, a.definition)...)
		for _, line := range lines {
			if _, err := fmt.Fprintln(app.stdout, printable(line)); err != nil {
				return err
			}
		}
	}
	return nil
}
