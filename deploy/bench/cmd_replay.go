package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/ops"
	"github.com/jetsheet/jetsheet/renderer"
)

// replay measures how long it takes until a run that failed as a whole is replayed with
// one request, and published.
type replay struct {
	conversions int
	syncAlways  bool
}

func (o *replay) flags(f *flag.FlagSet) {
	f.IntVar(&o.conversions, "n", 10_000, "failed conversions")
	f.BoolVar(&o.syncAlways, "sync-always", false, "let nats-server make every message durable")
}

func (o *replay) run(ctx context.Context, b *bench) (err error) {
	r, err := newRig(ctx, b, data{sites: o.conversions, records: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }() //nolint:contextcheck // it must close whatever became of ctx
	if err := r.serve(ctx, o.syncAlways); err != nil {
		return err
	}
	p, disconnect, err := r.parts(nil)
	if err != nil {
		return err
	}
	defer disconnect()
	p.log = slog.New(slog.DiscardHandler) // each failure is a line
	var mended atomic.Bool
	stop, err := roles{render: failUntil(&mended), ops: true}.start(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	id, err := o.failAll(ctx, r, p)
	if err != nil {
		return err
	}
	mended.Store(true)
	return o.measure(ctx, r, p, id)
}

// failUntil renders like the real renderer once the data is mended.
func failUntil(mended *atomic.Bool) renderer.RenderFunc {
	return func(ctx context.Context, s renderer.Source, dst io.Writer) (*renderer.Result, error) {
		if !mended.Load() {
			return nil, delivery.Permanent(jetsheet.CauseStatement, errors.New("the data is not mended"))
		}
		return renderer.Render(ctx, s, dst)
	}
}

// failAll runs a report whose every workbook fails.
func (o *replay) failAll(ctx context.Context, r *rig, p parts) (jetsheet.RunID, error) {
	r.b.say("failing %d conversions", o.conversions)
	run := r.newRun("replay", tableReport("replay", o.conversions))
	freezer, err := newFreezer(ctx, p)
	if err != nil {
		return run.id, err
	}
	if _, err := freezer.Freeze(ctx, run.id, run.definition, jetsheet.Scope{}); err != nil {
		return run.id, err
	}
	closed, err := r.await(ctx, p, run.id, func(run *jetsheet.Run) bool { return run.State == jetsheet.RunClosed })
	if err == nil && closed.Closed.Failed != o.conversions {
		err = fmt.Errorf("run %s: %d failed, not %d", run.id, closed.Closed.Failed, o.conversions)
	}
	return run.id, err
}

// measure replays the run and waits until everything is published.
func (o *replay) measure(ctx context.Context, r *rig, p parts, id jetsheet.RunID) error {
	client := &ops.Client{Conn: p.js.Conn()}
	asked := time.Now()
	answer, err := client.Replay(ctx, ops.ReplayRequest{FailureFilter: ops.FailureFilter{Run: id.String(), Cause: jetsheet.CauseStatement}, By: "bench"})
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	answered := time.Since(asked)
	pace := time.NewTicker(awaitEvery)
	defer pace.Stop()
	var queued time.Duration
	for {
		if queued == 0 {
			status, err := client.ReplayStatus(ctx, answer.ID)
			if err != nil {
				return fmt.Errorf("status of the replay: %w", err)
			}
			if status.State == ops.ReplayDone {
				queued = status.UpdatedAt.Sub(status.At)
				r.b.say("%d queued", status.Queued)
			}
		}
		done, err := delivery.Count(ctx, p.js, jetsheet.StreamDone, jetsheet.RunDoneSubjects(id))
		if err != nil {
			return err
		}
		if done == o.conversions {
			break
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-pace.C:
		}
	}
	published := time.Since(asked)
	title := fmt.Sprintf("%d failed conversions of %d rows, replayed", o.conversions, rowsPerWorkbook)
	if o.syncAlways {
		title += ", sync always"
	}
	if err := r.b.heading(title, r.postgres.Version()); err != nil {
		return err
	}
	t := newTable("what", "figure")
	t.add("conversions", strconv.Itoa(o.conversions))
	t.add("answered after, s", seconds(answered))
	t.add("all queued after, s", seconds(queued))
	t.add("all published after, s", seconds(published))
	return t.print(r.b.out)
}

// opsService is the service, wired as `jetsheet ops` is.
func opsService(ctx context.Context, p parts, f *freezer) (stage, error) {
	return ops.New(ctx, ops.Config{
		JetStream: p.js, Freezer: f, Parse: parseReport, Worker: "ops@bench/1", Version: version, Logger: p.log,
	})
}
