package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsheet/jetsheet/internal/report"
)

// templatesPreviewCommand fills a template for one target.
type templatesPreviewCommand struct {
	templateArgument

	Report  string         `name:"report" required:"" placeholder:"NAME|FILE" help:"The report whose records are filled in: an applied one, or a definition."`
	Tenant  string         `name:"tenant" placeholder:"ID" help:"Only this tenant."`
	Target  string         `name:"target" placeholder:"ID" help:"Only this target."`
	Tick    string         `name:"tick" placeholder:"INSTANT" help:"As if the report ran then: 2026-11-01T05:00:00+09:00, or \"2026-11-01 05:00\" in the report's zone. The schedule's latest tick by default."`
	Output  string         `name:"output" short:"o" required:"" placeholder:"X.xlsx" help:"Where to write the workbook."`
	Force   bool           `name:"force" help:"Overwrite the file."`
	JSON    bool           `name:"json" help:"Print one JSON object."`
	Sources previewSources `embed:""`
	NATS    natsSettings   `embed:"" prefix:"nats-" group:"NATS settings"`
}

// Help is the command's longer description.
func (c *templatesPreviewCommand) Help() string {
	return "Fills the template with the records of one target, as a renderer would, whatever the report itself names. The workbook is looked at first, in a process of its own under limits of memory and time. NATS is needed for names alone. Nothing is stored and nothing is sent. Exit code 0: done, 1: the template or the report has problems, 3: the workbook would fail, 4: there is no target, or no record for the workbook."
}

// Run makes the workbook.
func (c *templatesPreviewCommand) Run(ctx context.Context, app *app) error {
	if err := refuseOverwrite(c.Output, c.Force); err != nil {
		return err
	}
	file, _, err := c.read(ctx, app, &c.NATS)
	if err != nil {
		return err
	}
	if err := c.inspect(ctx, app, file); err != nil {
		return err
	}
	f, err := app.readReport(ctx, &c.NATS, c.Report)
	if err != nil {
		return err
	}
	if err := app.refuseProblems([]*definitionFile{f}, c.JSON); err != nil {
		return err
	}
	f.definition = withTemplate(f.definition)
	options := &reportsPreviewCommand{Tenant: c.Tenant, Target: c.Target, Tick: c.Tick, Output: c.Output, Force: c.Force, JSON: c.JSON}
	return c.Sources.show(ctx, &preview{app: app, options: options, file: f, d: f.definition, template: file, templateName: c.Template})
}

// inspect refuses a file that may be no template.
func (c *templatesPreviewCommand) inspect(ctx context.Context, app *app, file []byte) error {
	found, err := inspectTemplate(ctx, file)
	problems, err := problemsOf(found, err)
	if err != nil || len(problems) == 0 {
		return err
	}
	if c.JSON {
		err = app.printJSON(struct {
			Problems []templateProblem `json:"problems"`
		}{problems})
	} else {
		err = printTemplateProblems(app.stdout, c.Template, problems)
	}
	app.complain(fmt.Errorf("%s: no workbook is made", counted(int64(len(problems)), "problem")))
	return errors.Join(err, exitWith(exitFailure))
}

// withTemplate is the report as it would be if it named a template: every column of targets
// goes to the workbook. Which name matters only until
// the target is chosen: makeWorkbook gives it what the command calls the template.
func withTemplate(d *report.Definition) *report.Definition {
	templated := *d
	templated.Workbook = report.Workbook{Template: "preview"}
	return &templated
}
