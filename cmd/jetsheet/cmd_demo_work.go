package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/uploader"
)

// work runs the roles until the runs of both months are closed, then reads every
// workbook back.
func (d *demo) work(ctx context.Context, p parts) (*demoResult, error) {
	if err := d.readReports(); err != nil {
		return nil, fmt.Errorf("reports of the demo: %w", err)
	}
	if err := d.readForms(); err != nil {
		return nil, fmt.Errorf("forms of the demo: %w", err)
	}
	all, err := d.app.newRoles(ctx, p, producer.Settings{}, renderer.Settings{Slots: 8}, uploader.Settings{Slots: 8})
	if err != nil {
		return nil, err
	}
	group, working := errgroup.WithContext(ctx)
	roles, stop := context.WithCancel(working)
	defer stop()
	group.Go(func() error { return all.Run(roles) })
	group.Go(func() error { // ends too when a role ends badly
		defer stop()
		return d.cutOver(working, p)
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return d.check(ctx, p)
}

// sampleReports reads the sample's reports.
func sampleReports() ([]*report.Definition, error) {
	files, err := sample.Reports()
	if err != nil {
		return nil, err
	}
	return parseReports(files)
}

// parseReports reads definitions.
func parseReports(files fs.FS) ([]*report.Definition, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var reports []*report.Definition
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		definition, err := parseReport(name, data)
		if err != nil {
			return nil, err
		}
		reports = append(reports, definition)
	}
	return reports, nil
}

// readReports reads the reports. A copy to read and change goes beside the workbooks.
func (d *demo) readReports() (err error) {
	if d.reports, err = sampleReports(); err != nil {
		return err
	}
	return d.copyReports(d.reports)
}

func (d *demo) copyReports(reports []*report.Definition) error {
	for _, definition := range reports {
		if err := os.WriteFile(filepath.Join(d.dir, definition.Name+".yaml"), []byte(definition.Source), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// applyAll applies reports with calendars that start at an instant.
func applyAll(ctx context.Context, p parts, reports []*report.Definition, start time.Time) error {
	kv, err := p.js.KeyValue(ctx, jetsheet.BucketReports)
	if err != nil {
		return err
	}
	for _, definition := range reports {
		from := application{from: start, by: "demo", now: time.Now().UTC()}
		if _, err := applyReport(ctx, kv, definition, from); err != nil {
			return err
		}
	}
	return nil
}

// await shows the runs' progress until all are closed.
func (d *demo) await(ctx context.Context, p parts, runs []jetsheet.RunID) error {
	kv, err := p.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return err
	}
	began := time.Now()
	var bar *progress
	for {
		n, err := standing(ctx, p.js, kv, runs)
		if err != nil {
			return err
		}
		if n.done > 0 && d.first.IsZero() {
			d.first = time.Now()
		}
		if bar == nil && n.planned == len(runs) {
			bar = d.app.newProgress("workbooks", n.expected)
			bar.started = began // a few workbooks are done by the time that they can be counted
			defer bar.end()
		}
		if bar != nil {
			bar.set(n.done, n.failed, n.expected)
		}
		if n.open == 0 {
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

// demoStanding counts the conversions of all runs, and the runs that are planned and
// those that are not closed.
type demoStanding struct {
	done, failed, expected int64
	planned, open          int
}

func standing(ctx context.Context, js jetstream.JetStream, kv jetstream.KeyValue, runs []jetsheet.RunID) (demoStanding, error) {
	n := demoStanding{open: len(runs)}
	for _, id := range runs {
		run, err := readRun(ctx, kv, id)
		if err != nil {
			return n, err
		}
		switch {
		case run == nil: // not frozen yet
			continue
		case run.Problem != nil && run.Problem.Class == jetsheet.ClassPermanent:
			return n, fmt.Errorf("run %s cannot be planned: %s", id, run.Problem.Message)
		case run.Plan == nil:
			continue
		}
		done, err := delivery.Count(ctx, js, jetsheet.StreamDone, jetsheet.RunDoneSubjects(id))
		if err != nil {
			return n, err
		}
		n.planned++
		n.done, n.expected = n.done+int64(done), n.expected+int64(run.Plan.Expected)
		if run.State == jetsheet.RunClosed {
			n.failed += int64(run.Plan.Expected - done)
			n.open--
		}
	}
	return n, nil
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
