package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
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
		return result.apply(ctx, b, files, plans)
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
		r.Reports = append(r.Reports, appliedReport{
			applied: a, Title: f.definition.Title, definition: f.definition.Source,
			upcoming: upcomingTicks(f.definition, a.ScheduledFrom, last[a.Report].scheduled, plans[i].now, a.Paused),
		})
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

// upcoming is what a report's schedule does next.
type upcoming struct {
	// Due are the ticks that are run as soon as a producer is there, as catchUp says.
	Due []time.Time `json:"due,omitempty"`
	// NextTick is the first after now; zero without a schedule.
	NextTick time.Time `json:"nextTick,omitzero"`
	TimeZone string    `json:"timeZone"`

	paused bool
	zone   *time.Location
}

// upcomingTicks asks the report's calendar. lastTick is that of the newest scheduled
// run, zero when there is none. Whether a tick is due is decided by PostgreSQL's clock
// later; now is ours.
func upcomingTicks(d *report.Definition, from, lastTick, now time.Time, paused bool) upcoming {
	u := upcoming{zone: scheduleZone(d), paused: paused}
	u.TimeZone = u.zone.String()
	if d.Schedule == nil {
		return u
	}
	u.Due = d.Schedule.Calendar.Due(lastTick, from, now, d.Schedule.CatchUp).Ticks
	if from.Before(now) {
		from = now
	}
	u.NextTick = d.Schedule.Calendar.Next(from)
	return u
}

// text says it to people.
func (u upcoming) text(name string) string {
	switch {
	case u.NextTick.IsZero():
		return "none: jetsheet runs start " + name
	case u.paused:
		return "paused: jetsheet reports resume " + name
	}
	next := localMinute(u.NextTick, u.zone)
	switch len(u.Due) {
	case 0:
		return next
	case 1:
		return fmt.Sprintf("due now: %s, then %s", localMinute(u.Due[0], u.zone), next)
	default:
		return fmt.Sprintf("due now: %d ticks from %s, then %s", len(u.Due), localMinute(u.Due[0], u.zone), next)
	}
}

// lastRun is the newest run of a report.
type lastRun struct {
	run jetsheet.RunID
	// scheduled is the newest tick of a run that is no re-run.
	scheduled time.Time
}

// lastRuns finds the newest run of every report.
func (b *reportBucket) lastRuns(ctx context.Context) (map[string]lastRun, error) {
	runs, err := b.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketRuns, err)
	}
	ids, err := keys(ctx, runs)
	if err != nil {
		return nil, err
	}
	last := map[string]lastRun{}
	for _, key := range ids {
		id, err := jetsheet.ParseRunID(key)
		if err != nil {
			continue // not a run's key: the producer reports it
		}
		l := last[id.Report]
		if l.run.IsZero() || id.Compare(l.run) > 0 {
			l.run = id
		}
		if id.Rerun == 0 && id.Tick.After(l.scheduled) {
			l.scheduled = id.Tick
		}
		last[id.Report] = l
	}
	return last, nil
}
