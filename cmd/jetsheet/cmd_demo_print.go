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
	rows := newTable("REPORT", ">WORKBOOKS", ">NO RECORDS", ">FAILED", ">ROWS", ">SIZE", ">TIME")
	add := func(name string, published, skipped, failed int, count, bytes int64, seconds float64) {
		rows.add(name, humanCount(int64(published)), humanCount(int64(skipped)), humanCount(int64(failed)),
			humanCount(count), humanSize(bytes), strconv.FormatFloat(seconds, 'f', 1, 64)+"s")
	}
	for _, run := range result.Runs {
		add(run.Report, run.Published, run.Skipped, run.Failed, run.Rows, run.Bytes, run.Seconds)
	}
	add("whole demo", result.Published, result.Skipped, result.Failed, result.Rows, result.Bytes, result.Seconds)
	if err := rows.print(d.app.stdout); err != nil {
		return err
	}
	verdict := "Every planned workbook is published and reads back."
	if result.incomplete() {
		verdict = counted(int64(result.Planned-result.Published-result.Skipped), "workbook") +
			" failed, the reasons are above; the others are published and read back."
	}
	_, err := fmt.Fprintf(d.app.stdout, `
%s One folder for each customer:
  %s
`, verdict, filepath.Join(d.dir, localBucket))
	if err == nil && result.Largest != nil {
		_, err = fmt.Fprintf(d.app.stdout, `
Open one with Excel or LibreOffice. The largest, with %s:
  %s
`, counted(result.Largest.Rows, "row"), result.Largest.File)
	}
	if err == nil {
		_, err = fmt.Fprintf(d.app.stdout, `
The reports that made them are the .yaml files in
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
