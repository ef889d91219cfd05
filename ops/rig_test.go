package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/uploader"
)

// rig is an installation of the test's own in which the test plays the stages.
type rig struct {
	t      *testing.T
	conn   *nats.Conn
	js     jetstream.JetStream
	reader *Reader
	runs   jetstream.KeyValue
	plans  jetstream.ObjectStore
}

func setup(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t}
	r.conn, r.js = localtest.NATS(t)
	if _, err := deploy.Provision(t.Context(), r.js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.reader, err = NewReader(t.Context(), r.js); err != nil {
		t.Fatal(err)
	}
	r.runs = r.reader.runs
	r.plans, err = r.js.ObjectStore(t.Context(), jetsheet.StorePlans)
	r.check(err)
	return r
}

func (r *rig) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) json(v any) []byte {
	r.t.Helper()
	body, err := json.Marshal(v)
	r.check(err)
	return body
}

// tick is the tick of every run that a test does not give another one.
var tick = time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC)

func runOf(report string, rerun int64) jetsheet.RunID {
	return jetsheet.RunID{Tick: tick, Report: report, Rerun: rerun}
}

// target is a target of the route new in the small lane.
func target(tenant, id string) jetsheet.Target {
	return jetsheet.Target{
		Tenant: tenant, Target: id, Route: jetsheet.RouteNew, Lane: jetsheet.LaneSmall, Weight: 1,
		Period: jetsheet.Period{From: tick.AddDate(0, -1, 0), Until: tick, Label: "2026-10"},
		Key:    jetsheet.Token(tenant) + "/2026-10/" + jetsheet.Token(id) + ".xlsx", Filename: "記録_" + id + ".xlsx",
	}
}

// storePlan writes a plan of these targets.
func (r *rig) storePlan(id jetsheet.RunID, targets ...jetsheet.Target) *jetsheet.PlanSummary {
	r.t.Helper()
	var lines bytes.Buffer
	w := jetsheet.NewPlanWriter(&lines)
	for i := range targets {
		r.check(w.Write(&targets[i]))
	}
	summary, err := w.Close()
	r.check(err)
	summary.Object = jetsheet.PlanObject(id, "test")
	_, err = r.plans.PutBytes(r.t.Context(), summary.Object, lines.Bytes())
	r.check(err)
	return &summary
}

// store writes a run that is open, with a plan of these targets.
func (r *rig) store(id jetsheet.RunID, scope jetsheet.Scope, targets ...jetsheet.Target) *jetsheet.Run {
	r.t.Helper()
	run := &jetsheet.Run{
		Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunOpen, Plan: r.storePlan(id, targets...),
		Frozen: jetsheet.Frozen{Envelope: jetsheet.CurrentEnvelope(), Run: id, Scope: scope, FrozenAt: id.Tick, FrozenBy: "test"},
	}
	r.put(run)
	return run
}

func (r *rig) put(run *jetsheet.Run) {
	r.t.Helper()
	_, err := r.runs.Put(r.t.Context(), jetsheet.RunKey(run.ID()), r.json(run))
	r.check(err)
}

func conversion(id jetsheet.RunID, t *jetsheet.Target) jetsheet.Conversion {
	return jetsheet.Conversion{Run: id, Tenant: t.Tenant, Target: t.Target}
}

func (r *rig) publish(m *nats.Msg) {
	r.t.Helper()
	_, err := r.js.PublishMsg(r.t.Context(), m)
	r.check(err)
}

func (r *rig) done(id jetsheet.RunID, t *jetsheet.Target, state jetsheet.DoneState) {
	r.t.Helper()
	d := jetsheet.Done{
		Envelope: jetsheet.CurrentEnvelope(), Run: id, Tenant: t.Tenant, Target: t.Target, Report: id.Report, State: state,
		Bucket: "exports", Key: t.Key, Rows: 7, SizeBytes: 700, SHA256: "abc", At: tick,
	}
	r.publish(&nats.Msg{Subject: jetsheet.DoneSubject(conversion(id, t)), Data: r.json(&d)})
}

func (r *rig) request(id jetsheet.RunID, t *jetsheet.Target) []byte {
	return r.json(&jetsheet.Request{Envelope: jetsheet.CurrentEnvelope(), Run: id, Target: *t})
}

func (r *rig) fail(id jetsheet.RunID, t *jetsheet.Target, cause jetsheet.Cause, retryAt time.Time) {
	r.t.Helper()
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: cause, Message: fmt.Sprintf("target %q: %s", t.Target, cause), Attempts: 1,
		RetryAt: retryAt, Worker: "w", Version: "v", At: tick, Request: r.request(id, t),
	}
	r.publish(f.Msg(jetsheet.FailedSubject(conversion(id, t))))
}

