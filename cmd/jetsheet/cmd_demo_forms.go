package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/sample/forms"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/ops/templates"
)

// demoForms are the reports that fill customers' own forms. They are new with jetsheet:
// the previous system makes none, so that there is nothing to compare or to move.
type demoForms struct {
	reports   []*report.Definition
	templates map[string][]byte
}

// readForms reads the reports and draws their templates. Copies of both go beside the
// workbooks.
func (d *demo) readForms() (err error) {
	if d.forms.reports, err = parseReports(forms.Reports()); err != nil {
		return err
	}
	if d.forms.templates, err = forms.Templates(); err != nil {
		return err
	}
	for name, template := range d.forms.templates {
		if err := os.WriteFile(filepath.Join(d.dir, name+".xlsx"), template, 0o600); err != nil {
			return err
		}
	}
	return d.copyReports(d.forms.reports)
}

// formRun is the run of a form's report: the newest that has all of its period in the
// sample's records.
func (d *demo) formRun(definition *report.Definition) jetsheet.RunID {
	return jetsheet.RunID{Tick: definition.Schedule.Calendar.Latest(d.months[1].tick).UTC(), Report: definition.Name}
}

// formRuns are all of them.
func (d *demo) formRuns() []jetsheet.RunID {
	runs := make([]jetsheet.RunID, 0, len(d.forms.reports))
	for _, definition := range d.forms.reports {
		runs = append(runs, d.formRun(definition))
	}
	return runs
}

// fillForms stores the templates, applies their reports and makes a run of each, for the
// customers that are jetsheet's.
func (d *demo) fillForms(ctx context.Context, p parts) error {
	if err := d.storeTemplates(ctx, p); err != nil {
		return err
	}
	if err := applyAll(ctx, p, d.forms.reports, time.Now()); err != nil {
		return err
	}
	freezer, err := newFreezer(ctx, p, "demo")
	if err != nil {
		return err
	}
	for _, definition := range d.forms.reports {
		if _, err := freezer.Freeze(ctx, d.formRun(definition), definition.Source, jetsheet.Scope{}); err != nil {
			return err
		}
	}
	return d.await(ctx, p, d.formRuns())
}

func (d *demo) storeTemplates(ctx context.Context, p parts) error {
	store, err := templates.Open(ctx, p.js)
	if err != nil {
		return err
	}
	for name, template := range d.forms.templates {
		draft := templates.Draft{Name: name, File: name + ".xlsx", By: "demo", Reason: "the customers' own form", At: time.Now()}
		if _, err := store.Put(ctx, draft, template); err != nil {
			return err
		}
	}
	return nil
}

// checkForms checks the runs of the forms, and keeps which file of each to look at.
func (d *demo) checkForms(ctx context.Context, p parts, result *demoResult) error {
	for _, definition := range d.forms.reports {
		id := d.formRun(definition)
		zone, err := report.LoadZone(definition.TimeZone)
		if err != nil {
			return fmt.Errorf("report %s: %w", definition.Name, err)
		}
		run, err := d.checkClosed(ctx, p, id, definition.PeriodAt(id.Tick, zone).Label)
		if err != nil {
			return err
		}
		if run.largest != nil {
			run.Form, run.largest = run.largest.File, nil // Largest is of the tables
		}
		result.add(run)
	}
	return nil
}

// printForms says where forms are to look at.
func (d *demo) printForms(runs []demoRun) error {
	title := "\nCustomers' own forms, filled; the previous system made none, so they are not in the table of both systems:\n"
	for i := range runs {
		if runs[i].Form == "" {
			continue
		}
		if _, err := fmt.Fprintf(d.app.stdout, "%s  %s\n", title, runs[i].Form); err != nil {
			return err
		}
		title = ""
	}
	return nil
}
