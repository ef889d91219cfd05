package main

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet/ops"
)

// failuresStatusCommand shows how far a replay is.
type failuresStatusCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Replay string `arg:"" help:"The replay's id, as \"jetsheet failures replay\" prints it."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// Run shows the replay.
func (c *failuresStatusCommand) Run(ctx context.Context, app *app) error {
	return app.onOps(ctx, &c.NATS, func(ctx context.Context, client *ops.Client) error {
		status, err := client.ReplayStatus(ctx, c.Replay)
		if err != nil {
			return err
		}
		if c.JSON {
			return app.printJSON(status)
		}
		return printReplay(app, status)
	})
}

func printReplay(app *app, s *ops.ReplayStatus) error {
	rows := newTable("", "")
	line := func(name, value string) {
		if value != "" {
			rows.add(name, value)
		}
	}
	line("replay", s.ID)
	line("state", string(s.State))
	line("asked", instant(s.At)+" by "+s.By)
	line("reason", s.Reason)
	line("lane", string(s.Lane))
	line("definition", string(s.Definition))
	line("matched", humanCount(int64(s.Matched)))
	line("queued", humanCount(int64(s.Queued)))
	line("skipped", s.Skipped.String())
	if s.Cancelled != nil {
		line("cancelled", markText(s.Cancelled))
		line("taken back", humanCount(int64(s.Removed)))
	}
	line("waits for", s.Waiting)
	line("done", humanCount(int64(s.Now.Done)))
	line("failed", humanCount(int64(s.Now.Failed)))
	line("pending", humanCount(int64(s.Now.Pending)))
	return rows.print(app.stdout)
}

// failuresCancelCommand stops a replay.
type failuresCancelCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Replay string `arg:"" help:"The replay's id, as \"jetsheet failures replay\" prints it."`
	Reason string `name:"reason" placeholder:"TEXT" help:"Why, for people."`
	DryRun bool   `name:"dry-run" help:"Show what would be taken back and change nothing."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// Help is the command's longer description.
func (c *failuresCancelCommand) Help() string {
	return "What no worker has had yet is taken out of its lane and is failed as before. What a worker has had goes on."
}

// Run stops the replay.
func (c *failuresCancelCommand) Run(ctx context.Context, app *app) error {
	return app.onOps(ctx, &c.NATS, func(ctx context.Context, client *ops.Client) error {
		answer, err := client.Cancel(ctx, ops.CancelRequest{Replay: c.Replay, DryRun: c.DryRun, By: app.person(), Reason: c.Reason})
		if err != nil {
			return err
		}
		if c.JSON {
			return app.printJSON(answer)
		}
		verb := "took back"
		if c.DryRun {
			verb = "would take back"
		}
		_, err = fmt.Fprintf(app.stdout, "%s %s of replay %s\n", verb, counted(int64(answer.Removed), "request"), answer.Replay.ID)
		return err
	})
}
