package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/legacy"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// legacyMain is the previous system's program.
func legacyMain() { os.Exit(legacy.Main(context.Background(), os.Args[1:])) }

// bothSystems are jetsheet and the previous system, on the sample's records of two months.
type bothSystems struct {
	*installation
	pool    *pgxpool.Pool
	reports []*report.Definition
	tenants []string
	random  *rand.Rand
}

func installBoth(t *testing.T) *bothSystems {
	t.Helper()
	b := &bothSystems{installation: install(t, "select 1")}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	b.random = rand.New(rand.NewPCG(seed, 0))
	last := lastTick(time.Now())
	var err error
	b.database = sampleDatabase(t, last, sample.Options{Tenants: 14, Months: 2})
	access, secret := b.s3.Credentials()
	b.env = append(
		b.env, "JETSHEET_DATABASE_URL="+b.database, "DATABASE_URL="+b.database, "NATS_URL="+b.conn.ConnectedUrl(), "EXPORT_BUCKET="+b.bucket, "EXPORT_WORKERS=3",
		"EXPORT_PATH_STYLE=true", "AWS_ENDPOINT_URL_S3="+b.s3.Endpoint(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID="+access, "AWS_SECRET_ACCESS_KEY="+secret,
	)
	if b.pool, err = demoPool(t.Context(), b.database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.pool.Close)
	groups, err := demoGroups(t.Context(), b.pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, tenants := range groups {
		b.tenants = append(b.tenants, tenants...)
	}
	slices.Sort(b.tenants)
	if b.reports, err = sampleReports(); err != nil {
		t.Fatal(err)
	}
	return b
}

// flip stores a document that routes each tenant at random, as anybody may who has the
// nats CLI.
func (b *bothSystems) flip(ctx context.Context) {
	b.t.Helper()
	all := []jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteNew, jetsheet.RouteHold}
	groups, routes := map[string][]string{}, map[string]jetsheet.Route{}
	for i, route := range all {
		routes[fmt.Sprint("group ", i)] = route
	}
	tenants := slices.Clone(b.tenants)
	b.random.Shuffle(len(tenants), func(i, j int) { tenants[i], tenants[j] = tenants[j], tenants[i] })
	for i, tenant := range tenants { // each route has some
		name := fmt.Sprint("group ", i%len(all))
		groups[name] = append(groups[name], tenant)
	}
	document, err := demoFlags(groups, routes)
	if err != nil {
		b.t.Errorf("make a flag document: %v", err)
		return
	}
	kv, err := b.js.KeyValue(ctx, jetsheet.BucketFlags)
	if err == nil {
		_, err = kv.Put(ctx, jetsheet.FlagsKey, document.JSON())
	}
	if err != nil && ctx.Err() == nil {
		b.t.Errorf("store a flag document: %v", err)
	}
}

// flipping flips until the result is called.
func (b *bothSystems) flipping() (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	var working sync.WaitGroup
	working.Go(func() {
		ticker := time.NewTicker(50 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				b.flip(ctx)
			}
		}
	})
	return func() {
		cancel()
		working.Wait()
	}
}

// previous starts the previous system for a month.
func (b *bothSystems) previous(month string) *role {
	b.t.Helper()
	r := &role{i: b.installation, name: "legacy", log: &lockedBuffer{}}
	r.command = exec.Command("legacy", month)
	r.command.Env, r.command.Stdout, r.command.Stderr = b.env, r.log, r.log
	if err := r.command.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		r.kill()
		if b.t.Failed() {
			b.t.Logf("log of the previous system:\n%s", r.log.String())
		}
	})
	return r
}

// exported counts how often the previous system says that it put each key.
func exported(t *testing.T, log string) map[string]int {
	t.Helper()
	keys := map[string]int{}
	for text := range strings.Lines(log) {
		if !strings.HasSuffix(text, "\n") { // it is still being written
			break
		}
		var line struct{ Msg, Key string }
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("log line %q: %v", text, err)
		}
		if line.Msg == "exported" {
			keys[line.Key]++
		}
	}
	return keys
}

// TestBothSystems runs both systems as processes, each tenant routed at random and the
// flags changing all the while: each workbook comes from exactly the one system that the
// run's frozen document names.
func TestBothSystems(t *testing.T) {
	t.Parallel()
	b := installBoth(t)
	b.flip(t.Context())
	last := lastTick(time.Now())
	before := last.AddDate(0, -1, 0)

	// The previous system comes first, finds nobody to ask, and exports nobody.
	exporting := b.previous(before.AddDate(0, -1, 0).Format("2006-01"))
	b.await("the previous system waits", time.Minute, func() bool { return strings.Contains(exporting.log.String(), "no routes, exporting nobody") })
	if keys := b.objects(); len(keys) > 0 {
		t.Errorf("without routes somebody made %v", keys)
	}
	for _, d := range b.reports { // their calendars begin now: this month's runs come by the question for routes
		b.apply(d.Source, time.Now().Add(time.Minute))
	}
	for _, name := range []string{"producer", "renderer", "uploader", "ops"} {
		b.start(name, roleFlags[name]...)
	}
	stop := b.flipping()
	b.finish(exporting, before)
	stop()
	for key, n := range exported(t, exporting.log.String()) {
		if n != 1 {
			t.Errorf("the previous system exported %s %d times, want once", key, n)
		}
	}
	b.checkShares(before)

	// Now both begin at the same time, and the previous system is killed in the middle.
	stop = b.flipping()
	label := last.AddDate(0, -1, 0).Format("2006-01")
	exporting = b.previous(label)
	for _, d := range b.reports {
		b.apply(d.Source, last)
	}
	b.await("the previous system has exported something", time.Minute, func() bool { return len(exported(t, exporting.log.String())) > 0 })
	exporting.kill()
	b.finish(b.previous(label), last)
	stop()
	b.checkShares(last)
	b.checkPlanted(last)
}

