package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// runsShowCommand shows one run.
type runsShowCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Name string `arg:"" name:"run" help:"A run's id, the beginning of one, or a report's name for its run that was started last."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// Run shows the run.
func (c *runsShowCommand) Run(ctx context.Context, app *app) error {
	return app.onRuns(ctx, &c.NATS, func(ctx context.Context, r *ops.Reader, link *natsLink) error {
		id, err := r.Find(ctx, c.Name)
		if err != nil {
			return err
		}
		run, err := r.Run(ctx, id)
		if err != nil {
			return err
		}
		next := link.nextAfter(ctx, r, id)
		if c.JSON {
			return app.printJSON(struct {
				*ops.RunDetail

				NextRun *nextRun `json:"nextRun,omitempty"`
			}{run, next})
		}
		return printRun(app, run, next)
	})
}

func printRun(app *app, run *ops.RunDetail, next *nextRun) error {
	rows := newTable("", "")
	rows.add("run", run.Run.String())
	rows.add("state", string(run.State))
	rows.add("tick", run.Tick.Format(time.RFC3339))
	if scope := strings.TrimPrefix(scopeText(run.Scope), ", "); scope != "" {
		rows.add("made again", scope)
	}
	rows.add("frozen", run.FrozenAt.Format(time.RFC3339)+" by "+run.FrozenBy)
	if run.Cancelled != nil {
		rows.add("cancelled", markText(run.Cancelled))
	}
	if run.Planned() {
		addCounts(rows, run)
	}
	if !run.ClosedAt.IsZero() {
		rows.add("closed", fmt.Sprintf("%s, after %s", run.ClosedAt.Format(time.RFC3339), took(&run.RunInfo)))
	}
	if next != nil {
		rows.add("next run", next.String())
	}
	if run.Notice != "" {
		rows.add("note", run.Notice)
	}
	for i := range run.Obstacles {
		rows.add("waits", run.Obstacles[i].Text)
	}
	if waiting := min(run.Rendered, run.ByRoute[jetsheet.RouteShadow].Pending); waiting > 0 {
		rows.add("waits", fmt.Sprintf("up to %s for the previous system's, to be compared; jetsheet workbooks list --run %s --state %s",
			counted(int64(waiting), "workbook"), run.Run, ops.StateRendered))
	}
	if run.Next != "" && len(run.Causes) == 0 {
		rows.add("next", run.Next)
	}
	if err := rows.print(app.stdout); err != nil {
		return err
	}
	if err := printCauses(app, run.Causes, len(run.Causes)); err != nil {
		return err
	}
	return printRunning(app, run.Running)
}

func addCounts(rows *table, run *ops.RunDetail) {
	counts := run.Counts
	targets := humanCount(int64(run.Targets))
	if routes := countsByName(run.Routes); routes != "" {
		targets += " (" + routes + ")"
	}
	rows.add("targets", targets)
	done := humanCount(int64(counts.Done))
	if counts.Done > 0 {
		done += " (" + countsByName(run.Outcomes) + ")"
	}
	rows.add("expected", humanCount(int64(counts.Expected)))
	rows.add("done", done)
	if len(run.Compared) > 0 {
		rows.add("compared", comparedText(run.Run, run.Compared))
	}
	failed := humanCount(int64(counts.Failed))
	if run.Dismissed > 0 {
		failed += " (dismissed " + humanCount(int64(run.Dismissed)) + ")"
	}
	rows.add("failed", failed)
	if run.Unplanned > 0 {
		rows.add("not counted", counted(int64(run.Unplanned), "failure")+" of what is not in the plan: messages that somebody published by hand")
	}
	pending := humanCount(int64(counts.Pending))
	if counts.Pending > 0 {
		pending += " (" + strings.Join(nonEmpty(countsByName(run.Queued), rest(run)), ", ") + ")"
	}
	rows.add("pending", pending)
	if len(run.ByRoute) > 1 {
		for _, route := range slices.Sorted(maps.Keys(run.ByRoute)) {
			c := run.ByRoute[route]
			rows.add("  route "+string(route), fmt.Sprintf("%d expected, %d done, %d failed, %d pending", c.Expected, c.Done, c.Failed, c.Pending))
		}
	}
	if run.Rows > 0 {
		rows.add("rows", humanCount(run.Rows)+", "+humanSize(run.SizeBytes))
	}
}

// comparedText says how comparisons went, and what shows those that did not pass.
func comparedText(run jetsheet.RunID, counts map[jetsheet.ComparisonResult]int) string {
	texts := []string{countsByName(counts)}
	for _, result := range []jetsheet.ComparisonResult{jetsheet.ResultDifferent, jetsheet.ResultIncomparable} {
		if counts[result] > 0 {
			texts = append(texts, fmt.Sprintf("jetsheet workbooks list --run %s --state %s", run, result))
		}
	}
	return strings.Join(texts, "; ")
}

// rest tells of the pending ones that are not in a lane.
func rest(run *ops.RunDetail) string {
	var texts []string
	if run.Rendered > 0 {
		texts = append(texts, fmt.Sprintf("rendered %d", run.Rendered))
	}
	if run.Retrying > 0 {
		text := fmt.Sprintf("retrying %d", run.Retrying)
		if !run.RetryAt.IsZero() {
			text += ", next at " + run.RetryAt.Format(time.TimeOnly) + " UTC"
		}
		texts = append(texts, text)
	}
	queued := 0
	for _, n := range run.Queued {
		queued += n
	}
	if run.Unrecorded > 0 {
		return strings.Join(append(texts, fmt.Sprintf("outcome no longer known %d", run.Unrecorded)), ", ")
	}
	if planned := run.Counts.Pending - queued - run.Rendered - run.Retrying; planned > 0 {
		texts = append(texts, fmt.Sprintf("not queued yet %d", planned))
	}
	return strings.Join(texts, ", ")
}

// countsByName writes counts as "new 12, legacy 3".
func countsByName[K ~string, N int | int64](counts map[K]N) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > 0 {
			texts = append(texts, fmt.Sprintf("%s %s", name, humanCount(int64(counts[name]))))
		}
	}
	return strings.Join(texts, ", ")
}

// printCauses shows the first causes, each with an example and what mends it.
func printCauses(app *app, causes []ops.CauseCount, most int) error {
	for _, cause := range causes[:min(len(causes), most)] {
		_, err := fmt.Fprintf(app.stdout, "\n%s %s in the %s: %s\n  next: %s\n",
			humanCount(int64(cause.Count)), cause.Cause, cause.Stage, printable(cause.Message), printable(cause.Next))
		if err != nil {
			return err
		}
	}
	if len(causes) > most {
		_, err := fmt.Fprintf(app.stdout, "\n%s more: jetsheet runs show\n", counted(int64(len(causes)-most), "cause"))
		return err
	}
	return nil
}

func printRunning(app *app, running []ops.Running) error {
	if len(running) == 0 {
		return nil
	}
	rows := newTable("STAGE", "LANE", "TENANT", "TARGET", ">ROWS", "SINCE", "WORKER", "NOTE")
	for _, r := range running {
		since, note := "", ""
		if !r.Since.IsZero() {
			since = r.Since.Format(time.TimeOnly)
		}
		if r.Waiting != "" {
			note = "waits for " + r.Waiting
		}
		rows.add(string(r.Stage), string(r.Lane), shortID(r.Tenant), shortID(r.Target), humanCount(r.Rows), since, r.Worker, note)
	}
	if _, err := fmt.Fprintln(app.stdout); err != nil {
		return err
	}
	return rows.print(app.stdout)
}

// shortID keeps a long id from pushing the other columns out of sight.
func shortID(id string) string {
	const most = 40
	if runes := []rune(id); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return id
}
