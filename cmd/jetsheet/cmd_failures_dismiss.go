package main

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet/ops"
)

// failuresDismissCommand says that nothing is to be done about failures.
type failuresDismissCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
	failureFlags

	All    bool   `name:"all" help:"Everything that failed."`
	Undo   bool   `name:"undo" help:"Take a dismissal back."`
	Reason string `name:"reason" placeholder:"TEXT" help:"Why, for people."`
	DryRun bool   `name:"dry-run" help:"Show how many it is about and change nothing."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// Help is the command's longer description.
func (c *failuresDismissCommand) Help() string {
	return "A dismissed failure still counts as failed, raises no notice, and is left out of replays that do not name it. A replay or --undo takes it back."
}

// Run dismisses.
func (c *failuresDismissCommand) Run(ctx context.Context, app *app) error {
	filter, err := c.picked(c.All)
	if err != nil {
		return err
	}
	return app.onOps(ctx, &c.NATS, func(ctx context.Context, client *ops.Client) error {
		answer, err := client.Dismiss(ctx, ops.DismissRequest{FailureFilter: filter, Undo: c.Undo, DryRun: c.DryRun, By: app.person(), Reason: c.Reason})
		if err != nil {
			return err
		}
		if c.JSON {
			return app.printJSON(answer)
		}
		return printDismissal(app, answer)
	})
}

// printDismissal says what was dismissed or taken back, and what was left alone.
func printDismissal(app *app, answer *ops.DismissAnswer) error {
	verb, n := "dismissed", answer.Changed
	if answer.Undo {
		verb = "no longer dismissed"
	}
	if answer.DryRun {
		verb, n = "match ("+countsByName(answer.Causes)+")", answer.Matched
	}
	_, err := fmt.Fprintf(app.stdout, "%s %s\n%s", counted(int64(n), "failure"), verb, leftAlone(&answer.Left))
	return err
}
