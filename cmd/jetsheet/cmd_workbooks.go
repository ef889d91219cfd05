package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// workbooksCommand holds the commands about workbooks.
type workbooksCommand struct {
	List workbooksListCommand `cmd:"" help:"List workbooks: where each is, why it waits, what mends it."`
	Show workbooksShowCommand `cmd:"" help:"Show one workbook."`
	Get  workbooksGetCommand  `cmd:"" help:"Download one workbook, or make a link to it."`
}

// workbookFlags pick workbooks.
type workbookFlags struct {
	Run    string `name:"run" placeholder:"RUN" help:"A run's id, the beginning of one, or a report's name for its run that was started last. By default the newest run of every report."`
	Report string `name:"report" placeholder:"NAME" help:"Only this report's."`
	Tenant string `name:"tenant" placeholder:"ID" help:"Only this tenant's."`
	Target string `name:"target" placeholder:"ID" help:"Only this target's."`
	Period string `name:"period" placeholder:"LABEL" help:"Only of this period, such as 2026-10; looks for the run too."`
}

func (f *workbookFlags) filter(text string) ops.WorkbookFilter {
	return ops.WorkbookFilter{Run: f.Run, Report: f.Report, Tenant: f.Tenant, Target: f.Target, Period: f.Period, Text: text}
}

// workbooksListCommand lists workbooks.
type workbooksListCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
	workbookFlags

	Text  string `arg:"" optional:"" help:"Part of the file name or key, or RUN/TENANT/TARGET."`
	State string `name:"state" placeholder:"STATE" help:"Only in this state: published, skipped, superseded, compared, failed, retrying, rendering, uploading, waiting, queued, rendered, planned, previous; or pending, done; or with the result equal, waived, different, incomparable of a comparison."`
	Limit int    `name:"limit" placeholder:"N" default:"50" help:"Most workbooks to list; 0 means all."`
	JSON  bool   `name:"json" help:"Print one JSON object for each workbook."`
}

// Run lists the workbooks.
func (c *workbooksListCommand) Run(ctx context.Context, app *app) error {
	if err := ops.CheckState(c.State); err != nil {
		return usageError("--state: %w", err)
	}
	return app.onRuns(ctx, &c.NATS, func(ctx context.Context, r *ops.Reader, _ *natsLink) error {
		filter := c.filter(c.Text)
		filter.State, filter.Limit = c.State, c.Limit
		rows := newTable("REPORT", "TENANT", "TARGET", "PERIOD", "~FILE", "STATE", ">ROWS", ">SIZE", "NOTE")
		listed := 0
		listing, err := r.Workbooks(ctx, filter, func(w *ops.Workbook) error {
			listed++
			if c.JSON {
				return app.printJSON(w)
			}
			addWorkbook(rows, w)
			return nil
		})
		if err != nil {
			return err
		}
		if !c.JSON && listed > 0 {
			if err := rows.print(app.stdout); err != nil {
				return err
			}
		}
		return c.remark(app, listing, listed)
	})
}

// remark says on standard error what the list does not show.
func (c *workbooksListCommand) remark(app *app, listing *ops.Listing, listed int) error {
	var remarks []string
	if listing.More {
		remarks = append(remarks, humanCount(int64(listed))+" listed, there are more; see --limit")
	}
	remarks = append(remarks, listing.Notices...)
	switch {
	case listed > 0 || len(listing.Notices) > 0:
	case len(listing.Runs) == 0:
		remarks = append(remarks, "no run matches; list the known ones with: jetsheet runs list")
	default:
		remarks = append(remarks, "no workbook matches in "+someRuns(listing.Runs))
	}
	for _, remark := range remarks {
		if _, err := fmt.Fprintln(app.stderr, printable(remark)); err != nil {
			return err
		}
	}
	return nil
}

func someRuns(ids []jetsheet.RunID) string {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		names = append(names, id.String())
	}
	return strings.Join(names, ", ")
}

// noteRunes is how much of a note a table shows; "workbooks show" has all of it.
const noteRunes = 100

func addWorkbook(rows *table, w *ops.Workbook) {
	size, count, note := "", "", w.Why
	if w.SizeBytes > 0 {
		size = humanSize(w.SizeBytes)
	}
	if w.Rows > 0 {
		count = humanCount(w.Rows)
	}
	if w.Cause != "" {
		note = string(w.Cause) + ": " + note
	}
	if runes := []rune(note); len(runes) > noteRunes {
		note = string(runes[:noteRunes-1]) + "…"
	}
	rows.add(w.Run.Report, shortID(w.Tenant), shortID(w.Target), w.Period.Label, shortID(w.Filename), string(w.State), count, size, note)
}

