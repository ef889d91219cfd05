package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// applyReports applies the sample's reports with a calendar that starts just before
// the tick, so that last month's runs come by the real schedule.
func (d *demo) applyReports(ctx context.Context, p parts, tick time.Time) ([]jetsheet.RunID, error) {
	files, err := sample.Reports()
	if err != nil {
		return nil, fmt.Errorf("reports of the demo: %w", err)
	}
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("reports of the demo: %w", err)
	}
	kv, err := p.js.KeyValue(ctx, jetsheet.BucketReports)
	if err != nil {
		return nil, err
	}
	var runs []jetsheet.RunID
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reports of the demo: %w", err)
		}
		// A copy to read and change lies beside the workbooks.
		if err := os.WriteFile(filepath.Join(d.dir, path.Base(name)), data, 0o600); err != nil {
			return nil, fmt.Errorf("reports of the demo: %w", err)
		}
		definition, err := parseReport(name, data)
		if err != nil {
			return nil, err
		}
		from := application{from: tick.Add(-time.Minute), by: "demo", now: time.Now().UTC()}
		if _, err := applyReport(ctx, kv, definition, from); err != nil {
			return nil, err
		}
		runs = append(runs, jetsheet.RunID{Tick: tick.UTC(), Report: definition.Name})
	}
	d.say(fmt.Sprintf("%d reports applied; their runs of %s are due", len(runs), tick.Format("2006-01-02 15:04 MST")))
	return runs, nil
}

// await shows the runs' progress until all are closed.
func (d *demo) await(ctx context.Context, p parts, runs []jetsheet.RunID) error {
	kv, err := p.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return err
	}
	bar := d.app.newProgress("workbooks", 0)
	defer bar.end()
	for {
		done, expected, open := 0, 0, len(runs)
		for _, id := range runs {
			run, err := readRun(ctx, kv, id)
			if err != nil {
				return err
			}
			if run == nil {
				continue // not frozen yet
			}
			if run.Problem != nil && run.Problem.Class == jetsheet.ClassPermanent {
				return fmt.Errorf("run %s cannot be planned: %s", id, run.Problem.Message)
			}
			if run.Plan == nil {
				continue
			}
			n, err := delivery.Count(ctx, p.js, jetsheet.StreamDone, jetsheet.RunDoneSubjects(id))
			if err != nil {
				return err
			}
			if n > 0 && d.first.IsZero() {
				d.first = time.Now()
			}
			done, expected = done+n, expected+run.Plan.Expected
			if run.State == jetsheet.RunClosed {
				open--
			}
		}
		bar.set(int64(done), 0, int64(expected))
		if open == 0 {
			return nil
		}
		timer := time.NewTimer(100 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
}

// readRun reads a run's record; nil when there is none.
func readRun(ctx context.Context, kv jetstream.KeyValue, id jetsheet.RunID) (*jetsheet.Run, error) {
	entry, err := kv.Get(ctx, jetsheet.RunKey(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil //nolint:nilnil // absence is an answer
	}
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", id, err)
	}
	var run jetsheet.Run
	if err := jetsheet.Decode(entry.Value(), &run); err != nil {
		return nil, fmt.Errorf("read run %s: %w", id, err)
	}
	return &run, nil
}

// check reads every outcome, and every workbook with a reader that shares nothing with
// the writer.
func (d *demo) check(ctx context.Context, p parts, runs []jetsheet.RunID) (*demoResult, error) {
	d.say("reading every workbook back")
	result := &demoResult{Dir: d.dir, Runs: []demoRun{}}
	if !d.first.IsZero() {
		result.FirstSeconds = d.first.Sub(d.began).Seconds()
	}
	kv, err := p.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, err
	}
	for _, id := range runs {
		record, err := readRun(ctx, kv, id)
		if err != nil {
			return nil, err
		}
		run, err := d.checkRun(ctx, p.js, record)
		if err != nil {
			return nil, err
		}
		result.Runs = append(result.Runs, *run)
		result.Planned += run.Planned
		result.Published += run.Published
		result.Skipped += run.Skipped
		result.Failed += run.Failed
		result.Rows += run.Rows
		result.Bytes += run.Bytes
	}
	return result, nil
}

func (d *demo) checkRun(ctx context.Context, js jetstream.JetStream, record *jetsheet.Run) (*demoRun, error) {
	run := &demoRun{Run: record.ID().String(), Report: record.ID().Report, Planned: record.Plan.Expected}
	run.Seconds = record.ClosedAt.Sub(record.Frozen.FrozenAt).Seconds()
	err := delivery.Scan(ctx, js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		var done jetsheet.Done
		if err := jetsheet.Decode(m.Data(), &done); err != nil {
			return err
		}
		if done.State == jetsheet.DoneSkipped {
			run.Skipped++
			return nil
		}
		if err := d.readBack(&done); err != nil {
			return fmt.Errorf("workbook %s: %w", done.Key, err)
		}
		run.Published++
		run.Rows += done.Rows
		run.Bytes += done.SizeBytes
		return nil
	}, jetsheet.RunDoneSubjects(record.ID()))
	run.Failed = run.Planned - run.Published - run.Skipped
	return run, err
}

// readBack opens a workbook and counts its rows.
func (d *demo) readBack(done *jetsheet.Done) error {
	book, err := cells.OpenFile(filepath.Join(d.dir, localBucket, filepath.FromSlash(done.Key)), cells.Limits{})
	if err != nil {
		return err
	}
	var rows int64
	for _, sheet := range book.Sheets() {
		last := int64(0)
		err = errors.Join(err, sheet.Rows(func(int, []cells.Cell) error {
			last++
			return nil
		}))
		rows += max(0, last-1) // without the header
	}
	err = errors.Join(err, book.Close())
	if err == nil && rows != done.Rows {
		err = fmt.Errorf("it has %d rows, its outcome says %d", rows, done.Rows)
	}
	return err
}

// print tells people what was made and what to try next.
func (d *demo) print(result *demoResult) error {
	rows := newTable("REPORT", "WORKBOOKS", "NO RECORDS", "ROWS", "SIZE", "TIME")
	for _, run := range result.Runs {
		rows.add(run.Report, humanCount(int64(run.Published)), humanCount(int64(run.Skipped)), humanCount(run.Rows),
			humanSize(run.Bytes), strconv.FormatFloat(run.Seconds, 'f', 1, 64)+"s")
	}
	rows.add("together", humanCount(int64(result.Published)), humanCount(int64(result.Skipped)), humanCount(result.Rows),
		humanSize(result.Bytes), strconv.FormatFloat(result.Seconds, 'f', 1, 64)+"s")
	if err := rows.print(d.app.stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(d.app.stdout, `
Every planned workbook is published and reads back. They lie in
  %s
one folder for each customer; open one with Excel or LibreOffice. The three reports
that made them are the .yaml files beside that folder.

Next: a report on a table of your own, see "Your first report" in README.md.
`, filepath.Join(d.dir, localBucket))
	return err
}

