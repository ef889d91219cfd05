package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// workersCommand holds the commands about workers.
type workersCommand struct {
	List workersListCommand `cmd:"" default:"withargs" help:"List the workers that live."`
}

// workersListCommand lists workers.
type workersListCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	JSON bool `name:"json" help:"Print one JSON object for each worker."`
}

// Help is the command's longer description.
func (c *workersListCommand) Help() string {
	return fmt.Sprintf("A worker is one process of a role that takes work: producer, renderer, uploader. It says that it lives every %s; one that was killed is listed for %s more. What a worker waits for is told with the last error; it goes on by itself.",
		jetsheet.WorkerHeartbeat, jetsheet.WorkerStateTTL)
}

// Run lists the workers.
func (c *workersListCommand) Run(ctx context.Context, app *app) error {
	return app.onRuns(ctx, &c.NATS, func(ctx context.Context, r *ops.Reader, _ *natsLink) error {
		workers, err := r.Workers(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			for i := range workers {
				if err := app.printJSON(&workers[i]); err != nil {
					return err
				}
			}
			return nil
		}
		return printWorkers(app, workers)
	})
}

func printWorkers(app *app, workers []jetsheet.WorkerState) error {
	if len(workers) == 0 {
		_, err := fmt.Fprintln(app.stdout, "no worker lives; start them with: jetsheet up")
		return err
	}
	rows := newTable("STAGE", "WORKER", "VERSION", "SINCE", "SEEN", ">WORKING", "PAUSED")
	for i := range workers {
		w := &workers[i]
		working := ""
		if w.Slots > 0 {
			working = strconv.Itoa(w.Working) + "/" + strconv.Itoa(w.Slots)
		}
		rows.add(string(w.Stage), w.Worker, w.Version, w.StartedAt.UTC().Format(time.RFC3339), seen(w, time.Now()), working, ops.PauseText(w))
	}
	return rows.print(app.stdout)
}

// seen is how long ago a worker said that it lives, by its clock and ours.
func seen(w *jetsheet.WorkerState, now time.Time) string {
	return humanDuration(max(0, now.Sub(w.UpdatedAt)).Round(time.Second)) + " ago"
}