// workbooksShowCommand shows one workbook.
type workbooksShowCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
	workbookFlags

	Text string `arg:"" optional:"" help:"Part of the file name or key, or RUN/TENANT/TARGET."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// Run shows the workbook.
func (c *workbooksShowCommand) Run(ctx context.Context, app *app) error {
	return app.onRuns(ctx, &c.NATS, func(ctx context.Context, r *ops.Reader, link *natsLink) error {
		w, err := r.One(ctx, c.filter(c.Text))
		if err != nil {
			return err
		}
		next := link.nextOf(ctx, w.Tenant)
		if c.JSON {
			return app.printJSON(struct {
				*ops.Workbook

				NextRun *nextWorkbook `json:"nextRun"`
			}{w, next})
		}
		return printWorkbook(app, w, next)
	})
}

func printWorkbook(app *app, w *ops.Workbook, next *nextWorkbook) error {
	rows := newTable("", "")
	line := func(name, value string) {
		if value != "" {
			rows.add(name, value)
		}
	}
	line("workbook", w.Conversion().String())
	line("tenant", w.Tenant)
	line("target", w.Target)
	line("file", w.Filename)
	if w.Period.Label != "" {
		line("period", fmt.Sprintf("%s (%s to %s)", w.Period.Label, instant(w.Period.From), instant(w.Period.Until)))
	}
	line("made by", fmt.Sprintf("%s (route %s)", w.MadeBy, w.Route))
	line("next run", next.String())
	line("state", string(w.State))
	line("since", instant(w.At))
	if w.Bucket != "" && w.State == ops.StatePublished {
		line("object", "s3://"+w.Bucket+"/"+w.Key)
	} else {
		line("key", w.Key)
	}
	if w.Rows > 0 || w.State == ops.StatePublished {
		line("rows", humanCount(w.Rows))
	}
	if w.SizeBytes > 0 {
		line("size", humanSize(w.SizeBytes))
	}
	line("sha256", w.SHA256)
	line("shows", instant(w.Snapshot.At))
	line("previous", previousText(w))
	for _, note := range noteLines(w.Notes) {
		line("note", note)
	}
	line("cause", string(w.Cause))
	if w.Attempts > 0 {
		line("attempts", humanCount(int64(w.Attempts)))
	}
	line("worker", w.Worker)
	line("why", w.Why)
	line("next", w.Next)
	if err := rows.print(app.stdout); err != nil || w.Comparison == nil {
		return err
	}
	return printComparison(app, w.Comparison)
}

// previousText says where the previous system's workbook is, and of when.
func previousText(w *ops.Workbook) string {
	if w.Comparison == nil || w.Comparison.Previous.ETag == "" {
		return w.Previous
	}
	p := &w.Comparison.Previous
	return fmt.Sprintf("s3://%s/%s, %s of %s", p.Bucket, p.Key, humanSize(p.SizeBytes), instant(p.LastModified))
}

// printComparison writes the differences that are known, and what was waived.
func printComparison(app *app, c *jetsheet.Comparison) error {
	if len(c.Differences) > 0 {
		rows := newTable("SHEET", "CELL", "COLUMN", "WHAT", "OURS", "PREVIOUS")
		for i := range c.Differences {
			d := &c.Differences[i]
			kind := cells.What(d.What)
			rows.add(d.Sheet, d.Cell, d.Column, string(d.What), visible(kind, d.Ours), visible(kind, d.Previous))
		}
		if _, err := fmt.Fprintln(app.stdout); err != nil {
			return err
		}
		if err := rows.print(app.stdout); err != nil {
			return err
		}
	}
	if hidden := c.Count - int64(len(c.Differences)); hidden > 0 {
		if _, err := fmt.Fprintf(app.stdout, "and %s more\n", humanCount(hidden)); err != nil {
			return err
		}
	}
	for _, w := range c.Waived {
		_, err := fmt.Fprintf(app.stdout, "waived: %s: %s\n", counted(w.Count, "difference")+" of "+string(w.What), printable(w.Reason))
		if err != nil {
			return err
		}
	}
	return nil
}

// instant writes a time for people, and the zero time as nothing.
func instant(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
