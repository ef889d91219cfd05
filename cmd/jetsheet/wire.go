package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/uploader"
)

// parts are what the roles of a process work on. A role uses what it needs; the rest
// may be nil.
type parts struct {
	js       jetstream.JetStream
	database *query.DB
	s3       *s3.Client
	bucket   string
	// refusal says what NATS refused on the connection of js; nil where nothing can be.
	refusal delivery.RefusalFunc
}

// stage is what a role runs: until ctx ends, then nil.
type stage interface {
	Run(ctx context.Context) error
}

// parseReport reads a definition with every check that needs no database.
func parseReport(file string, data []byte) (*report.Definition, error) {
	return report.Options{CheckSheet: renderer.CheckSheet, CheckFormat: func(format string) error {
		_, err := renderer.ParseFormat(format, report.DefaultLocale)
		return err
	}}.Parse(file, data)
}

// workerName names this process: readable, and unique over restarts.
func workerName(role string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s@%s/%d-%s", role, host, os.Getpid(), strings.ToLower(rand.Text()[:4]))
}

func (a *app) newProducer(ctx context.Context, p parts, settings producer.Settings) (stage, error) {
	worker := workerName("producer")
	freezer, err := newFreezer(ctx, p, worker)
	if err != nil {
		return nil, err
	}
	stored, err := openTemplates(ctx, p)
	if err != nil {
		return nil, err
	}
	return producer.New(ctx, producer.Config{
		Settings: settings, JetStream: p.js, Database: p.database, Freezer: freezer, Router: router, Templates: stored,
		Parse: parseReport, Refusal: p.refusal, Worker: worker, Version: buildVersion().Version, Logger: a.log,
	})
}

func (a *app) newRenderer(ctx context.Context, p parts, settings renderer.Settings) (stage, error) {
	stored, err := openTemplates(ctx, p)
	if err != nil {
		return nil, err
	}
	return renderer.New(ctx, renderer.Config{
		Settings: settings, JetStream: p.js, Database: p.database, Pictures: newPictures(p.s3, settings.PictureBucket), Parse: parseReport, Templates: stored,
		Refusal: p.refusal, Worker: workerName("renderer"), Version: buildVersion().Version, Logger: a.log,
	})
}

func (a *app) newUploader(ctx context.Context, p parts, settings uploader.Settings) (stage, error) {
	return uploader.New(ctx, uploader.Config{
		Settings: settings, JetStream: p.js, S3: p.s3, Bucket: p.bucket,
		Refusal: p.refusal, Worker: workerName("uploader"), Version: buildVersion().Version, Logger: a.log,
	})
}

// freezer freezes runs for stages, which may not know of flags.
type freezer struct {
	stores flags.Stores
	bucket string
	by     string
}

func newFreezer(ctx context.Context, p parts, by string) (*freezer, error) {
	f := &freezer{by: by, bucket: p.bucket, stores: flags.Stores{Records: &uploader.Records{Client: p.s3, Bucket: p.bucket}}}
	var err error
	if f.stores.Runs, err = p.js.KeyValue(ctx, jetsheet.BucketRuns); err != nil {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketRuns, err)
	}
	if f.stores.Flags, err = p.js.KeyValue(ctx, jetsheet.BucketFlags); err != nil {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketFlags, err)
	}
	return f, nil
}

// Freeze freezes a run, or finds it frozen. Where that waits for a flag document or for
// S3 its error says so.
func (f *freezer) Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error) {
	frozen, err := flags.Freeze(ctx, f.stores, flags.Request{
		Run: run, Definition: definition, Scope: scope, By: f.by, Now: time.Now().UTC(),
	})
	var onS3 *smithy.OperationError
	switch {
	case errors.Is(err, flags.ErrNoFlagDocument), errors.Is(err, flags.ErrDocument):
		return nil, delivery.Unavailable("flag document", err)
	case errors.As(err, &onS3):
		return nil, delivery.Unavailable("S3 bucket "+f.bucket, err)
	}
	return frozen, err
}

// router reads routes out of a frozen flag document.
func router(document json.RawMessage) (producer.Routes, error) {
	routes, err := flags.Compile(document)
	if err != nil {
		return nil, err
	}
	return routes, nil
}
