package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet/ops"
)

// replayPace is how often a replay is asked how far it is.
const replayPace = time.Second

// failuresReplayCommand tries failed conversions again.
type failuresReplayCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
	failureFlags

	All        bool   `name:"all" help:"Everything that failed."`
	Definition string `name:"definition" enum:"frozen,current" default:"frozen" help:"With which definition of their report: frozen, as it was when the run was, or current, as it is applied now."`
	Reason     string `name:"reason" placeholder:"TEXT" help:"Why, for people."`
	Wait       bool   `name:"wait" help:"Wait until each of them is done or failed again: exit code 3 if some failed."`
	DryRun     bool   `name:"dry-run" help:"Show what would be tried again and change nothing."`
	JSON       bool   `name:"json" help:"Print one JSON object."`
}

// Help is the command's longer description.
func (c *failuresReplayCommand) Help() string {
	return "Queues the failed requests once more, as they were: with the report's definition as it was when the run was frozen. With --definition current they are made with the definition that is applied now; what the run's plan says of each workbook stays: its row of the targets query, period, key and file name. One goes to the express lane, many to the bulk lane. " +
		"Pressing twice is harmless. What is done, pending or dismissed is left alone, and, where no run is named, what a later run of the same tick has; held ones are only tried when --cause held or the conversion is given."
}

// Run asks for the replay and shows how it goes.
func (c *failuresReplayCommand) Run(ctx context.Context, app *app) error {
	filter, err := c.picked(c.All)
	if err != nil {
		return err
	}
	return app.onOps(ctx, &c.NATS, func(ctx context.Context, client *ops.Client) error {
		answer, err := client.Replay(ctx, ops.ReplayRequest{
			FailureFilter: filter, Definition: ops.ReplayDefinition(c.Definition), DryRun: c.DryRun, By: app.person(), Reason: c.Reason,
		})
		if err != nil {
			return err
		}
		if c.DryRun {
			return c.preview(app, answer)
		}
		status := &ops.ReplayStatus{Replay: answer.Replay}
		if c.Wait || answer.State == ops.ReplayRunning {
			if status, err = c.follow(ctx, app, client, answer); err != nil {
				return err
			}
		}
		return c.tell(app, answer, status)
	})
}

// follow shows how far the replay is until all are queued, or with --wait until all have
// an outcome.
func (c *failuresReplayCommand) follow(ctx context.Context, app *app, client *ops.Client, answer *ops.ReplayAnswer) (*ops.ReplayStatus, error) {
	label := "queue"
	if c.Wait {
		label = "replay"
	}
	shown := app.newProgress(label, int64(answer.Matched))
	defer shown.end()
	pace := time.NewTicker(replayPace)
	defer pace.Stop()
	for {
		status, err := client.ReplayStatus(ctx, answer.ID)
		if err != nil {
			return nil, fmt.Errorf("the replay goes on; look with: jetsheet failures status %s: %w", answer.ID, err)
		}
		done, over := status.Queued+status.Skipped.Total(), status.State != ops.ReplayRunning
		if c.Wait {
			done, over = status.Now.Done+status.Now.Failed+status.Skipped.Total(), over && status.Now.Pending == 0
		}
		shown.set(int64(done), int64(status.Now.Failed), int64(answer.Matched))
		if over {
			return status, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-pace.C:
		}
	}
}

// tell says what came of it.
func (c *failuresReplayCommand) tell(app *app, answer *ops.ReplayAnswer, status *ops.ReplayStatus) error {
	var err error
	if c.JSON {
		answer.Replay = status.Replay
		err = app.printJSON(struct {
			*ops.ReplayAnswer
			Now any `json:"now,omitempty"`
		}{answer, nowOf(c.Wait, status)})
	} else {
		err = c.print(app, answer, status)
	}
	if err == nil && c.Wait && status.Now.Failed > 0 {
		return exitWith(exitDifferences)
	}
	return err
}

func nowOf(waited bool, status *ops.ReplayStatus) any {
	if !waited {
		return nil
	}
	return status.Now
}

func (c *failuresReplayCommand) print(app *app, answer *ops.ReplayAnswer, status *ops.ReplayStatus) error {
	text := fmt.Sprintf("%s queued in lane %s, replay %s\n", humanCount(int64(status.Queued)), status.Lane, status.ID)
	if status.State == ops.ReplayCancelled {
		text += fmt.Sprintf("cancelled by %s, %s taken back\n", printable(status.Cancelled.By), humanCount(int64(status.Removed)))
	}
	if c.Wait {
		text += fmt.Sprintf("%s done, %s failed\n", humanCount(int64(status.Now.Done)), humanCount(int64(status.Now.Failed)))
	}
	if skipped := status.Skipped.String(); skipped != "" {
		text += "skipped: " + skipped + "\n"
	}
	text += definitionText(&status.Replay) + noticesText(answer) + leftText(answer)
	if !c.Wait {
		text += "next: jetsheet failures status " + status.ID + "\n"
	}
	_, err := fmt.Fprint(app.stdout, text)
	return err
}

// definitionText names the definitions in the place of the runs' own.
func definitionText(r *ops.Replay) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.Definitions)) {
		_, _ = fmt.Fprintf(&text, "definition: the current one of %s, %s\n", name, r.Definitions[name])
	}
	return text.String()
}

func noticesText(answer *ops.ReplayAnswer) string {
	var text strings.Builder
	for _, notice := range answer.Notices {
		text.WriteString("note: " + printable(notice) + "\n")
	}
	return text.String()
}

// leftText says what the filter picks and the replay leaves alone, and what helps there.
func leftText(answer *ops.ReplayAnswer) string {
	var text strings.Builder
	text.WriteString(leftAlone(&answer.Left))
	for _, a := range answer.Advice {
		_, _ = fmt.Fprintf(&text, "%s %s: %s\n", humanCount(int64(a.Count)), a.Cause, printable(a.Next))
	}
	return text.String()
}

// leftAlone is the line that counts what was left as it is; empty where nothing was.
func leftAlone(left *ops.Skipped) string {
	if left.Total() == 0 {
		return ""
	}
	return "left alone: " + left.String() + "\n"
}

// preview shows a dry run.
func (c *failuresReplayCommand) preview(app *app, answer *ops.ReplayAnswer) error {
	if c.JSON {
		return app.printJSON(answer)
	}
	text := fmt.Sprintf("would queue %s in lane %s, weight %s\n", humanCount(int64(answer.Matched)), answer.Lane, humanCount(answer.Weight))
	text += definitionText(&answer.Replay) + noticesText(answer)
	if causes := countsByName(answer.Causes); causes != "" {
		text += "causes: " + causes + "\n"
	}
	if _, err := fmt.Fprint(app.stdout, text+leftText(answer)); err != nil || len(answer.Samples) == 0 {
		return err
	}
	rows := newTable("CONVERSION", "TENANT", "TARGET", "CAUSE", "MESSAGE")
	for _, s := range answer.Samples {
		rows.add(s.Conversion, shortID(s.Tenant), shortID(s.Target), string(s.Cause), s.Message)
	}
	return rows.print(app.stdout)
}
