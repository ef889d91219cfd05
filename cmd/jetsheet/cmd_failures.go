package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// failuresCommand holds the commands about conversions that failed.
type failuresCommand struct {
	List    failuresListCommand    `cmd:"" help:"List failures, newest first."`
	Show    failuresShowCommand    `cmd:"" help:"Show one failure, its request, and what mends it."`
	Replay  failuresReplayCommand  `cmd:"" help:"Try failed conversions again."`
	Dismiss failuresDismissCommand `cmd:"" help:"Say that nothing is to be done about failures, or take that back."`
	Status  failuresStatusCommand  `cmd:"" help:"Show how far a replay is."`
	Cancel  failuresCancelCommand  `cmd:"" help:"Stop a replay and take back what no worker has had."`
}

// failureFlags pick failures.
type failureFlags struct {
	Conversion string `arg:"" optional:"" help:"One conversion as RUN/TENANT/TARGET, as \"jetsheet failures list\" shows it, or the subject that it shows of a stray message."`
	Run        string `name:"run" placeholder:"RUN" help:"A run's id, the beginning of one, or a report's name for its run that was started last."`
	Report     string `name:"report" placeholder:"NAME" help:"Only this report's."`
	Tenant     string `name:"tenant" placeholder:"ID" help:"Only this tenant's."`
	Target     string `name:"target" placeholder:"ID" help:"Only this target's."`
	Cause      string `name:"cause" placeholder:"CAUSE" help:"Only of this cause, such as statement_invalid."`
	Since      string `name:"since" placeholder:"WHEN" help:"Only what failed at or after: 2026-10-31T20:00:00Z, a date (UTC), or an age such as 2h."`
	Until      string `name:"until" placeholder:"WHEN" help:"Only what failed before; written as --since."`
	Stray      bool   `name:"stray" help:"Only stray messages: what somebody published on a subject that names no run."`
	Dismissed  bool   `name:"dismissed" help:"The dismissed ones too."`
}

// filter reads the flags.
func (f *failureFlags) filter() (ops.FailureFilter, error) {
	filter := ops.FailureFilter{
		Conversion: f.Conversion, Run: f.Run, Report: f.Report, Tenant: f.Tenant, Target: f.Target,
		Cause: jetsheet.Cause(f.Cause), Stray: f.Stray, Dismissed: f.Dismissed,
	}
	if err := ops.CheckCause(filter.Cause); err != nil {
		return filter, usageError("--cause: %w", err)
	}
	if f.Conversion != "" {
		if _, err := ops.FailureSubject(f.Conversion); err != nil {
			return filter, usageError("%w", err)
		}
		if f.Run != "" || f.Tenant != "" || f.Target != "" {
			return filter, usageError("a conversion names run, tenant and target: leave out --run, --tenant and --target")
		}
	}
	var err error
	if filter.Since, err = moment(f.Since, time.Now()); err != nil {
		return filter, usageError("--since: %w", err)
	}
	if filter.Until, err = moment(f.Until, time.Now()); err != nil {
		return filter, usageError("--until: %w", err)
	}
	return filter, nil
}

// picked reads the flags of a command that changes something: to pick everything has to
// be said.
func (f *failureFlags) picked(all bool) (ops.FailureFilter, error) {
	filter, err := f.filter()
	filter.All = all
	if err == nil && filter == (ops.FailureFilter{Dismissed: f.Dismissed}) {
		return filter, usageError("nothing says which failures are meant: name a conversion, --run, --report, --tenant, --target, --cause, --stray, --since or --until, or give --all")
	}
	return filter, err
}

// moment reads an instant, a date, or how long ago something was; nothing is the zero
// time.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if age, err := time.ParseDuration(text); err == nil && age >= 0 {
		return now.Add(-age), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write it like 2026-10-31T20:00:00Z, 2026-10-31 or 2h", text)
}

// failuresListCommand lists failures.
type failuresListCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
	failureFlags

	Limit int  `name:"limit" placeholder:"N" default:"50" help:"Most failures to list; 0 means all."`
	JSON  bool `name:"json" help:"Print one JSON object for each failure."`
}

// Run lists the failures.
func (c *failuresListCommand) Run(ctx context.Context, app *app) error {
	filter, err := c.filter()
	if err != nil {
		return err
	}
	return app.onOps(ctx, &c.NATS, func(ctx context.Context, client *ops.Client) error {
		rows := newTable("CONVERSION", "CAUSE", "STAGE", "FAILED", "MESSAGE")
		listed := 0
		listing, err := client.Failures(ctx, filter, c.Limit, func(f *ops.FailureInfo) error {
			listed++
			if c.JSON {
				return app.printJSON(f)
			}
			addFailure(rows, f)
			return nil
		})
		if err != nil {
			return err
		}
		if !c.JSON && listed > 0 {
			if err := rows.print(app.stdout); err != nil {
				return err
			}
		}
		return c.remark(app, listing, listed)
	})
}

func addFailure(rows *table, f *ops.FailureInfo) {
	note := f.Message
	if f.Dismissed {
		note = "dismissed by " + f.Dismissal.By + ": " + note
	}
	if runes := []rune(note); len(runes) > noteRunes {
		note = string(runes[:noteRunes-1]) + "…"
	}
	rows.add(f.Conversion, string(f.Cause), string(f.Stage), instant(f.At), note)
}

// remark says on standard error what the list does not show.
func (c *failuresListCommand) remark(app *app, listing *ops.FailureListing, listed int) error {
	remark := ""
	switch {
	case listed < listing.Matched:
		remark = fmt.Sprintf("%s of %s listed; see --limit", humanCount(int64(listed)), humanCount(int64(listing.Matched)))
	case listed == 0:
		remark = "no failures"
	}
	if left := listing.Left.String(); left != "" {
		if remark != "" {
			remark += "; "
		}
		remark += "left out: " + left
	}
	if remark == "" {
		return nil
	}
	_, err := fmt.Fprintln(app.stderr, remark)
	return err
}
