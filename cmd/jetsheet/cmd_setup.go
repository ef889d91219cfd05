package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/flags"
)

// setupSettings are the numbers that differ between installations.
type setupSettings struct {
	Replicas       int           `name:"replicas" default:"0" help:"Copies of every stream, 3 in production; 0 keeps what is there, at first 1."`
	AckWait        time.Duration `name:"ack-wait" default:"0s" help:"Lease of a request: how long the work of a dead worker waits; 0 keeps what is there, at first 1m."`
	WorkbooksBytes int64         `name:"workbooks-bytes" default:"0" help:"Most bytes between renderer and uploader; 0 keeps what is there, at first 4 GiB."`
}

// setupCommand makes what the roles work on.
type setupCommand struct {
	NATS  natsSettings  `embed:"" prefix:"nats-" group:"NATS settings"`
	S3    s3Settings    `embed:"" prefix:"s3-" group:"S3 settings"`
	Setup setupSettings `embed:"" prefix:"setup-" group:"setup settings"`

	NoPreviousSystem bool `name:"no-previous-system" help:"There is no other system that makes these workbooks: every tenant is routed new. Without it every tenant is routed legacy."`
	DryRun           bool `name:"dry-run" help:"Show what would change and change nothing."`
	JSON             bool `name:"json" help:"Print one JSON object."`
}

// Help is the command's longer description.
func (c *setupCommand) Help() string {
	return "Makes streams, consumers, buckets, object stores, the S3 bucket and the first flag document. It may be run again at any time: it changes what differs and deletes nothing. A flag document that is there stays as it is, but for one case: --no-previous-system replaces the one that an earlier setup wrote as long as nobody has changed it and no run has been frozen; after that it ends with exit code 1 and the command that changes the document."
}

// setupResult is what the command prints for programs.
type setupResult struct {
	DryRun  bool            `json:"dryRun"`
	Changes []deploy.Change `json:"changes"`
	// Warnings are for people to think about.
	Warnings []string `json:"warnings"`
}

// Run makes what is missing.
func (c *setupCommand) Run(ctx context.Context, app *app) error {
	link, err := app.openNATS(ctx, &c.NATS, clientCommand)
	if err != nil {
		return err
	}
	defer link.Close()
	client, err := app.newS3Client(ctx, &c.S3.s3Server)
	if err != nil {
		return err
	}
	if c.S3.Bucket == "" {
		return unreachableError("no bucket is set: set %s", variableName("s3-bucket"))
	}
	plan := c.plan()
	var result *setupResult
	err = link.Do(ctx, func(ctx context.Context) (err error) {
		result, err = setUp(ctx, parts{js: link.JetStream, s3: client, bucket: c.S3.Bucket}, plan)
		return err
	})
	if result == nil {
		return err
	}
	// Also after a flag document that stays: everything else is made.
	if c.JSON {
		return errors.Join(app.printJSON(result), err)
	}
	return errors.Join(c.print(app, result), err)
}

func (c *setupCommand) plan() setupPlan {
	plan := setupPlan{
		options: jetsheet.TopologyOptions{Replicas: c.Setup.Replicas, AckWait: c.Setup.AckWait, WorkbooksBytes: c.Setup.WorkbooksBytes},
		route:   jetsheet.RouteLegacy, insist: c.NoPreviousSystem, dryRun: c.DryRun,
	}
	if c.NoPreviousSystem {
		plan.route = jetsheet.RouteNew
	}
	return plan
}

func (c *setupCommand) print(app *app, result *setupResult) error {
	rows := newTable("WHAT", "NAME", "ACTION")
	changed := 0
	for _, change := range result.Changes {
		if change.Action != deploy.ActionNone {
			rows.add(change.Kind, change.Name, change.Action)
			changed++
		}
	}
	if changed > 0 {
		if err := rows.print(app.stdout); err != nil {
			return err
		}
	}
	for _, warning := range result.Warnings {
		if _, err := fmt.Fprintln(app.stdout, "warning: "+warning); err != nil {
			return err
		}
	}
	end := fmt.Sprintf("%d of %d things changed", changed, len(result.Changes))
	if result.DryRun {
		end = fmt.Sprintf("dry run: %d of %d things would change", changed, len(result.Changes))
	}
	_, err := fmt.Fprintln(app.stdout, end)
	return err
}

// setupPlan says what setUp makes.
type setupPlan struct {
	options jetsheet.TopologyOptions
	// route is what the first flag document gives every tenant. Only with insist is a
	// document that is there held to it.
	route  jetsheet.Route
	insist bool
	dryRun bool
}

// setUp makes everything that the roles work on. With an error of type
// [flags.KeptError] everything but the route is as planned, and the result says so;
// with another error there is none.
func setUp(ctx context.Context, p parts, plan setupPlan) (*setupResult, error) {
	result := &setupResult{DryRun: plan.dryRun, Warnings: []string{}}
	options, err := deploy.Keep(ctx, p.js, plan.options)
	if err != nil {
		return nil, err
	}
	if result.Changes, err = deploy.Provision(ctx, p.js, jetsheet.NewTopology(options), plan.dryRun); err != nil {
		return nil, err
	}
	change, warnings, err := setUpBucket(ctx, p, plan.dryRun)
	if err != nil {
		return nil, err
	}
	result.Changes, result.Warnings = append(result.Changes, change), append(result.Warnings, warnings...)
	change, warnings, err = setUpFlags(ctx, p.js, plan)
	var kept *flags.KeptError
	if err != nil && !errors.As(err, &kept) {
		return nil, err
	}
	result.Changes, result.Warnings = append(result.Changes, change), append(result.Warnings, warnings...)
	result.Warnings = append(result.Warnings, payloadWarnings(p.js.Conn().MaxPayload())...)
	return result, err
}

// payloadWarnings warns of a server that takes workbooks and perhaps not the record of
// every run.
func payloadWarnings(maxPayload int64) []string {
	if maxPayload >= jetsheet.RunPayloadBytes {
		return nil
	}
	return []string{fmt.Sprintf("max_payload of the NATS server is %d bytes: the record of a run with a large flag document may not fit; set max_payload: 1MB (the default) in the server's configuration",
		maxPayload)}
}

// setUpBucket makes the S3 bucket if it is not there.
func setUpBucket(ctx context.Context, p parts, dryRun bool) (change deploy.Change, warnings []string, err error) {
	change = deploy.Change{Kind: "S3 bucket", Name: p.bucket, Action: deploy.ActionNone}
	_, err = p.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &p.bucket})
	var missing *types.NotFound
	if errors.As(err, &missing) {
		change.Action = deploy.ActionCreate
		if dryRun {
			return change, nil, nil
		}
		_, err = p.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &p.bucket})
		var ours *types.BucketAlreadyOwnedByYou
		if errors.As(err, &ours) {
			err = nil
		}
	}
	if err != nil {
		return change, nil, fmt.Errorf("S3 bucket %s: %w", p.bucket, err)
	}
	// Without versions an object that somebody deletes or overwrites by hand is gone;
	// jetsheet's conditional writes protect only against jetsheet.
	versions, err := p.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: aws.String(p.bucket)})
	if err != nil || versions.Status != types.BucketVersioningStatusEnabled {
		warnings = append(warnings, fmt.Sprintf("the bucket %s keeps no versions: a workbook that is deleted or overwritten by hand cannot be restored", p.bucket))
	}
	return change, warnings, nil
}
