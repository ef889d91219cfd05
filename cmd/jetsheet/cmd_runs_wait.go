package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/ops"
)

const (
	// waitPace is how often runs are looked at.
	waitPace = 500 * time.Millisecond
	// waitLinePace is the least time between two lines where nothing can be redrawn.
	waitLinePace = 2 * time.Second
	// waitPatience is how long NATS may be away before waiting ends.
	waitPatience = time.Minute
	// waitCauses is how many causes of failures are shown.
	waitCauses = 5
	// problemPatience is how long a run may stand still with one and the same problem: a
	// producer tries again every ten seconds, so that it has met the problem once more.
	problemPatience = 15 * time.Second
)

// runsWaitCommand waits for runs.
type runsWaitCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Names   []string      `arg:"" optional:"" name:"run" help:"Runs: ids, beginnings of ids, or reports' names for their runs that were started last."`
	Report  string        `name:"report" placeholder:"NAME" help:"Wait for this report's run that was started last, or for the run of --tick, which need not be there yet."`
	Tick    string        `name:"tick" placeholder:"INSTANT" help:"With --report: its tick, like 2026-10-31T20:00:00Z."`
	All     bool          `name:"all" help:"Wait for every run that is not closed."`
	Timeout time.Duration `name:"timeout" placeholder:"DURATION" help:"Give up after this time, with exit code 1; without it wait as long as it takes."`
	JSON    bool          `name:"json" help:"Print one JSON object for each run when it has ended."`
}

// Help is the command's longer description.
func (c *runsWaitCommand) Help() string {
	return "Exit code 0: closed, nothing failed. 3: closed with failures, of which the first causes are shown with what mends them, or with outcomes that NATS no longer has. What was replayed in a closed run is waited for too. 4: nothing was to be made here, such as when the previous system makes everything. 1: a run cannot be planned, and trying again did not help, or the time is over. 5: NATS is not reachable."
}

// errTimeOver is the cause of a context that --timeout ended.
var errTimeOver = errors.New("the time is over")

// Run waits.
func (c *runsWaitCommand) Run(ctx context.Context, app *app) error {
	wanted := len(c.Names) > 0
	switch {
	case c.Tick != "" && c.Report == "":
		return usageError("--tick needs --report")
	case c.All && (wanted || c.Report != ""), wanted && c.Report != "":
		return usageError("name runs, or give --report, or --all")
	case !c.All && !wanted && c.Report == "":
		return usageError("name a run, or give --report, or --all")
	}
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, errTimeOver)
		defer cancel()
	}
	return app.onRuns(ctx, &c.NATS, func(ctx context.Context, r *ops.Reader, _ *natsLink) error {
		ids, err := c.runs(ctx, app, r)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return &exitError{Code: exitNothing, Err: errors.New("nothing to do: every run is closed")}
		}
		w := &waiter{app: app, reader: r, json: c.JSON, code: -1}
		for _, id := range ids {
			if err := w.wait(ctx, id); err != nil {
				return err
			}
		}
		return w.result()
	})
}

// runs are the ids of the runs to wait for.
func (c *runsWaitCommand) runs(ctx context.Context, app *app, r *ops.Reader) ([]jetsheet.RunID, error) {
	var ids []jetsheet.RunID
	switch {
	case c.All:
		return unfinished(ctx, app, r)
	case c.Tick != "":
		tick, err := time.Parse(time.RFC3339, c.Tick)
		if err != nil {
			return nil, usageError("--tick %q: write it like 2026-10-31T20:00:00Z", c.Tick)
		}
		if !jetsheet.ValidReportName(c.Report) {
			return nil, usageError("--report %q is not the name of a report", c.Report)
		}
		// The newest run of the tick; the scheduled one where there is none yet.
		known, err := r.Runs(ctx, ops.RunFilter{Report: c.Report, Tick: tick, Limit: 1})
		if len(known) > 0 {
			return []jetsheet.RunID{known[0].Run}, err
		}
		return []jetsheet.RunID{{Tick: tick.UTC(), Report: c.Report}}, err
	}
	names := c.Names
	if c.Report != "" {
		names = []string{c.Report}
	}
	for _, name := range names {
		id, err := r.Find(ctx, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// waiter waits for one run after the other.
type waiter struct {
	app    *app
	reader *ops.Reader
	json   bool
	// code is the worst exit code so far, -1 before the first run has ended.
	code int
}

// wait waits until a run has ended and tells how.
func (w *waiter) wait(ctx context.Context, id jetsheet.RunID) error {
	shown := newWaitProgress(w.app, id)
	defer shown.end()
	held := &obstacles{reader: w.reader, shown: shown}
	var awaySince time.Time
	var stands standstill
	var unread error // why the last look brought nothing
	for {
		run, err := w.look(ctx, id)
		if ctx.Err() == nil {
			unread = err
		}
		switch {
		case ctx.Err() != nil:
			shown.end()
			return w.ended(ctx, id, shown.last, unread, held)
		case errors.Is(err, ops.ErrUnknownRun):
			shown.say("not there yet")
		case errors.Is(err, jetsheet.ErrMessage), errors.Is(err, jetsheet.ErrNewerSchema):
			return err
		case err != nil:
			// A server that restarts gives many errors, also when it is back already.
			if awaySince.IsZero() {
				awaySince = time.Now()
			}
			if time.Since(awaySince) > waitPatience {
				return unreachableError("the run could not be read for %s: %w", waitPatience, err)
			}
			shown.say(unreadText(err))
		case run.State == jetsheet.RunClosed && !run.Again(), stands.lasting(run, time.Now()):
			shown.finish(run)
			return w.tell(ctx, run)
		default:
			awaySince = time.Time{}
			shown.set(run)
			held.look(ctx, run)
		}
		timer := time.NewTimer(waitPace)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// look looks at a run. With a deadline of its own: a request to a server that went away
// is only answered by one.
func (w *waiter) look(ctx context.Context, id jetsheet.RunID) (*ops.RunInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	return w.reader.Info(ctx, id)
}

// ended says why waiting has ended early.
func (w *waiter) ended(ctx context.Context, id jetsheet.RunID, last *ops.RunInfo, unread error, held *obstacles) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, errTimeOver) {
		return cause
	}
	state := "is not there"
	if unread != nil && !errors.Is(unread, ops.ErrUnknownRun) {
		state = "cannot be read: " + unread.Error()
	}
	if last != nil && w.json {
		if err := w.app.printJSON(&waitResult{RunInfo: last, Result: "timeout", Obstacles: held.list}); err != nil {
			return err
		}
	}
	if last != nil && unread == nil {
		known := nonEmpty(fmt.Sprintf("is %s: %s", last.State, countsText(last)), last.Notice)
		state = strings.Join(append(known, held.texts()...), "; ")
	}
	return fmt.Errorf("the time is over and run %s %s; look at it with: jetsheet runs show %s", id, printable(state), id)
}

// unreadText says why a run cannot be read just now. A server that starts does not have
// its streams at once.
func unreadText(err error) string {
	if errors.Is(err, delivery.ErrNotSetUp) {
		return "waiting: " + err.Error()
	}
	return "NATS does not answer, waiting"
}

// result is the exit code over all runs.
func (w *waiter) result() error {
	if w.code <= exitDone {
		return nil
	}
	return exitWith(w.code)
}

// worse returns the code that says more: an error, then failures, then success, then
// nothing to do.
func worse(a, b int) int {
	rank := map[int]int{-1: 0, exitNothing: 1, exitDone: 2, exitDifferences: 3, exitFailure: 4}
	if rank[b] > rank[a] {
		return b
	}
	return a
}
