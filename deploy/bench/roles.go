package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/ops/templates"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/uploader"
)

// slots is what renderer and uploader have by default.
const slots = 8

// version is the build that the roles name in what they write: as long as a real one.
const version = "0.0.0-bench"

// roles says which roles run and how the renderer renders.
type roles struct {
	// render is nil for the real one.
	render renderer.RenderFunc
	// producerOnly leaves renderer and uploader out.
	producerOnly bool
	// ops adds the service.
	ops bool
}

// parts are what the roles work on.
type parts struct {
	js       jetstream.JetStream
	database *query.DB
	s3       *s3.Client
	log      *slog.Logger
}

// start runs the roles until stop is called, which returns how they ended.
func (r roles) start(ctx context.Context, p parts) (stop func() error, err error) {
	stages, err := r.build(ctx, p)
	if err != nil {
		return nil, err
	}
	working, cancel := context.WithCancel(ctx)
	group, working := errgroup.WithContext(working)
	for _, stage := range stages {
		group.Go(func() error { return stage.Run(working) })
	}
	return func() error {
		cancel()
		return group.Wait()
	}, nil
}

type stage interface {
	Run(ctx context.Context) error
}

func (r roles) build(ctx context.Context, p parts) ([]stage, error) {
	freezer, err := newFreezer(ctx, p)
	if err != nil {
		return nil, err
	}
	stored, err := templates.Open(ctx, p.js)
	if err != nil {
		return nil, err
	}
	first, err := producer.New(ctx, producer.Config{
		JetStream: p.js, Database: p.database, Freezer: freezer, Router: router, Parse: parseReport, Templates: templateStore{stored},
		Worker: "producer@bench/1", Version: version, Logger: p.log,
	})
	if err != nil || r.producerOnly {
		return []stage{first}, err
	}
	second, err := renderer.New(ctx, renderer.Config{
		Settings: renderer.Settings{Slots: slots}, JetStream: p.js, Database: p.database, Parse: parseReport, Render: r.render, Templates: templateStore{stored},
		Worker: "renderer@bench/1", Version: version, Logger: p.log,
	})
	if err != nil {
		return nil, err
	}
	third, err := uploader.New(ctx, uploader.Config{
		Settings: uploader.Settings{Slots: slots}, JetStream: p.js, S3: p.s3, Bucket: bucket,
		Worker: "uploader@bench/1", Version: version, Logger: p.log,
	})
	if err != nil || !r.ops {
		return []stage{first, second, third}, err
	}
	fourth, err := opsService(ctx, p, freezer)
	return []stage{first, second, third, fourth}, err
}

func parseReport(file string, text []byte) (*report.Definition, error) {
	return report.Options{CheckFormat: func(format string) error {
		_, err := xlsx.ParseFormat(format, report.DefaultLocale)
		return err
	}}.Parse(file, text)
}

// freezer freezes runs.
type freezer struct{ stores flags.Stores }

func newFreezer(ctx context.Context, p parts) (*freezer, error) {
	runs, err := p.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketRuns, err)
	}
	documents, err := p.js.KeyValue(ctx, jetsheet.BucketFlags)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketFlags, err)
	}
	records := &uploader.Records{Client: p.s3, Bucket: bucket}
	return &freezer{flags.Stores{Runs: runs, Flags: documents, Records: records}}, nil
}

// Freeze implements [producer.Freezer].
func (f *freezer) Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error) {
	return flags.Freeze(ctx, f.stores, flags.Request{Run: run, Definition: definition, Scope: scope, By: "bench", Now: time.Now().UTC()})
}

func router(document json.RawMessage) (producer.Routes, error) {
	routes, err := flags.Compile(document)
	if err != nil {
		return nil, err
	}
	return routes, nil
}

// noopBlob is what no-op rendering writes: the size of a workbook of 20 rows, and as
// hard to compress.
func noopBlob() []byte {
	blob := make([]byte, 7<<10)
	state := uint32(1)
	for i := range blob {
		state = state*1664525 + 1013904223
		blob[i] = byte(state >> 24)
	}
	return blob
}

// errNoRows stops a benchmark that would measure nothing.
var errNoRows = errors.New("the query returned no rows")
