package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/uploader"
)

// demoCommand shows the whole pipeline on a sample, with nothing installed but
// PostgreSQL's binaries.
type demoCommand struct {
	Dir     string `name:"dir" placeholder:"DIR" help:"Where the workbooks go; a new directory by default. It must be empty or new."`
	Tenants int    `name:"tenants" placeholder:"N" default:"60" help:"Customers of the sample company."`
	JSON    bool   `name:"json" help:"Print one JSON object at the end."`
}

// Help is the command's longer description.
func (c *demoCommand) Help() string {
	return "Starts PostgreSQL, NATS and S3 for itself, fills a database with a month of a food-hygiene company's records, applies three reports whose schedule was due at the end of last month, and makes every customer's workbooks. Exit code 0 only if every planned workbook is published and reads back."
}

// demoResult is what the command prints for programs.
type demoResult struct {
	Runs      []demoRun `json:"runs"`
	Planned   int       `json:"planned"`
	Published int       `json:"published"`
	Skipped   int       `json:"skipped"`
	Failed    int       `json:"failed"`
	Rows      int64     `json:"rows"`
	Bytes     int64     `json:"bytes"`
	// FirstSeconds is the time until the first workbook was published.
	FirstSeconds float64 `json:"firstSeconds"`
	Seconds      float64 `json:"seconds"`
	Dir          string  `json:"dir"`
}

// demoRun is one report's run.
type demoRun struct {
	Run       string  `json:"run"`
	Report    string  `json:"report"`
	Planned   int     `json:"planned"`
	Published int     `json:"published"`
	Skipped   int     `json:"skipped"`
	Failed    int     `json:"failed"`
	Rows      int64   `json:"rows"`
	Bytes     int64   `json:"bytes"`
	Seconds   float64 `json:"seconds"`
}

// Run runs the demo.
func (c *demoCommand) Run(ctx context.Context, app *app) error {
	began := time.Now()
	d := &demo{app: app, tenants: c.Tenants, began: began}
	var err error
	if d.dir, err = demoDir(c.Dir, began); err != nil {
		return err
	}
	result, err := d.run(ctx)
	if err != nil {
		return err
	}
	result.Seconds = time.Since(began).Seconds()
	if c.JSON {
		err = app.printJSON(result)
	} else {
		err = d.print(result)
	}
	if err == nil && (result.Failed > 0 || result.Published+result.Skipped != result.Planned) {
		err = exitWith(exitDifferences)
	}
	return err
}

// demoDir makes the directory, or takes an empty one.
func demoDir(dir string, now time.Time) (string, error) {
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "jetsheet-demo-"+now.Format("20060102-150405"))
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("directory of the demo: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("directory of the demo: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("directory of the demo: %w", err)
	}
	if len(entries) > 0 {
		return "", usageError("%s is not empty: give the demo a directory of its own with --dir", dir)
	}
	return dir, nil
}

// demo is a running demonstration.
type demo struct {
	app     *app
	dir     string
	tenants int
	began   time.Time
	first   time.Time // when the first workbook was published
}

// run starts everything, makes the workbooks and checks them. Nothing runs any more
// when it returns.
func (d *demo) run(ctx context.Context) (_ *demoResult, err error) {
	d.say("starting PostgreSQL, NATS and S3")
	postgres, err := local.StartPostgres(ctx, local.PostgresOptions{ExistingURL: os.Getenv(local.DatabaseVariable)})
	if err != nil {
		return nil, unreachableError("%w", err)
	}
	defer func() { err = errors.Join(err, postgres.Close()) }()
	services, err := startLocal(ctx, localOptions{dir: d.dir, log: d.app.log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, services.close()) }()
	tick := lastTick(time.Now())
	pool, err := d.database(ctx, postgres, tick)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	p := services.parts(pool)
	if _, err := setUp(ctx, p, jetsheet.TopologyOptions{WorkbooksBytes: 1 << 30}, jetsheet.RouteNew, false); err != nil {
		return nil, err
	}
	return d.work(ctx, p, tick)
}

// database makes the sample's database.
func (d *demo) database(ctx context.Context, postgres *local.Postgres, tick time.Time) (*pgxpool.Pool, error) {
	var stats sample.Stats
	url, err := postgres.Database(ctx, "", local.Template{})
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect to the demo's database: %w", err)
	}
	stats, err = sample.Load(ctx, conn, sample.Options{Tenants: d.tenants, Month: tick.Add(-24 * time.Hour), Seed: 1})
	err = errors.Join(err, conn.Close(ctx))
	if err != nil {
		return nil, fmt.Errorf("fill the demo's database: %w", err)
	}
	d.say(fmt.Sprintf("%s records of %s customers with %s sites in PostgreSQL", humanCount(stats.Rows()), humanCount(stats.Tenants), humanCount(stats.Sites)))
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("connect to the demo's database: %w", err)
	}
	query.Configure(config)
	config.MaxConns = 16
	return pgxpool.NewWithConfig(ctx, config)
}

// lastTick is when the sample's reports were due last: 05:00 on the first of the month
// in Tokyo.
func lastTick(now time.Time) time.Time {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		tokyo = time.FixedZone("Asia/Tokyo", 9*60*60) // time/tzdata is linked in
	}
	now = now.In(tokyo)
	tick := time.Date(now.Year(), now.Month(), 1, 5, 0, 0, 0, tokyo)
	if tick.After(now) {
		tick = tick.AddDate(0, -1, 0)
	}
	return tick
}

// work runs the roles until the runs of all reports are closed, then reads every
// workbook back.
func (d *demo) work(ctx context.Context, p parts, tick time.Time) (*demoResult, error) {
	all, err := d.app.newRoles(ctx, p, producer.Settings{}, renderer.Settings{Slots: 8}, uploader.Settings{Slots: 8})
	if err != nil {
		return nil, err
	}
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- all.Run(working) }()
	runs, err := d.applyReports(ctx, p, tick)
	if err == nil {
		err = d.await(ctx, p, runs)
	}
	stop()
	if err = errors.Join(err, <-ended); err != nil {
		return nil, err
	}
	return d.check(ctx, p, runs)
}

// say tells what is being done, on standard error.
func (d *demo) say(text string) {
	_, _ = fmt.Fprintf(d.app.stderr, "%6.1fs  %s\n", time.Since(d.began).Seconds(), text)
}
