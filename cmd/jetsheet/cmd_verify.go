package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/ops"
	"github.com/jetsheet/jetsheet/ops/verify"
)

// verifyCommand checks a run against everything that can be known of it.
type verifyCommand struct {
	NATS     natsSettings     `embed:"" prefix:"nats-" group:"NATS settings"`
	S3       s3Settings       `embed:"" prefix:"s3-" group:"S3 settings"`
	Database databaseSettings `embed:"" prefix:"database-" group:"database settings"`

	Name        string `arg:"" name:"run" help:"A run's id, the beginning of one, or a report's name for its run that was started last."`
	Deep        bool   `name:"deep" help:"Run the report's statements again and compare every cell; needs the database."`
	Tenant      string `name:"tenant" placeholder:"ID" help:"Check only this tenant's workbooks."`
	Concurrency int    `name:"concurrency" default:"8" placeholder:"COUNT" help:"Workbooks that are looked at together; with --deep also sessions of the database."`
	Max         int    `name:"max" default:"50" placeholder:"COUNT" help:"Problems that are printed as a table; all are counted."`
	JSON        bool   `name:"json" help:"Print one JSON object."`
}

// Help is the command's longer description.
func (c *verifyCommand) Help() string {
	return "Checks that every conversion of the plan has one outcome, and every published workbook is on S3 once, with the recorded bytes, metadata and file name, and is a sound workbook; and that nothing else of the run is there. With --deep it works out every cell from the database by itself and compares: data that was changed after the workbook's snapshot shows as a difference. It reads every workbook and changes nothing. Exit code 0: sound, 3: problems found, each with what mends it, 4: nothing to verify, 5: something is not reachable."
}

// Run checks the run.
func (c *verifyCommand) Run(ctx context.Context, app *app) error {
	switch {
	case c.Max < 0:
		return usageError("--max is %d: expected 0 or more", c.Max)
	case c.Concurrency < 1 || c.Concurrency > maxVerifyConcurrency:
		return usageError("--concurrency is %d: give a number from 1 to %d", c.Concurrency, maxVerifyConcurrency)
	}
	return app.onRuns(ctx, &c.NATS, func(ctx context.Context, r *ops.Reader, link *natsLink) error {
		id, err := r.Find(ctx, c.Name)
		if err != nil {
			return err
		}
		run, err := r.Record(ctx, id)
		if err != nil {
			return err
		}
		cfg, release, err := c.open(ctx, app)
		if err != nil {
			return err
		}
		defer release()
		cfg.JetStream = link.JetStream
		found, err := c.verify(ctx, app, cfg, run)
		if err != nil {
			return err
		}
		return c.tell(app, found)
	})
}

// maxVerifyConcurrency keeps a check from taking all of a database's sessions.
const maxVerifyConcurrency = 64

// open opens what the check reads besides NATS.
func (c *verifyCommand) open(ctx context.Context, app *app) (verify.Config, func(), error) {
	cfg := verify.Config{Concurrency: c.Concurrency}
	var err error
	if cfg.S3, cfg.Bucket, err = app.openS3(ctx, &c.S3, clientCommand); err != nil || !c.Deep {
		return cfg, func() {}, err
	}
	pool, err := app.openDatabase(ctx, &c.Database, clientCommand)
	if err != nil {
		return cfg, nil, err
	}
	cfg.Database = query.New(pool)
	return cfg, pool.Close, nil
}

// verify runs the check with a bar.
func (c *verifyCommand) verify(ctx context.Context, app *app, cfg verify.Config, run *jetsheet.Run) (*verify.Report, error) {
	if run.Plan == nil {
		return nil, &exitError{Code: exitNothing, Err: fmt.Errorf("run %s: %w %s", run.ID(), verify.ErrNoPlan, run.ID())}
	}
	bar := app.newProgress("verify", int64(run.Plan.Expected))
	defer bar.end()
	found, err := verify.Run(ctx, cfg, verify.Options{Run: run, Tenant: c.Tenant, Deep: c.Deep, Progress: bar.set})
	var unavailable *verify.UnavailableError
	if errors.As(err, &unavailable) {
		return nil, unreachableError("%w", err)
	}
	return found, err
}

// tell prints the report and decides the exit code.
func (c *verifyCommand) tell(app *app, found *verify.Report) error {
	var err error
	if c.JSON {
		err = app.printJSON(found)
	} else {
		err = c.print(app, found)
	}
	switch {
	case err != nil:
		return err
	case !found.Sound():
		return exitWith(exitDifferences)
	case found.Nothing():
		return exitWith(exitNothing)
	default:
		return nil
	}
}
