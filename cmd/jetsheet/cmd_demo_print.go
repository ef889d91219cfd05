package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"
)

// print tells people what was made and what to try next.
func (d *demo) print(result *demoResult) error {
	rows := newTable("REPORT", "MONTH", ">WORKBOOKS", ">COMPARED", ">NO RECORDS", ">FAILED", ">ROWS", ">SIZE", ">TIME")
	add := func(run *demoRun) {
		rows.add(run.Report, run.Period, humanCount(int64(run.Published)), humanCount(int64(run.Compared)), humanCount(int64(run.Skipped)),
			humanCount(int64(run.Failed)), humanCount(run.Rows), humanSize(run.Bytes), strconv.FormatFloat(run.Seconds, 'f', 1, 64)+"s")
	}
	for i := range result.Runs {
		add(&result.Runs[i])
	}
	add(&demoRun{
		Report: "whole demo", Published: result.Published, Compared: result.Compared, Skipped: result.Skipped, Failed: result.Failed,
		Rows: result.Rows, Bytes: result.Bytes, Seconds: result.Seconds,
	})
	if err := rows.print(d.app.stdout); err != nil {
		return err
	}
	if err := d.printShares(result.Cutover); err != nil {
		return err
	}
	verdict := "Every planned workbook is published and reads back."
	if result.Compared > 0 {
		verdict = "Every planned workbook is published and reads back, or is compared with the previous system's."
	}
	if result.incomplete() {
		verdict = counted(int64(result.Planned-result.Published-result.Skipped-result.Compared), "workbook") +
			" failed, the reasons are above; the others are published and read back."
	}
	_, err := fmt.Fprintf(d.app.stdout, `
%s
One folder for each customer; what the previous system made is in exports:
  %s
`, verdict, filepath.Join(d.dir, localBucket))
	if err == nil && result.Largest != nil {
		_, err = fmt.Fprintf(d.app.stdout, `
Open one with Excel or LibreOffice. The largest, with %s:
  %s
`, counted(result.Largest.Rows, "row"), result.Largest.File)
	}
	if err == nil {
		err = d.printForms(result.Runs)
	}
	if err == nil {
		_, err = fmt.Fprintf(d.app.stdout, `
The reports that made them are the .yaml files, and the forms the .xlsx files, in
  %s

Next: a report on a table of your own, see deploy/runbook/first-report.md.
Or more of the same: --tenants 300 makes more customers.
`, d.dir)
	}
	return err
}

// say tells what is being done, on standard error.
func (d *demo) say(text string) {
	_, _ = fmt.Fprintf(d.app.stderr, "%6.1fs  %s\n", time.Since(d.began).Seconds(), text)
}

// withDemoLog is the app with a log that leaves the roles' lines below a warning out:
// the demo shows its progress itself. Who sets a level gets that level.
func (a *app) withDemoLog() *app {
	if a.settings.source("log-level").Origin != fromDefault {
		return a
	}
	quiet := *a
	quiet.log = slog.New(atLeast{level: slog.LevelWarn, Handler: a.log.Handler()})
	return &quiet
}

// atLeast leaves out records below a level.
type atLeast struct {
	slog.Handler

	level slog.Level
}

// Enabled implements slog.Handler.
func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{level: h.level, Handler: h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{level: h.level, Handler: h.Handler.WithGroup(name)}
}
