package main

import (
	"context"
	"errors"

	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/ops"
	"github.com/jetsheet/jetsheet/ops/notify"
	"github.com/jetsheet/jetsheet/ops/retreat"
)

// opsCommand runs the service that people and programs ask.
type opsCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
	S3   s3Settings   `embed:"" prefix:"s3-" group:"S3 settings"`

	Notify notify.Settings  `embed:"" prefix:"ops-notify-" group:"notice settings"`
	Return retreat.Settings `embed:"" prefix:"ops-return-" group:"automatic return settings"`
}

// Help is the command's longer description.
func (c *opsCommand) Help() string {
	return "Answers conversions.ops.start, .status, .list, .replay, .cancel, .dismiss and .routes on NATS, for the commands about runs and failures and for the nats CLI: nats req conversions.ops.status '{\"run\":\"REPORT\"}'. Several may run. It also tells people of what failed or stands still, through Slack, a webhook or GitHub issues where they are set; what is open shows: nats req conversions.ops.notices '{}'. And it takes a group of tenants back to the previous system when too many of its conversions fail: see \"jetsheet flags history\"."
}

// Run works until a signal comes.
func (c *opsCommand) Run(ctx context.Context, app *app) error {
	if err := checkNotices(&c.Notify); err != nil {
		return err
	}
	if err := checkReturn(&c.Return); err != nil {
		return err
	}
	need := need{role: "ops", nats: &c.NATS, s3: &c.S3}
	return app.runRole(ctx, need, func(ctx context.Context, p parts) (stage, error) {
		service, err := app.newOps(ctx, p)
		if err != nil {
			return nil, err
		}
		notices, err := app.newNotices(ctx, p, &c.Notify)
		if err != nil {
			return nil, err
		}
		back, err := app.newRetreat(ctx, p, &c.Return)
		if err != nil {
			return nil, err
		}
		return roles{service, notices, back}, nil
	})
}

func (a *app) newOps(ctx context.Context, p parts) (stage, error) {
	worker := workerName("ops")
	freezer, err := newFreezer(ctx, p, worker)
	if err != nil {
		return nil, err
	}
	return ops.New(ctx, ops.Config{
		JetStream: p.js, Freezer: freezer, Parse: parseReport, Compile: compileRoutes,
		Worker: worker, Version: buildVersion().Version, Logger: a.log,
	})
}

// onRuns runs an operation of a person's command with a reader of runs.
func (a *app) onRuns(ctx context.Context, settings *natsSettings, operation func(ctx context.Context, r *ops.Reader, link *natsLink) error) error {
	link, err := a.openNATS(ctx, settings, clientCommand)
	if err != nil {
		return err
	}
	defer link.Close()
	return link.Do(ctx, func(ctx context.Context) error {
		reader, err := ops.NewReader(ctx, link.JetStream)
		if err != nil {
			return err
		}
		return operation(ctx, reader, link)
	})
}

// onOps runs an operation of a person's command that asks the ops service.
func (a *app) onOps(ctx context.Context, settings *natsSettings, operation func(ctx context.Context, client *ops.Client) error) error {
	link, err := a.openNATS(ctx, settings, clientCommand)
	if err != nil {
		return err
	}
	defer link.Close()
	return refused(link.Do(ctx, func(ctx context.Context) error { return operation(ctx, &ops.Client{Conn: link.Conn}) }))
}

// compileRoutes reads the flag document that a run is frozen with.
func compileRoutes(document []byte) (ops.Routes, error) {
	routes, err := flags.Compile(document)
	if err != nil {
		return nil, err
	}
	return routes, nil
}

// refused gives an error of the ops service its exit code.
func refused(err error) error {
	var refusal *ops.Error
	if !errors.As(err, &refusal) {
		return err
	}
	switch refusal.Code {
	case ops.CodeNothing:
		return &exitError{Code: exitNothing, Err: err}
	case ops.CodeUnavailable:
		return &exitError{Code: exitUnreachable, Err: err}
	default:
		return err
	}
}
