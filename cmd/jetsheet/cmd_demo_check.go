package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/ops/verify"
)

// demoResult is what the command prints for programs.
type demoResult struct {
	Runs []demoRun `json:"runs"`
	// Planned = Published + Skipped + Compared + Failed. What the previous system alone
	// makes is not planned.
	Planned   int   `json:"planned"`
	Published int   `json:"published"`
	Skipped   int   `json:"skipped"`
	Compared  int   `json:"compared"`
	Failed    int   `json:"failed"`
	Rows      int64 `json:"rows"`
	Bytes     int64 `json:"bytes"`
	// Cutover says which system made what.
	Cutover []*demoShare `json:"cutover"`
	// Largest is the workbook with the most rows; nil if there is none.
	Largest *demoWorkbook `json:"largest,omitempty"`
	// FirstSeconds is the time until the first workbook was published.
	FirstSeconds float64 `json:"firstSeconds"`
	Seconds      float64 `json:"seconds"`
	Dir          string  `json:"dir"`
}

// demoRun is one report's run.
type demoRun struct {
	Run       string  `json:"run"`
	Report    string  `json:"report"`
	Period    string  `json:"period"`
	Planned   int     `json:"planned"`
	Published int     `json:"published"`
	Skipped   int     `json:"skipped"`
	Compared  int     `json:"compared"`
	Failed    int     `json:"failed"`
	Rows      int64   `json:"rows"`
	Bytes     int64   `json:"bytes"`
	Seconds   float64 `json:"seconds"`
	// Form is a workbook to look at, where the run filled customers' own forms.
	Form string `json:"form,omitempty"`

	largest *demoWorkbook
}

// demoWorkbook is one published workbook.
type demoWorkbook struct {
	File  string `json:"file"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

func (r *demoResult) add(run *demoRun) {
	r.Runs = append(r.Runs, *run)
	r.Planned += run.Planned
	r.Published += run.Published
	r.Skipped += run.Skipped
	r.Compared += run.Compared
	r.Failed += run.Failed
	r.Rows += run.Rows
	r.Bytes += run.Bytes
	r.Largest = larger(r.Largest, run.largest)
}

// incomplete says that a planned workbook is not there.
func (r *demoResult) incomplete() bool {
	return r.Failed > 0 || r.Published+r.Skipped+r.Compared != r.Planned
}

// divided says that each workbook came from the one system that was to make it, and that
// what both made is equal.
func (r *demoResult) divided() bool {
	return !slices.ContainsFunc(r.Cutover, func(s *demoShare) bool { return !s.sound() })
}

func larger(a, b *demoWorkbook) *demoWorkbook {
	if a == nil || b != nil && b.Rows > a.Rows {
		return b
	}
	return a
}

// check reads every outcome, and every workbook with a reader that shares nothing with
// the writer.
func (d *demo) check(ctx context.Context, p parts) (*demoResult, error) {
	d.say("reading every workbook back")
	result := &demoResult{Dir: d.dir, Runs: []demoRun{}}
	if !d.first.IsZero() {
		result.FirstSeconds = d.first.Sub(d.began).Seconds()
	}
	for _, m := range d.months {
		for _, id := range d.runs(m) {
			run, err := d.checkClosed(ctx, p, id, m.label)
			if err != nil {
				return nil, err
			}
			result.add(run)
		}
	}
	if err := d.checkForms(ctx, p, result); err != nil {
		return nil, err
	}
	var err error
	result.Cutover, err = d.shares(ctx, p)
	return result, err
}

// checkClosed checks a run that is closed, and tells its failures.
func (d *demo) checkClosed(ctx context.Context, p parts, id jetsheet.RunID, period string) (*demoRun, error) {
	kv, err := p.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, err
	}
	record, err := readRun(ctx, kv, id)
	if err != nil {
		return nil, err
	}
	run, err := d.checkRun(ctx, p, record)
	if err != nil {
		return nil, err
	}
	run.Period = period
	if run.Failed > 0 {
		err = d.sayFailures(ctx, p.js, id)
	}
	return run, err
}

// checkRun checks a run as "jetsheet verify" does. A workbook that is not as recorded is
// an error: nobody but the demo has touched it.
func (d *demo) checkRun(ctx context.Context, p parts, record *jetsheet.Run) (*demoRun, error) {
	found, err := verify.Run(ctx, verify.Config{JetStream: p.js, S3: p.s3, Bucket: p.bucket}, verify.Options{Run: record})
	if err != nil {
		return nil, err
	}
	if !found.Sound() {
		first := found.Problems[0]
		return nil, fmt.Errorf("run %s has %s, the first: %s of %s: %s is %s, want %s",
			found.Run, counted(found.ProblemCount, "problem"), first.Kind, first.Conversion, first.What, first.Got, first.Want)
	}
	run := &demoRun{
		Run: record.ID().String(), Report: record.ID().Report, Planned: record.Plan.Expected,
		Published: int(found.Published), Skipped: int(found.Skipped), Compared: int(found.Compared), Rows: found.Rows, Bytes: found.SizeBytes,
		Seconds: record.ClosedAt.Sub(record.Frozen.FrozenAt).Seconds(),
	}
	run.Failed = run.Planned - run.Published - run.Skipped - run.Compared
	if w := found.Largest; w != nil {
		run.largest = &demoWorkbook{File: filepath.Join(d.dir, localBucket, filepath.FromSlash(w.Key)), Rows: w.Rows, Bytes: w.SizeBytes}
	}
	return run, nil
}

// demoFailures is how many failures of a run are told; they tend to be alike.
const demoFailures = 5

// sayFailures tells why workbooks of a run are missing.
func (d *demo) sayFailures(ctx context.Context, js jetstream.JetStream, id jetsheet.RunID) error {
	told := 0
	return delivery.Scan(ctx, js, jetsheet.StreamFailed, false, func(m jetstream.Msg) error {
		failure, err := jetsheet.ParseFailure(m.Headers(), m.Data())
		if err != nil {
			return err
		}
		if failure.Retrying() { // a later attempt went well, or has a record of its own
			return nil
		}
		if told++; told <= demoFailures {
			conversion := strings.TrimPrefix(jetsheet.SubjectKey(m.Subject()), id.String()+".")
			d.say(fmt.Sprintf("%s %s failed: %s (%s)", id.Report, printable(conversion), printable(failure.Message), failure.Cause))
		}
		return nil
	}, jetsheet.RunFailedSubjects(id))
}
