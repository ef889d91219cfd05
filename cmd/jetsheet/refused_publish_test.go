package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer"
)

// TestProducerWithoutARightSaysWhichOne: a producer that may not publish requests is paused
// for that, by its state and for who asks, and not for a time-out.
func TestProducerWithoutARightSaysWhichOne(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("an acknowledgement is waited for for half a minute")
	}
	i := install(t, killSchema)
	i.stopNATS()
	i.runNATSServer("deny", "conversions.request.>")
	i.startRoles("producer")
	i.apply(killReport, killTick())
	const want = "stream CONVERSIONS: permission denied: publish to conversions.request."
	w := i.paused(jetsheet.StageProducer, jetsheet.ResourceNATS)
	if !strings.HasPrefix(w.Paused, want) || !strings.HasPrefix(w.LastError, "permission denied by NATS: publish to ") {
		t.Errorf("worker: got %+v, want it paused for %q…", w, want)
	}
}

// TestRendererWithoutARightSaysWhichOne: a real server refuses the rendered event, and the
// worker's state names the right that is missing.
func TestRendererWithoutARightSaysWhichOne(t *testing.T) {
	t.Parallel()
	running := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0", Configure: func(o *server.Options) {
		o.Users = []*server.User{{Username: "setup", Password: "pa55"}, {Username: "limited", Password: "pa55", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Deny: []string{"conversions.rendered.>"}},
		}}}
	}})
	_, js := localtest.Connect(t, running, nats.UserInfo("setup", "pa55"))
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	id := jetsheet.RunID{Tick: time.Date(2026, 10, 31, 15, 0, 0, 0, time.UTC), Report: "r"}
	runs, err := js.KeyValue(t.Context(), jetsheet.BucketRuns)
	if err != nil {
		t.Fatal(err)
	}
	record := encoded(t, jetsheet.Run{Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunOpen, Frozen: jetsheet.Frozen{
		Envelope: jetsheet.CurrentEnvelope(), Run: id, Flags: json.RawMessage("{}"), Definition: `report: r
period: month
targets: select 'a' as tenant, 'x' as target
queries: {records: "select 1 as n where @tenant = 'a'"}
workbook: {sheets: [{name: S, rows: records}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`,
	}})
	if _, err := runs.Put(t.Context(), jetsheet.RunKey(id), record); err != nil {
		t.Fatal(err)
	}
	request := jetsheet.Request{Envelope: jetsheet.CurrentEnvelope(), Run: id, Target: jetsheet.Target{
		Tenant: "a", Target: "x", Route: jetsheet.RouteNew, Lane: jetsheet.LaneSmall, Weight: 1, TimeZone: "UTC", Key: "a/x.xlsx",
		Period: jetsheet.Period{From: id.Tick.AddDate(0, -1, 0), Until: id.Tick, Label: "2026-10"},
	}}
	if _, err := js.Publish(t.Context(), jetsheet.RequestSubject(request.Lane, request.Conversion()), encoded(t, request)); err != nil {
		t.Fatal(err)
	}

	config, err := pgxpool.ParseConfig(localtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	query.Configure(config)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	file := t.TempDir() + "/empty.json"
	writeFile(t, file, "{}")
	app := newTestApp(t.Output())
	link, err := app.openNATS(t.Context(), &natsSettings{URL: running.URL(), Context: file, User: "limited", Password: "pa55"}, "renderer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(link.Close)
	role, err := app.newRenderer(t.Context(), parts{js: link.JetStream, database: query.New(pool), refusal: link.refusals.since},
		renderer.Settings{Slots: 1, Grace: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- role.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})

	progress, err := js.KeyValue(t.Context(), jetsheet.BucketProgress)
	if err != nil {
		t.Fatal(err)
	}
	const want = "stream RENDERED: permission denied: publish to conversions.rendered.publish.… (user limited)"
	limit := time.Now().Add(time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		workers, err := delivery.Workers(t.Context(), progress)
		if err == nil && len(workers) == 1 && workers[0].Paused == want && strings.HasPrefix(workers[0].LastError, "permission denied by NATS: publish to ") {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("workers are %+v (%v), want one paused for %q", workers, err, want)
		}
		<-tick.C
	}
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
