package producer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

func TestMain(m *testing.M) { localtest.Main(m) }

// rig is an installation of the test's own: PostgreSQL with a table of sites, NATS
// with the topology, records of runs in memory, and a clock.
type rig struct {
	t     testing.TB
	conn  *nats.Conn
	js    jetstream.JetStream
	url   string
	admin *pgxpool.Pool
	cfg   Config
	log   *logBuffer
	clock *clock
}

// noon is the time by the rig's clock when a test begins: half a day after a tick of
// the daily definition.
var noon = time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)

// midnight is the tick before noon.
var midnight = time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)

func setup(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, log: &logBuffer{}, clock: &clock{now: noon}}
	r.conn, r.js = localtest.NATS(t)
	r.provision()
	r.url = localtest.Database(t)
	r.admin = r.pool(func(*pgxpool.Config) {})
	r.exec(`create table sites (tenant text, target text, weight bigint, note text, position serial)`)
	r.cfg = Config{
		Settings:  Settings{Interval: 500 * time.Millisecond, ClaimTTL: 500 * time.Millisecond, TempDir: t.TempDir()},
		JetStream: r.js, Database: query.New(r.pool(query.Configure)), Freezer: r.freezer(r.js, memoryRecords{&sync.Map{}}),
		Router: router, Parse: report.Parse, Now: r.clock.read, Worker: "producer-1", Version: "test",
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	r.flags(jetsheet.RouteNew)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(r.log.String())
		}
	})
	return r
}

func (r *rig) provision() {
	r.t.Helper()
	// The workers that tests play settle all they take, however long that takes.
	topology := jetsheet.NewTopology(jetsheet.TopologyOptions{AckWait: time.Minute})
	if _, err := deploy.Provision(r.t.Context(), r.js, topology, false); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) pool(change func(*pgxpool.Config)) *pgxpool.Pool {
	r.t.Helper()
	config, err := pgxpool.ParseConfig(r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	change(config)
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(r.t.Context()), config)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(pool.Close)
	return pool
}

func (r *rig) exec(statement string, args ...any) {
	r.t.Helper()
	if _, err := r.admin.Exec(r.t.Context(), statement, args...); err != nil {
		r.t.Fatalf("%s: %v", statement, err)
	}
}

// sites adds n sites to each tenant, of the given weight.
func (r *rig) sites(n int, weight int64, tenants ...string) {
	r.t.Helper()
	for _, tenant := range tenants {
		r.exec(`insert into sites (tenant, target, weight) select $1, 's' || i, $3 from generate_series(1, $2) i`, tenant, n, weight)
	}
}

// daily is a report with one workbook for each site.
const daily = `report: daily
schedule: {cron: "0 0 * * *", timeZone: UTC, catchUp: all}
period: day
targets: select tenant, target, weight, note as name_note from sites order by position
queries: {records: "select 1 as n where @tenant <> '' and @row_name_note is null"}
workbook: {sheets: [{name: Sheet, rows: records}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
lanes: {large: 1000}
`

// apply puts a report into the bucket, as `jetsheet reports apply` does.
func (r *rig) apply(name, definition string, from time.Time, change ...func(*jetsheet.Applied)) {
	r.t.Helper()
	a := jetsheet.Applied{Envelope: jetsheet.CurrentEnvelope(), Definition: definition, AppliedAt: noon, ScheduledFrom: from}
	for _, c := range change {
		c(&a)
	}
	if _, err := r.kv(jetsheet.BucketReports).Put(r.t.Context(), name, mustJSON(r.t, a)); err != nil {
		r.t.Fatal(err)
	}
}

// applyDaily applies the daily report so that its one tick due is midnight.
func (r *rig) applyDaily() jetsheet.RunID {
	r.t.Helper()
	r.apply("daily", daily, midnight.Add(-time.Hour))
	return jetsheet.RunID{Tick: midnight, Report: "daily"}
}

func (r *rig) kv(bucket string) jetstream.KeyValue {
	r.t.Helper()
	kv, err := r.js.KeyValue(r.t.Context(), bucket)
	if err != nil {
		r.t.Fatal(err)
	}
	return kv
}

// flags makes a document with one route for everybody the newest one.
func (r *rig) flags(route jetsheet.Route) {
	r.t.Helper()
	if _, err := r.kv(jetsheet.BucketFlags).Put(r.t.Context(), jetsheet.FlagsKey, flags.InitialDocument(route)); err != nil {
		r.t.Fatal(err)
	}
}

// routes gives single tenants another route than the document.
func (r *rig) routes(by map[string]jetsheet.Route) {
	r.cfg.Router = func(document json.RawMessage) (Routes, error) {
		rest, err := router(document)
		return &overridden{Routes: rest, by: by}, err
	}
}

// overridden gives single tenants another route.
type overridden struct {
	Routes
	by map[string]jetsheet.Route
}

func (o *overridden) Route(tenant string) jetsheet.Route {
	if route, ok := o.by[tenant]; ok {
		return route
	}
	return o.Routes.Route(tenant)
}

func router(document json.RawMessage) (Routes, error) {
	routes, err := flags.Compile(document)
	if err != nil {
		return nil, err
	}
	return routes, nil
}

// start lets a producer work until stop is called or the test ends.
func (r *rig) start() (stop func()) { return r.startWith(r.cfg) }

func (r *rig) startWith(cfg Config) (stop func()) {
	r.t.Helper()
	p, err := New(r.t.Context(), cfg)
	if err != nil {
		r.t.Fatalf("New: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	})
	r.t.Cleanup(stop)
	return stop
}

// run returns the record of a run, nil where there is none.
func (r *rig) run(id jetsheet.RunID) *jetsheet.Run {
	r.t.Helper()
	entry, err := r.kv(jetsheet.BucketRuns).Get(r.t.Context(), jetsheet.RunKey(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		r.t.Fatal(err)
	}
	var run jetsheet.Run
	if err := jetsheet.Decode(entry.Value(), &run); err != nil {
		r.t.Fatal(err)
	}
	return &run
}

// until waits for a run to reach a state and returns it.
func (r *rig) until(id jetsheet.RunID, state jetsheet.RunState) *jetsheet.Run {
	r.t.Helper()
	var run *jetsheet.Run
	r.eventually(fmt.Sprintf("run %s is %s", id, state), func() bool {
		run = r.run(id)
		return run != nil && !run.State.Before(state)
	})
	return run
}

// eventually waits for a condition. The limit is for machines that do ten other things.
func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	limit := time.NewTimer(3 * time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			r.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// clock is the database's clock in tests.
type clock struct {
	mu  sync.Mutex
	now time.Time
	err error
}

func (c *clock) read(context.Context) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now, c.err
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	c.now = now
	c.mu.Unlock()
}

// logBuffer collects log lines.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.buf.String()
	return s[max(0, len(s)-20000):]
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