// finish waits until both systems have made a month.
func (b *bothSystems) finish(exporting *role, tick time.Time) {
	b.t.Helper()
	if err := exporting.command.Wait(); err != nil {
		b.t.Fatalf("the previous system: %v", err)
	}
	for _, d := range b.reports {
		b.closed(jetsheet.RunID{Tick: tick.UTC(), Report: d.Name}, time.Minute)
	}
}

// count counts who made what in a month, by the routes that the runs are frozen with.
func (b *bothSystems) count(tick time.Time) []*demoShare {
	b.t.Helper()
	p := parts{js: b.js, database: query.New(b.pool), s3: b.s3.Client(), bucket: b.bucket}
	there, err := bucketKeys(b.t.Context(), p)
	if err != nil {
		b.t.Fatal(err)
	}
	var all []*demoShare
	for _, d := range b.reports {
		id := jetsheet.RunID{Tick: tick.UTC(), Report: d.Name}
		routes, err := flags.Compile(b.record(id).Frozen.Flags)
		if err != nil {
			b.t.Fatal(err)
		}
		shares := map[jetsheet.Route]*demoShare{}
		shareOf := func(tenant string) *demoShare {
			route := routes.Route(tenant)
			if shares[route] == nil {
				shares[route] = &demoShare{Period: d.Name, Route: route}
				all = append(all, shares[route])
			}
			return shares[route]
		}
		if err := countTargets(b.t.Context(), p, d, tick, there, shareOf); err != nil {
			b.t.Fatal(err)
		}
		if err := countCompared(b.t.Context(), b.js, id, shareOf); err != nil {
			b.t.Fatal(err)
		}
	}
	return all
}

func (b *bothSystems) checkShares(tick time.Time) {
	b.t.Helper()
	workbooks := 0
	for _, share := range b.count(tick) {
		workbooks += share.Workbooks
		if !share.sound() {
			b.t.Errorf("%s: %+v, want each workbook from exactly the system of its route", tick.Format(time.DateOnly), *share)
		}
	}
	kv, err := b.js.KeyValue(b.t.Context(), jetsheet.BucketFlags)
	if err != nil {
		b.t.Fatal(err)
	}
	newest, err := kv.Get(b.t.Context(), jetsheet.FlagsKey)
	if err != nil {
		b.t.Fatal(err)
	}
	most := uint64(0) // flips while one of the runs was being made
	for _, d := range b.reports {
		most = max(most, newest.Revision()-b.record(jetsheet.RunID{Tick: tick.UTC(), Report: d.Name}).Frozen.FlagsRevision)
	}
	if most < 3 {
		b.t.Errorf("the flags changed %d times in mid-run, want at least 3, or this test shows little", most)
	}
	if workbooks < 50 {
		b.t.Errorf("the sample has %d workbooks, want at least 50", workbooks)
	}
}

// checkPlanted shows that the count sees a workbook that came twice, and one that is gone.
func (b *bothSystems) checkPlanted(tick time.Time) {
	b.t.Helper()
	client := b.s3.Client()
	var ours string
	for key := range b.objects() {
		if !strings.HasPrefix(key, "exports/") && strings.Contains(key, "/"+tick.AddDate(0, -1, 0).Format("2006-01")+"/") {
			ours = key
		}
	}
	theirs, _ := previousBook(b.t, ours, nil)
	if _, err := client.PutObject(b.t.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: &theirs, Body: strings.NewReader("x")}); err != nil {
		b.t.Fatal(err)
	}
	b.checkUnsound(tick, "a workbook of both", demoShare{Twice: 1})
	for _, key := range []string{ours, theirs} {
		if _, err := client.DeleteObject(b.t.Context(), &s3.DeleteObjectInput{Bucket: &b.bucket, Key: &key}); err != nil {
			b.t.Fatal(err)
		}
	}
	b.checkUnsound(tick, "a workbook of nobody", demoShare{Missing: 1})
}

func (b *bothSystems) checkUnsound(tick time.Time, what string, want demoShare) {
	b.t.Helper()
	var got demoShare
	unsound := 0
	for _, share := range b.count(tick) {
		if share.Route != jetsheet.RouteHold {
			got.Twice, got.Missing = got.Twice+share.Twice, got.Missing+share.Missing
		}
		if !share.sound() {
			unsound++
		}
	}
	if got != want || unsound != 1 {
		b.t.Errorf("%s: %d shares are not sound, %+v; want one, %+v", what, unsound, got, want)
	}
}
