package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// reportsRemoveCommand removes a report.
type reportsRemoveCommand struct {
	Name   string       `arg:"" name:"NAME" help:"Report."`
	Force  bool         `name:"force" help:"Do not ask."`
	DryRun bool         `name:"dry-run" help:"Show what would change and change nothing."`
	NATS   natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
}

// Help is the command's longer description.
func (c *reportsRemoveCommand) Help() string {
	return "The report's schedule ends and no run of it can be started. Its runs, their records and the workbooks stay; what runs already goes on. \"reports show NAME\" before it gives the file to apply it again. Asks on a terminal; elsewhere it needs --force."
}

// Run removes it.
func (c *reportsRemoveCommand) Run(ctx context.Context, app *app) error {
	const stays = "its runs, their records and workbooks stay"
	return app.onReports(ctx, &c.NATS, func(ctx context.Context, b *reportBucket) error {
		revision, err := b.revision(ctx, c.Name)
		if err != nil {
			return err
		}
		if c.DryRun {
			return app.did(true, "remove", "", c.Name, stays)
		}
		if err := app.confirm(ctx, fmt.Sprintf("Remove the report %s? (%s)", c.Name, stays), c.Force); err != nil {
			return err
		}
		err = b.Delete(ctx, jetsheet.ReportKey(c.Name), jetstream.LastRevision(revision))
		if delivery.WrongLastSequence(err) {
			return fmt.Errorf("report %s was changed meanwhile and is not removed; look at it with: jetsheet reports show %s", c.Name, c.Name)
		}
		if err != nil {
			return fmt.Errorf("remove report %s: %w", c.Name, err)
		}
		return app.did(false, "", "removed", c.Name, stays)
	})
}

// revision is that of a report's record, which need not be readable to be removed.
func (b *reportBucket) revision(ctx context.Context, name string) (uint64, error) {
	if !jetsheet.ValidReportName(name) {
		return 0, b.unknown(ctx, name)
	}
	entry, err := b.Get(ctx, jetsheet.ReportKey(name))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, b.unknown(ctx, name)
	}
	if err != nil {
		return 0, fmt.Errorf("read report %s: %w", name, err)
	}
	return entry.Revision(), nil
}
