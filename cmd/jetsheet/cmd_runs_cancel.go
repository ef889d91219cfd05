package main

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet/ops"
)

// runsCancelCommand cancels a run.
type runsCancelCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Name   string `arg:"" name:"run" help:"A run's id, the beginning of one, or a report's name for its run that was started last."`
	Reason string `name:"reason" placeholder:"TEXT" help:"Why, for people."`
	DryRun bool   `name:"dry-run" help:"Show what would be cancelled and change nothing."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// Help is the command's longer description.
func (c *runsCancelCommand) Help() string {
	return "Everything of the run that no worker has begun, and what waits to be compared, fails with the cause cancelled; what is done stays. To take it back, replay that cause."
}

// Run cancels the run.
func (c *runsCancelCommand) Run(ctx context.Context, app *app) error {
	return app.onOps(ctx, &c.NATS, func(ctx context.Context, client *ops.Client) error {
		answer, err := client.Cancel(ctx, ops.CancelRequest{Run: c.Name, DryRun: c.DryRun, By: app.person(), Reason: c.Reason})
		if err != nil {
			return err
		}
		if c.JSON {
			return app.printJSON(answer)
		}
		verb := "cancelled"
		if c.DryRun {
			verb = "would cancel"
		}
		_, err = fmt.Fprintf(app.stdout, "%s %s: %s done, %s pending\nnext: %s\n", verb, answer.Run,
			humanCount(int64(answer.Counts.Done)), humanCount(int64(answer.Counts.Pending)), answer.Next)
		return err
	})
}
