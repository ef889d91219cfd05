package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/notify"
	"github.com/jetsheet/jetsheet/ops/retreat"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/uploader"
)

// upCommand runs all roles in one process.
type upCommand struct {
	NATS     natsSettings      `embed:"" prefix:"nats-" group:"NATS settings"`
	Database databaseSettings  `embed:"" prefix:"database-" group:"database settings"`
	S3       s3Settings        `embed:"" prefix:"s3-" group:"S3 settings"`
	Producer producer.Settings `embed:"" prefix:"producer-" group:"producer settings"`
	Renderer renderer.Settings `embed:"" prefix:"renderer-" group:"renderer settings"`
	Uploader uploader.Settings `embed:"" prefix:"uploader-" group:"uploader settings"`
	Notify   notify.Settings   `embed:"" prefix:"ops-notify-" group:"notice settings"`
	Return   retreat.Settings  `embed:"" prefix:"ops-return-" group:"automatic return settings"`

	Local    string `name:"local" placeholder:"DIR" help:"Run NATS and S3 in this process too, with their data in DIR; only the database is yours."`
	NATSAddr string `name:"local-nats" placeholder:"ADDRESS" default:"127.0.0.1:4222" help:"Where the NATS of --local listens, ${default} by default; port 0 takes a free one."`
	S3Addr   string `name:"local-s3" placeholder:"ADDRESS" default:"127.0.0.1:9000" help:"Where the S3 of --local listens, ${default} by default; port 0 takes a free one."`
}

// Help is the command's longer description.
func (c *upCommand) Help() string {
	return "Runs producer, renderer, uploader and ops in one process, against the services that are configured. With --local DIR only a database is needed: workbooks lie in DIR/workbooks, and everything is set up with every tenant routed new."
}

// Run works until a signal comes.
func (c *upCommand) Run(ctx context.Context, app *app) error {
	if err := checkNotices(&c.Notify); err != nil {
		return err
	}
	if err := checkReturn(&c.Return); err != nil {
		return err
	}
	if c.Local != "" {
		return c.runLocal(ctx, app)
	}
	need := need{role: "up", nats: &c.NATS, database: &c.Database, s3: &c.S3}
	return app.runRole(ctx, need, c.build(app))
}

// build builds all roles as one.
func (c *upCommand) build(app *app) func(context.Context, parts) (stage, error) {
	return func(ctx context.Context, p parts) (stage, error) { return c.newRoles(ctx, app, p) }
}

// newRoles builds all roles, the notices and the automatic return.
func (c *upCommand) newRoles(ctx context.Context, app *app, p parts) (roles, error) {
	all, err := app.newRoles(ctx, p, c.Producer, c.Renderer, c.Uploader)
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
	return append(all, notices, back), nil
}

// roles are several stages in one process. The first that ends with an error stops
// the others.
type roles []stage

// Run runs all until ctx ends.
func (r roles) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, role := range r {
		group.Go(func() error { return role.Run(ctx) })
	}
	return group.Wait()
}

func (a *app) newRoles(ctx context.Context, p parts, ps producer.Settings, rs renderer.Settings, us uploader.Settings) (roles, error) {
	producer, err := a.newProducer(ctx, p, ps)
	if err != nil {
		return nil, err
	}
	renderer, err := a.newRenderer(ctx, p, rs)
	if err != nil {
		return nil, err
	}
	uploader, err := a.newUploader(ctx, p, us)
	if err != nil {
		return nil, err
	}
	ops, err := a.newOps(ctx, p)
	if err != nil {
		return nil, err
	}
	return roles{producer, renderer, uploader, ops}, nil
}

func (c *upCommand) runLocal(ctx context.Context, app *app) (err error) {
	if c.Local, err = filepath.Abs(c.Local); err != nil {
		return fmt.Errorf("directory of the local installation: %w", err)
	}
	for _, listen := range []struct{ addr, flag string }{{c.NATSAddr, "--local-nats"}, {c.S3Addr, "--local-s3"}} {
		if err := checkFree(ctx, listen.addr, listen.flag); err != nil {
			return err
		}
	}
	pool, err := app.openDatabase(ctx, &c.Database, "up")
	if err != nil {
		return err
	}
	defer pool.Close()
	access, secret, err := localCredentials(c.Local)
	if err != nil {
		return err
	}
	services, err := startLocal(ctx, localOptions{
		dir: c.Local, natsAddr: c.NATSAddr, s3Addr: c.S3Addr, durable: true, accessKey: access, secretKey: secret, log: app.log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, services.close()) }() //nolint:contextcheck // closing goes on after ctx
	p := services.parts(pool)
	if _, err := setUp(ctx, p, setupPlan{route: jetsheet.RouteNew}); err != nil {
		return err
	}
	all, err := c.newRoles(ctx, app, p)
	if err != nil {
		return err
	}
	// People paste the paths into another terminal, which may be elsewhere.
	if err := c.printAddresses(app, services, access, secret); err != nil {
		return err
	}
	app.log.InfoContext(ctx, "all roles started", slog.String("dir", c.Local))
	return app.work(ctx, "up", all)
}

// checkFree refuses an address that another server has, before anything is written. A
// NATS server or an S3 stand-in on this machine often has the usual ones.
func checkFree(ctx context.Context, addr, flag string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("%w: another server may have this address; take any free one with %s=127.0.0.1:0", err, flag)
	}
	return listener.Close()
}

// printAddresses tells people how other programs reach what runs here, and writes it
// into a file that a shell can read.
func (c *upCommand) printAddresses(app *app, services *localParts, access, secret string) error {
	variables := fmt.Sprintf(`export NATS_URL=%s
export AWS_ENDPOINT_URL_S3=%s AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s
export JETSHEET_S3_BUCKET=%s JETSHEET_S3_PATH_STYLE=true
`, services.nats.URL(), services.s3.Endpoint(), access, secret, localBucket)
	file := filepath.Join(c.Local, "env")
	if err := os.WriteFile(file, []byte(variables), 0o600); err != nil {
		return fmt.Errorf("write the addresses of the local installation: %w", err)
	}
	_, err := fmt.Fprintf(app.stdout, `jetsheet runs, with NATS and S3 of its own. Workbooks will lie in %s

In another terminal, so that jetsheet, nats and aws find this installation:

  . %s

which sets

%s
Stop with Ctrl-C; what was acknowledged stays in %s.
`, filepath.Join(c.Local, localBucket), file, indent(variables), c.Local)
	return err
}

// indent sets lines off.
func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

// localCredentials reads the S3 credentials of a local installation, made once: what
// people exported yesterday must work today.
func localCredentials(dir string) (access, secret string, err error) {
	file := filepath.Join(dir, ".s3-credentials")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		data = []byte("local-" + strings.ToLower(rand.Text()[:8]) + " " + rand.Text() + "\n")
		if err = os.MkdirAll(dir, 0o700); err == nil {
			err = os.WriteFile(file, data, 0o600)
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("S3 credentials of the local installation: %w", err)
	}
	access, secret, ok := strings.Cut(strings.TrimSpace(string(data)), " ")
	if !ok || access == "" || secret == "" {
		return "", "", fmt.Errorf("S3 credentials of the local installation: %s does not hold two words; remove it to make new ones", file)
	}
	return access, secret, nil
}
