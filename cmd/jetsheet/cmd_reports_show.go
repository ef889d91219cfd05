package main

import (
	"context"
	"io"
)

// reportsShowCommand prints a definition.
type reportsShowCommand struct {
	Name string       `arg:"" name:"NAME" help:"Report."`
	JSON bool         `name:"json" help:"Print one JSON object, with who applied it and when."`
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
}

// reportDetails is what the command prints for programs.
type reportDetails struct {
	*reportLine
	// Revision is that of the stored record.
	Revision   uint64 `json:"revision"`
	Definition string `json:"definition"`
}

// Help is the command's longer description.
func (c *reportsShowCommand) Help() string {
	return "Prints the definition as it was applied, byte for byte: jetsheet reports show NAME > NAME.yaml gives the file back."
}

// Run prints it.
func (c *reportsShowCommand) Run(ctx context.Context, app *app) error {
	var details reportDetails
	err := app.onReports(ctx, &c.NATS, func(ctx context.Context, b *reportBucket) error {
		a, revision, err := b.get(ctx, c.Name)
		if err != nil {
			return err
		}
		details = reportDetails{reportLine: &reportLine{Report: c.Name}, Revision: revision, Definition: a.Definition}
		if !c.JSON {
			return nil
		}
		last, err := b.lastRuns(ctx)
		if err != nil {
			return err
		}
		details.describe(a, last[c.Name])
		details.LastRun, details.LastRunState, err = b.runState(ctx, last[c.Name].run)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(details)
	}
	_, err = io.WriteString(app.stdout, details.Definition)
	return err
}
