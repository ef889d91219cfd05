package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// failuresShowCommand shows one failure.
type failuresShowCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Conversion string `arg:"" help:"The conversion as RUN/TENANT/TARGET, or the subject of a stray message, as \"jetsheet failures list\" shows it."`
	JSON       bool   `name:"json" help:"Print one JSON object."`
}

// Run shows the failure.
func (c *failuresShowCommand) Run(ctx context.Context, app *app) error {
	if _, err := ops.FailureSubject(c.Conversion); err != nil {
		return usageError("%w", err)
	}
	return app.onOps(ctx, &c.NATS, func(ctx context.Context, client *ops.Client) error {
		d, err := client.Failure(ctx, c.Conversion)
		if err != nil {
			return err
		}
		if c.JSON {
			return app.printJSON(d)
		}
		return printFailure(app, d)
	})
}

func printFailure(app *app, d *ops.FailureDetail) error {
	rows := newTable("", "")
	line := func(name, value string) {
		if value != "" {
			rows.add(name, value)
		}
	}
	line("conversion", d.Conversion)
	if d.Stray {
		line("run", "unknown: the subject names none")
	}
	line("tenant", d.Tenant)
	line("target", d.Target)
	line("period", d.Period.Label)
	line("file", d.Filename)
	line("state", string(d.State))
	line("cause", string(d.Cause))
	line("stage", string(d.Stage))
	line("message", d.Message)
	line("failed", instant(d.At))
	line("attempts", humanCount(int64(d.Attempts)))
	line("tried again", instant(d.RetryAt))
	if d.Worker != "" {
		line("worker", d.Worker+" ("+d.Version+")")
	}
	line("trace", d.Trace)
	line("replay", d.Replay)
	line("definition", d.Definition)
	if d.Dismissed {
		line("dismissed", markText(&d.Dismissal))
	}
	addAttempts(rows, d.Progress)
	line("next", d.Next)
	line("dismiss", d.Dismiss)
	line("by hand", d.Raw)
	if err := rows.print(app.stdout); err != nil {
		return err
	}
	var request bytes.Buffer
	if err := json.Indent(&request, d.Request, "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintf(app.stdout, "\nrequest (%s bytes)\n", humanCount(int64(d.RequestBytes)))
	for text := range bytes.Lines(request.Bytes()) {
		if err == nil {
			_, err = fmt.Fprintln(app.stdout, "  "+printable(string(bytes.TrimRight(text, "\n"))))
		}
	}
	return err
}

// addAttempts tells what the stages wrote of their attempts.
func addAttempts(rows *table, progress map[jetsheet.Stage]*jetsheet.Progress) {
	for _, stage := range slices.Sorted(maps.Keys(progress)) {
		for _, start := range progress[stage].Starts {
			rows.add("started", fmt.Sprintf("%s by %s in the %s", instant(start.At), start.Worker, stage))
		}
	}
}
