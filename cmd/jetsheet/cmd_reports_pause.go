package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// reportsPauseCommand stops a schedule.
type reportsPauseCommand struct {
	Name   string       `arg:"" name:"NAME" help:"Report."`
	Reason string       `name:"reason" placeholder:"TEXT" help:"Why, for those who look later."`
	DryRun bool         `name:"dry-run" help:"Show what would change and change nothing."`
	NATS   natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
}

// Help is the command's longer description.
func (c *reportsPauseCommand) Help() string {
	return "No tick of the report begins a run until \"reports resume\"; what runs already goes on, and runs may be started by hand. Exit code 4: it is paused already, or has no schedule."
}

// Run pauses it.
func (c *reportsPauseCommand) Run(ctx context.Context, app *app) error {
	mark := &jetsheet.Mark{At: time.Now().UTC(), By: app.person(), Reason: c.Reason}
	return app.onReports(ctx, &c.NATS, func(ctx context.Context, b *reportBucket) error {
		a, changed, err := b.change(ctx, c.Name, c.DryRun, func(a *jetsheet.Applied) bool {
			if a.Paused != nil || byHand(c.Name, a) {
				return false
			}
			a.Paused = mark
			return true
		})
		if err != nil {
			return err
		}
		if a.Paused == nil {
			return app.nothingToDo("%s has no schedule: it runs only when somebody starts it with: jetsheet runs start %s", c.Name, c.Name)
		}
		if !changed {
			return app.nothingToDo("%s is paused already, %s", c.Name, markText(a.Paused))
		}
		return app.did(c.DryRun, "pause", "paused", c.Name, "go on with: jetsheet reports resume "+c.Name)
	})
}

// byHand says whether a report has no schedule. One that this version cannot read may have
// one.
func byHand(name string, a *jetsheet.Applied) bool {
	d, err := parseReport(name, []byte(a.Definition))
	return err == nil && d.Schedule == nil
}

// reportsResumeCommand lets a schedule go on.
type reportsResumeCommand struct {
	Name   string       `arg:"" name:"NAME" help:"Report."`
	DryRun bool         `name:"dry-run" help:"Show what would change and change nothing."`
	NATS   natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
}

// Help is the command's longer description.
func (c *reportsResumeCommand) Help() string {
	return "Ticks that passed meanwhile are run as the report's catchUp says. Exit code 4: it is not paused."
}

// Run resumes it.
func (c *reportsResumeCommand) Run(ctx context.Context, app *app) error {
	return app.onReports(ctx, &c.NATS, func(ctx context.Context, b *reportBucket) error {
		a, changed, err := b.change(ctx, c.Name, c.DryRun, func(a *jetsheet.Applied) bool {
			paused := a.Paused != nil
			a.Paused = nil
			return paused
		})
		if err != nil {
			return err
		}
		if !changed {
			return app.nothingToDo("%s is not paused", c.Name)
		}
		last, err := b.lastRuns(ctx)
		if err != nil {
			return err
		}
		line := &reportLine{Report: c.Name}
		line.describe(a, last[c.Name])
		next := "apply it again, this version cannot read it"
		if line.Problem == "" {
			next = "next tick " + line.text(c.Name)
		}
		return app.did(c.DryRun, "resume", "resumed", c.Name, next)
	})
}

// markText tells who made a mark, when, and why if that was said.
func markText(m *jetsheet.Mark) string {
	text := fmt.Sprintf("by %s at %s", m.By, m.At.Format(time.RFC3339))
	if m.Reason != "" {
		text += ": " + m.Reason
	}
	return text
}

// nothingToDo says why nothing was changed and ends the command with exit code 4.
func (a *app) nothingToDo(format string, args ...any) error {
	if _, err := fmt.Fprintln(a.stdout, printable("nothing to do: "+fmt.Sprintf(format, args...))); err != nil {
		return err
	}
	return exitWith(exitNothing)
}

// did says what was done to a report, or would be.
func (a *app) did(dryRun bool, verb, done, name, more string) error {
	if dryRun {
		_, err := fmt.Fprintf(a.stdout, "would %s %s; %s\n", verb, name, more)
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%s %s; %s\n", done, name, more)
	return err
}

// change changes a report by compare-and-set and returns it as it is then. do may be
// called again; where it returns false nothing is written.
func (b *reportBucket) change(ctx context.Context, name string, dryRun bool, do func(*jetsheet.Applied) bool) (*jetsheet.Applied, bool, error) {
	for {
		a, revision, err := b.get(ctx, name)
		if err != nil {
			return nil, false, err
		}
		if !do(a) {
			return a, false, nil
		}
		if dryRun {
			return a, true, nil
		}
		value, err := json.Marshal(a)
		if err != nil {
			return nil, false, fmt.Errorf("encode report %s: %w", name, err)
		}
		if _, err = b.Update(ctx, jetsheet.ReportKey(name), value, revision); err == nil {
			return a, true, nil
		}
		if !delivery.WrongLastSequence(err) {
			return nil, false, fmt.Errorf("store report %s: %w", name, err)
		}
	}
}
