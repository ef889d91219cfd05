package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/uploader"
)

// producerCommand runs the producer.
type producerCommand struct {
	NATS     natsSettings      `embed:"" prefix:"nats-" group:"NATS settings"`
	Database databaseSettings  `embed:"" prefix:"database-" group:"database settings"`
	S3       s3Settings        `embed:"" prefix:"s3-" group:"S3 settings"`
	Producer producer.Settings `embed:"" prefix:"producer-" group:"producer settings"`
}

// Run works until a signal comes.
func (c *producerCommand) Run(ctx context.Context, app *app) error {
	need := need{role: "producer", nats: &c.NATS, database: &c.Database, s3: &c.S3}
	return app.runRole(ctx, need, func(ctx context.Context, p parts) (stage, error) {
		return app.newProducer(ctx, p, c.Producer)
	})
}

// rendererCommand runs a renderer.
type rendererCommand struct {
	NATS     natsSettings      `embed:"" prefix:"nats-" group:"NATS settings"`
	Database databaseSettings  `embed:"" prefix:"database-" group:"database settings"`
	S3       s3Server          `embed:"" prefix:"s3-" group:"S3 settings"`
	Renderer renderer.Settings `embed:"" prefix:"renderer-" group:"renderer settings"`
}

// Run works until a signal comes.
func (c *rendererCommand) Run(ctx context.Context, app *app) error {
	need := need{role: "renderer", nats: &c.NATS, database: &c.Database}
	if c.Renderer.PictureBucket.Bucket != "" {
		need.s3Server = &c.S3
	}
	return app.runRole(ctx, need, func(ctx context.Context, p parts) (stage, error) {
		return app.newRenderer(ctx, p, c.Renderer)
	})
}

// uploaderCommand runs an uploader.
type uploaderCommand struct {
	NATS     natsSettings      `embed:"" prefix:"nats-" group:"NATS settings"`
	S3       s3Settings        `embed:"" prefix:"s3-" group:"S3 settings"`
	Uploader uploader.Settings `embed:"" prefix:"uploader-" group:"uploader settings"`
}

// Run works until a signal comes.
func (c *uploaderCommand) Run(ctx context.Context, app *app) error {
	need := need{role: "uploader", nats: &c.NATS, s3: &c.S3}
	return app.runRole(ctx, need, func(ctx context.Context, p parts) (stage, error) {
		return app.newUploader(ctx, p, c.Uploader)
	})
}

// need says which connections a command opens; nil means none.
type need struct {
	role     string
	nats     *natsSettings
	database *databaseSettings
	s3       *s3Settings
	// s3Server is for a command that needs no bucket for workbooks.
	s3Server *s3Server
}

// open opens what is needed. The returned function closes it; after an error there is
// nothing to close.
func (a *app) open(ctx context.Context, need need) (parts, *natsLink, func(), error) {
	var p parts
	var link *natsLink
	var closers []func()
	closeAll := func() {
		for i := len(closers) - 1; i >= 0; i-- {
			closers[i]()
		}
	}
	var err error
	if need.nats != nil {
		if link, err = a.openNATS(ctx, need.nats, need.role); err != nil {
			return p, nil, nil, err
		}
		closers = append(closers, link.Close)
		p.js, p.refusal = link.JetStream, link.refusals.since
	}
	if need.database != nil {
		pool, err := a.openDatabase(ctx, need.database, need.role)
		if err != nil {
			closeAll()
			return p, nil, nil, err
		}
		closers = append(closers, pool.Close)
		p.database = query.New(pool)
	}
	if need.s3Server != nil {
		if p.s3, err = a.newS3Client(ctx, need.s3Server); err != nil {
			closeAll()
			return p, nil, nil, err
		}
	}
	if need.s3 != nil {
		if p.s3, p.bucket, err = a.openS3(ctx, need.s3, need.role); err != nil {
			closeAll()
			return p, nil, nil, err
		}
	}
	return p, link, closeAll, nil
}

// runRole opens a role's connections and runs its stage until a signal comes.
func (a *app) runRole(ctx context.Context, need need, build func(context.Context, parts) (stage, error)) error {
	p, link, closeAll, err := a.open(ctx, need)
	if err != nil {
		return err
	}
	defer closeAll()
	ctx, cancel := link.alive(ctx)
	defer cancel()
	role, err := a.buildRole(ctx, p, link, build)
	if err != nil {
		return stopped(ctx, err)
	}
	a.log.InfoContext(ctx, "role started", slog.String("role", need.role), slog.String("version", buildVersion().Version))
	err = a.work(ctx, need.role, role)
	a.log.InfoContext(context.WithoutCancel(ctx), "role stopped", slog.String("role", need.role))
	return err
}

// work runs a stage until a signal comes, and says that it came: what is in hand may
// take as long as the grace, and who waits in silence signals again, which loses it.
func (a *app) work(ctx context.Context, name string, role stage) error {
	told := make(chan struct{})
	keepQuiet := context.AfterFunc(ctx, func() {
		defer close(told)
		if wasInterrupted(ctx) {
			a.log.InfoContext(context.WithoutCancel(ctx), "role stopping, what fits the grace is finished; a second signal ends it at once", slog.String("role", name))
		}
	})
	err := role.Run(ctx)
	if !keepQuiet() {
		<-told
	}
	return stopped(ctx, err)
}

// buildRole builds a stage. While NATS does not answer it waits: a role may start
// before its servers, and an answer may get lost with the connection, which is back by
// the time that shows. What waiting does not mend, such as a stream that setup has not
// made or a permission that is missing, is an error.
func (a *app) buildRole(ctx context.Context, p parts, link *natsLink, build func(context.Context, parts) (stage, error)) (stage, error) {
	for {
		var role stage
		err := link.Do(ctx, func(ctx context.Context) (err error) {
			limited, cancel := context.WithTimeout(ctx, connectLimit)
			defer cancel()
			role, err = build(limited, p)
			return err
		})
		if err == nil || ctx.Err() != nil || link.IsConnected() && !unanswered(err) {
			return role, err
		}
		// The error of building is only that something timed out.
		a.log.LogAttrs(ctx, slog.LevelWarn, "NATS does not answer, waiting", link.away()...)
		timer := time.NewTimer(natsReconnectWait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// unanswered says whether an error means that an answer of NATS did not come.
func unanswered(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrDisconnected)
}
