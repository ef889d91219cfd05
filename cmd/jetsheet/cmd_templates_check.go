package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet/ops/templates"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// templatesCheckCommand checks a template's markers.
type templatesCheckCommand struct {
	templateArgument

	Report string             `name:"report" placeholder:"NAME|FILE" help:"Compare the markers with this report: an applied one, or a definition. Its columns are known where a database is set."`
	JSON   bool               `name:"json" help:"Print one JSON object."`
	Checks definitionChecking `embed:""`
	NATS   natsSettings       `embed:"" prefix:"nats-" group:"NATS settings"`
}

// Help is the command's longer description.
func (c *templatesCheckCommand) Help() string {
	return "Looks at the workbook in a process of its own under limits of memory and time, lists every marker with its cell, warns of formulas that may give another result than their author wants, says what in it is not compiled and why, and with --report what each marker stands for. NATS is needed for names alone, a file and a definition need none. Exit code 0: no problem, 1: the workbook is refused, or markers are mistaken or unknown."
}

// checkedTemplate is what the command prints for programs.
type checkedTemplate struct {
	// Template and Revision are absent for a file.
	Template string           `json:"template,omitempty"`
	Revision int              `json:"revision,omitempty"`
	File     string           `json:"file,omitempty"`
	SHA256   string           `json:"sha256"`
	Report   string           `json:"report,omitempty"`
	Contents *intake.Report   `json:"contents,omitempty"`
	Markers  []checkedMarker  `json:"markers"`
	Compiled bool             `json:"compiled"`
	Reasons  []templateReason `json:"unsupported,omitempty"`
	// Warnings are formulas that may give another result than their author wants.
	Warnings []templateReason `json:"warnings,omitempty"`
	// Problems are why the workbook is refused, mistakes in markers and unknown names.
	Problems []templateProblem `json:"problems"`
	// Unchecked says why columns were not looked for.
	Unchecked string `json:"unchecked,omitempty"`
}

// checkedMarker is a marker with what it stands for.
type checkedMarker struct {
	templateMarker
	// Meaning is empty without a report, and for what is not known.
	Meaning string `json:"meaning,omitempty"`
}

// Run checks it.
func (c *templatesCheckCommand) Run(ctx context.Context, app *app) error {
	file, stored, err := c.read(ctx, app, &c.NATS)
	if err != nil {
		return err
	}
	result := &checkedTemplate{Markers: []checkedMarker{}, SHA256: templates.Digest(file)}
	if stored != nil {
		result.Template, result.Revision = stored.Name, stored.Revision
	} else {
		result.File = c.Template
	}
	names, err := c.names(ctx, app, result)
	if err != nil {
		return err
	}
	found, err := inspectTemplate(ctx, file)
	if result.Problems, err = problemsOf(found, err); err != nil {
		return err
	}
	if found != nil {
		result.take(found, names)
	}
	if c.JSON {
		err = app.printJSON(result)
	} else {
		err = result.print(app, c.Template)
	}
	if err == nil && len(result.Problems) > 0 {
		return exitWith(exitFailure)
	}
	return err
}

// names reads what the report has for markers; nil without one.
func (c *templatesCheckCommand) names(ctx context.Context, app *app, result *checkedTemplate) (*markerNames, error) {
	if c.Report == "" {
		return nil, nil //nolint:nilnil // there is nothing to compare with
	}
	f, err := app.readReport(ctx, &c.NATS, c.Report)
	if err != nil {
		return nil, err
	}
	if result.Unchecked, err = c.Checks.check(ctx, app, []*definitionFile{f}); err != nil {
		return nil, err
	}
	if err := app.refuseProblems([]*definitionFile{f}, c.JSON); err != nil {
		return nil, err
	}
	result.Report = f.definition.Name
	return &markerNames{definition: f.definition, checked: f.checked}, nil
}

// take notes what was found in the file.
func (r *checkedTemplate) take(found *inspection, names *markerNames) {
	r.Contents, r.Reasons, r.Warnings = found.Contents, found.Unsupported, found.Warnings
	r.Compiled = len(found.Mistakes) == 0 && len(found.Unsupported) == 0
	for _, m := range found.Markers {
		checked := checkedMarker{templateMarker: m}
		if names != nil {
			meaning, err := names.meaning(&m)
			if err != nil {
				r.Problems = append(r.Problems, templateProblem{Sheet: m.Sheet, Cell: m.Cell, Message: templateMistake{m.Sheet, m.Cell, m.Text + ": " + err.Error()}.String()})
			}
			checked.Meaning = meaning
		}
		r.Markers = append(r.Markers, checked)
	}
}

func (r *checkedTemplate) print(app *app, name string) error {
	var errs []error
	say := func(format string, args ...any) {
		_, err := fmt.Fprintln(app.stdout, printable(fmt.Sprintf(format, args...)))
		errs = append(errs, err)
	}
	errs = append(errs, r.printMarkers(app), printTemplateProblems(app.stdout, name, r.Problems))
	for _, reason := range r.Reasons {
		say("%s: not compiled: %s", name, templateMistake{reason.Sheet, reason.Cell, reason.Why})
	}
	for _, w := range r.Warnings {
		say("%s: warning: %s", name, templateMistake{w.Sheet, w.Cell, w.Why})
	}
	if r.Unchecked != "" {
		say("columns are not checked: %s", r.Unchecked)
	}
	result := "no problems"
	if len(r.Problems) > 0 {
		result = counted(int64(len(r.Problems)), "problem")
	}
	if n := len(r.Warnings); n > 0 {
		result += ", " + counted(int64(n), "warning")
	}
	if r.Compiled || len(r.Reasons) > 0 {
		result += ", filled " + wayOfFilling(r.Compiled)
	}
	say("%s: %s", counted(int64(len(r.Markers)), "marker"), result)
	return errors.Join(errs...)
}

func (r *checkedTemplate) printMarkers(app *app) error {
	if len(r.Markers) == 0 {
		return nil
	}
	headings := []string{"SHEET", "CELL", "MARKER", "WITHIN"}
	if r.Report != "" {
		headings = append(headings, "STANDS FOR")
	}
	rows := newTable(headings...)
	for i := range r.Markers {
		m := &r.Markers[i]
		cells := []string{m.Sheet, m.Cell, m.Text, strings.Join(m.Blocks, " > ")}
		if r.Report != "" {
			cells = append(cells, m.Meaning)
		}
		rows.add(cells...)
	}
	return rows.print(app.stdout)
}