func (r *rig) queue(id jetsheet.RunID, t *jetsheet.Target) {
	r.t.Helper()
	r.publish(&nats.Msg{Subject: jetsheet.RequestSubject(t.Lane, conversion(id, t)), Data: r.request(id, t)})
}

func (r *rig) rendered(id jetsheet.RunID, t *jetsheet.Target) {
	r.t.Helper()
	e := jetsheet.Rendered{Envelope: jetsheet.CurrentEnvelope(), Request: r.request(id, t), Object: "o"}
	r.publish(&nats.Msg{Subject: jetsheet.RenderedSubject(t.Route, conversion(id, t)), Data: r.json(&e)})
}

// takeUp lets a worker have the next message of a consumer.
func (r *rig) takeUp(stream, consumer string) jetstream.Msg {
	r.t.Helper()
	c, err := r.js.Consumer(r.t.Context(), stream, consumer)
	r.check(err)
	m, err := c.Next(jetstream.FetchMaxWait(5 * time.Second))
	r.check(err)
	return m
}

func (r *rig) progress(stage jetsheet.Stage, c jetsheet.Conversion, p jetsheet.Progress) {
	r.t.Helper()
	p.Envelope, p.UpdatedAt = jetsheet.CurrentEnvelope(), tick
	_, err := r.reader.progress.Put(r.t.Context(), jetsheet.ProgressKey(stage, c), r.json(&p))
	r.check(err)
}

// list returns what a filter picks.
func (r *rig) list(f WorkbookFilter) ([]*Workbook, *Listing) {
	r.t.Helper()
	var found []*Workbook
	listing, err := r.reader.Workbooks(r.t.Context(), f, func(w *Workbook) error {
		found = append(found, w)
		return nil
	})
	r.check(err)
	return found, listing
}

// s3Freezer freezes with flags and S3, as the program does.
type s3Freezer struct{ stores flags.Stores }

func (f *s3Freezer) Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error) {
	return flags.Freeze(ctx, f.stores, flags.Request{Run: run, Definition: definition, Scope: scope, By: "test", Now: time.Now()})
}

// serve starts a service and returns a client.
func (r *rig) serve(now time.Time) *Client {
	r.t.Helper()
	client, bucket := localtest.S3(r.t)
	kv, err := r.js.KeyValue(r.t.Context(), jetsheet.BucketFlags)
	r.check(err)
	ledger, err := flags.OpenLedger(r.t.Context(), r.js)
	r.check(err)
	_, err = flags.Init(r.t.Context(), ledger, flags.InitialDocument(jetsheet.RouteNew))
	r.check(err)
	freezer := &s3Freezer{flags.Stores{Runs: r.runs, Flags: kv, Records: uploader.Records{Client: client, Bucket: bucket}}}
	for range 2 {
		r.serveWith(Config{Freezer: freezer, Now: func() time.Time { return now }})
	}
	return &Client{Conn: r.conn}
}

// serveWith starts one service; it ends with the test, or when the result is called.
func (r *rig) serveWith(cfg Config) (stop func()) {
	r.t.Helper()
	cfg.JetStream, cfg.Parse = r.js, parse
	cfg.Worker, cfg.Version, cfg.Logger = "ops@test", "v1.2.3-test", slog.New(slog.DiscardHandler)
	cfg.Compile = func(document []byte) (Routes, error) { return flags.Compile(document) }
	service, err := New(r.t.Context(), cfg)
	r.check(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	})
	r.t.Cleanup(stop)
	// It answers once its subscriptions have reached the server.
	r.eventually("the service answers", func() bool {
		_, err := r.conn.Request(jetsheet.SubjectOps+"."+EndpointList, []byte(`{"limit":1}`), answerLimit)
		return err == nil
	})
	return stop
}

func parse(file string, data []byte) (*report.Definition, error) {
	return report.Options{CheckFormat: func(string) error { return nil }}.Parse(file, data)
}

// apply stores a definition.
func (r *rig) apply(name, schedule string) { r.applyFrom(name, schedule, time.Time{}) }

// applyFrom is apply with the instant at which the schedule begins.
func (r *rig) applyFrom(name, schedule string, from time.Time) {
	r.t.Helper()
	definition := fmt.Sprintf(`report: %s
%speriod: month
timeZone: Asia/Tokyo
targets: select 'a' as tenant, 'b' as target
queries:
  rows: select @tenant as t
workbook: {sheets: [{name: s, rows: rows}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`, name, schedule)
	kv, err := r.js.KeyValue(r.t.Context(), jetsheet.BucketReports)
	r.check(err)
	_, err = kv.Put(r.t.Context(), name, r.json(&jetsheet.Applied{Envelope: jetsheet.CurrentEnvelope(), Definition: definition, ScheduledFrom: from}))
	r.check(err)
}
