package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// reportsListCommand lists reports.
type reportsListCommand struct {
	JSON bool         `name:"json" help:"Print one JSON object for each report."`
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
}

// reportLine is an applied report as it is printed for programs.
type reportLine struct {
	Report string `json:"report"`
	Title  string `json:"title"`
	// Schedule is the cron expression, empty for a report that is only started by
	// hand.
	Schedule string `json:"schedule,omitempty"`
	upcoming
	ScheduledFrom time.Time      `json:"scheduledFrom"`
	Paused        *jetsheet.Mark `json:"paused,omitempty"`
	AppliedAt     time.Time      `json:"appliedAt"`
	AppliedBy     string         `json:"appliedBy,omitempty"`
	Reason        string         `json:"reason,omitempty"`
	SHA256        string         `json:"sha256"`
	// LastRun is the newest run and LastRunState its state; empty before the first.
	LastRun      string            `json:"lastRun,omitempty"`
	LastRunState jetsheet.RunState `json:"lastRunState,omitempty"`
	// Problem says why the definition cannot be used by this version.
	Problem string `json:"problem,omitempty"`
}

// Run lists them by name.
func (c *reportsListCommand) Run(ctx context.Context, app *app) error {
	var lines []reportLine
	err := app.onReports(ctx, &c.NATS, func(ctx context.Context, b *reportBucket) error {
		names, err := b.names(ctx)
		if err != nil {
			return err
		}
		last, err := b.lastRuns(ctx)
		if err != nil {
			return err
		}
		for _, name := range names {
			line, err := b.line(ctx, name, last[name])
			if err != nil {
				return err
			}
			if line != nil {
				lines = append(lines, *line)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		for _, line := range lines {
			if err := app.printJSON(line); err != nil {
				return err
			}
		}
		return nil
	}
	return printReports(app, lines)
}

// line describes one report; nil when it was removed meanwhile. A record or a
// definition that cannot be read is the report's problem, not the list's.
func (b *reportBucket) line(ctx context.Context, name string, last lastRun) (*reportLine, error) {
	entry, err := b.Get(ctx, jetsheet.ReportKey(name))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil //nolint:nilnil // absence is an answer
	}
	if err != nil {
		return nil, fmt.Errorf("read report %s: %w", name, err)
	}
	line := &reportLine{Report: name}
	if line.LastRun, line.LastRunState, err = b.runState(ctx, last.run); err != nil {
		return nil, err
	}
	var a jetsheet.Applied
	if err := jetsheet.Decode(entry.Value(), &a); err != nil {
		line.Problem = err.Error()
		return line, nil //nolint:nilerr // it is in the line
	}
	line.describe(&a, last)
	return line, nil
}

func (l *reportLine) describe(a *jetsheet.Applied, last lastRun) {
	l.ScheduledFrom, l.Paused, l.SHA256 = a.ScheduledFrom, a.Paused, a.SHA256
	l.AppliedAt, l.AppliedBy, l.Reason = a.AppliedAt, a.AppliedBy, a.Reason
	d, err := parseReport(l.Report, []byte(a.Definition))
	if err != nil {
		l.Problem = err.Error()
		return
	}
	l.Title = d.Title
	if d.Schedule != nil {
		l.Schedule = d.Schedule.Cron
	}
	l.upcoming = upcomingTicks(d, a.ScheduledFrom, last.scheduled, time.Now().UTC(), a.Paused != nil)
}

// runState reads how far a run has come.
func (b *reportBucket) runState(ctx context.Context, id jetsheet.RunID) (string, jetsheet.RunState, error) {
	if id.IsZero() {
		return "", "", nil
	}
	runs, err := b.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return "", "", fmt.Errorf("open bucket %s: %w", jetsheet.BucketRuns, err)
	}
	entry, err := runs.Get(ctx, jetsheet.RunKey(id))
	if err != nil {
		return "", "", fmt.Errorf("read run %s: %w", id, err)
	}
	var run jetsheet.Run
	if err := jetsheet.Decode(entry.Value(), &run); err != nil {
		return id.String(), "", nil //nolint:nilerr // its state is unknown to this version
	}
	return id.String(), run.State, nil
}

func printReports(app *app, lines []reportLine) error {
	if len(lines) == 0 {
		_, err := fmt.Fprintln(app.stdout, "no reports: apply one with: jetsheet reports apply FILE")
		return err
	}
	rows := newTable("REPORT", "TITLE", "SCHEDULE", "ZONE", "NEXT TICK", "APPLIED", "BY", "LAST RUN", "STATE")
	for _, l := range lines {
		var next string
		switch {
		case l.Problem != "":
			next = "cannot be read: jetsheet reports show " + l.Report
		case l.NextTick.IsZero():
			next = "by hand"
		case l.Paused != nil:
			next = "paused"
		case len(l.Due) > 0:
			next = "due now: " + l.Due[0].In(l.zone).Format("2006-01-02 15:04")
		default:
			next = l.NextTick.In(l.zone).Format("2006-01-02 15:04")
		}
		rows.add(l.Report, l.Title, l.Schedule, l.TimeZone, next, appliedText(l.AppliedAt), l.AppliedBy, l.LastRun, string(l.LastRunState))
	}
	return rows.print(app.stdout)
}

// appliedText writes when a report was applied; "" when that is not known.
func appliedText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return localMinute(at.Truncate(time.Minute), time.UTC)
}
