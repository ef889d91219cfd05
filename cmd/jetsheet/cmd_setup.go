package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/flags"
)

// setupSettings are the numbers that differ between installations.
type setupSettings struct {
	Replicas       int           `name:"replicas" default:"1" help:"Copies of every stream: 3 in production."`
	AckWait        time.Duration `name:"ack-wait" default:"1m" help:"Lease of a request: how long the work of a dead worker waits."`
	WorkbooksBytes int64         `name:"workbooks-bytes" default:"4294967296" help:"Most bytes between renderer and uploader."`
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
	return "Makes streams, consumers, buckets, object stores, the S3 bucket and the first flag document. It may be run again at any time: it changes what differs and deletes nothing. A flag document that is there stays as it is."
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
	client, err := app.newS3Client(ctx, &c.S3)
	if err != nil {
		return err
	}
	if c.S3.Bucket == "" {
		return unreachableError("no bucket is set: set %s", variableName("s3-bucket"))
	}
	route := jetsheet.RouteLegacy
	if c.NoPreviousSystem {
		route = jetsheet.RouteNew
	}
	options := jetsheet.TopologyOptions{Replicas: c.Setup.Replicas, AckWait: c.Setup.AckWait, WorkbooksBytes: c.Setup.WorkbooksBytes}
	result, err := setUp(ctx, parts{js: link.JetStream, s3: client, bucket: c.S3.Bucket}, options, route, c.DryRun)
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(result)
	}
	return c.print(app, result)
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

// setUp makes everything that the roles work on.
func setUp(ctx context.Context, p parts, options jetsheet.TopologyOptions, route jetsheet.Route, dryRun bool) (*setupResult, error) {
	result := &setupResult{DryRun: dryRun, Warnings: []string{}}
	var err error
	if result.Changes, err = deploy.Provision(ctx, p.js, jetsheet.NewTopology(options), dryRun); err != nil {
		return nil, err
	}
	change, warnings, err := setUpBucket(ctx, p, dryRun)
	if err != nil {
		return nil, err
	}
	result.Changes, result.Warnings = append(result.Changes, change), append(result.Warnings, warnings...)
	if change, err = setUpFlags(ctx, p.js, route, dryRun); err != nil {
		return nil, err
	}
	result.Changes = append(result.Changes, change)
	return result, nil
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

// setUpFlags writes the first flag document.
func setUpFlags(ctx context.Context, js jetstream.JetStream, route jetsheet.Route, dryRun bool) (deploy.Change, error) {
	change := deploy.Change{Kind: "flag document", Name: jetsheet.BucketFlags + "/" + jetsheet.FlagsKey, Action: deploy.ActionNone}
	if dryRun {
		change.Action = deploy.ActionCreate
		kv, err := js.KeyValue(ctx, jetsheet.BucketFlags)
		if err == nil {
			_, err = kv.Get(ctx, jetsheet.FlagsKey)
		}
		if err == nil {
			change.Action = deploy.ActionNone
		}
		return change, nil
	}
	kv, err := js.KeyValue(ctx, jetsheet.BucketFlags)
	if err != nil {
		return change, fmt.Errorf("open bucket %s: %w", jetsheet.BucketFlags, err)
	}
	created, err := flags.Init(ctx, kv, flags.InitialDocument(route))
	if created {
		change.Action = deploy.ActionCreate
	}
	return change, err
}
