package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// demoCommand shows the whole pipeline on a sample, with nothing installed but
// PostgreSQL's binaries.
type demoCommand struct {
	Dir     string `name:"dir" placeholder:"DIR" help:"Where the workbooks go; a new directory by default. It must be new, empty, or as an earlier demo left it, which is then replaced."`
	Tenants int    `name:"tenants" placeholder:"N" default:"60" help:"Customers of the sample company."`
	JSON    bool   `name:"json" help:"Print one JSON object at the end."`
}

// Help is the command's longer description.
func (c *demoCommand) Help() string {
	return "Starts PostgreSQL, NATS and S3 for itself, fills a database with two months of a food-hygiene company's records, and moves its customers from the system that made their workbooks before. In the first month three groups of customers are jetsheet's, one is made by both systems and compared, one is the previous system's. Then a group is promoted, and last month is made, and forms that the customers drew themselves are filled. Exit code 0 only if every planned workbook is published and reads back, or equals the previous system's, and each came from exactly one system."
}

// demoTenants is the most customers that --tenants takes: their workbooks lie in one
// object store in this process's care.
const demoTenants = 10_000

// Run runs the demo.
func (c *demoCommand) Run(ctx context.Context, app *app) error {
	if c.Tenants < 1 || c.Tenants > demoTenants {
		return usageError("--tenants is %d: give a number from 1 to %d", c.Tenants, demoTenants)
	}
	began := time.Now()
	dir, made, err := demoDir(c.Dir, began)
	if err != nil {
		return err
	}
	d := &demo{app: app.withDemoLog(), dir: dir, tenants: c.Tenants, began: began, months: demoMonths(began)}
	result, err := d.run(ctx)
	if err != nil {
		return errors.Join(err, d.leave(made))
	}
	result.Seconds = time.Since(began).Seconds()
	err = markDemoDir(dir)
	if c.JSON {
		err = errors.Join(err, app.printJSON(result))
	} else {
		err = errors.Join(err, d.print(result))
	}
	if err == nil && (result.incomplete() || !result.divided()) {
		err = exitWith(exitDifferences)
	}
	return err
}

// demo is a running demonstration.
type demo struct {
	app     *app
	dir     string
	tenants int
	began   time.Time
	first   time.Time // when the first workbook was published

	pool    *pgxpool.Pool
	reports []*report.Definition // of both systems
	forms   demoForms
	groups  map[string][]string // customers
	months  [2]*demoMonth
}

// leave says where the workbooks are that were made before the demo ended badly. A
// directory that was made for nothing goes.
func (d *demo) leave(made bool) error {
	if made && os.Remove(d.dir) == nil { // only an empty one can be removed
		return nil
	}
	d.say("stopped before the end; what was made so far lies in " + filepath.Join(d.dir, localBucket))
	return markDemoDir(d.dir)
}

// run starts everything, makes the workbooks and checks them. Nothing runs any more
// when it returns.
func (d *demo) run(ctx context.Context) (_ *demoResult, err error) {
	d.say("starting PostgreSQL, NATS and S3")
	existing := os.Getenv(local.DatabaseVariable)
	postgres, err := local.StartPostgres(ctx, local.PostgresOptions{ExistingURL: existing})
	if err != nil {
		return nil, unreachableError("%w", err)
	}
	defer func() { err = errors.Join(err, postgres.Close()) }() //nolint:contextcheck // closing goes on after ctx
	services, err := startLocal(ctx, localOptions{dir: d.dir, log: d.app.log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, services.close()) }() //nolint:contextcheck // closing goes on after ctx
	database, err := postgres.Database(ctx, "", local.Template{})
	if err != nil {
		return nil, err
	}
	if existing != "" { // that server stays, and shall not keep a database of ours
		defer func() { err = errors.Join(err, dropDatabase(ctx, postgres, database)) }()
	}
	if err := d.fill(ctx, database); err != nil {
		return nil, fmt.Errorf("fill the demo's database: %w", err)
	}
	if d.pool, err = demoPool(ctx, database); err != nil {
		return nil, fmt.Errorf("connect to the demo's database: %w", err)
	}
	defer d.pool.Close()
	if d.groups, err = demoGroups(ctx, d.pool); err != nil {
		return nil, err
	}
	p := services.parts(d.pool)
	if _, err := setUp(ctx, p, setupPlan{options: jetsheet.TopologyOptions{WorkbooksBytes: 1 << 30}, route: jetsheet.RouteLegacy}); err != nil {
		return nil, err
	}
	return d.work(ctx, p)
}

// fill loads the sample into the database.
func (d *demo) fill(ctx context.Context, database string) error {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return err
	}
	stats, err := sample.Load(ctx, conn, sample.Options{
		Tenants: d.tenants, Month: d.months[1].tick.Add(-24 * time.Hour), Months: len(d.months), Seed: demoSeed,
	})
	if err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	d.say(fmt.Sprintf("%s of %s with %s in PostgreSQL",
		counted(stats.Rows(), "record"), counted(stats.Tenants, "customer"), counted(stats.Sites, "site")))
	return nil
}

// demoSeed chooses the sample's records: every demo of a month shows the same.
const demoSeed = 1

func demoPool(ctx context.Context, database string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		return nil, err
	}
	query.Configure(config)
	config.MaxConns = 16
	return pgxpool.NewWithConfig(ctx, config)
}

func dropDatabase(ctx context.Context, postgres *local.Postgres, database string) error {
	u, err := url.Parse(database)
	if err != nil {
		return fmt.Errorf("name of the demo's database: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second) // also after Ctrl-C
	defer cancel()
	return postgres.Drop(ctx, path.Base(u.Path))
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
