package nats_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/ops"
	"github.com/jetsheet/jetsheet/ops/notify"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/uploader"
)

// installation is a whole jetsheet in which every role and every person connects with
// a user of its own.
type installation struct {
	t        *testing.T
	links    map[string]*link
	database *query.DB
	s3       *s3.Client
	bucket   string
	log      *slog.Logger
	told     *told
}

// install starts what the roles work on and sets it up as user setup.
func install(t *testing.T, schema string) *installation {
	t.Helper()
	i := &installation{t: t, links: map[string]*link{}, told: &told{}, log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	running := startServer(t)
	for _, user := range users() {
		i.links[user] = connect(t, running, user)
	}
	config, err := pgxpool.ParseConfig(localtest.Database(t, local.SQLTemplate(schema)))
	if err != nil {
		t.Fatal(err)
	}
	query.Configure(config)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	i.database = query.New(pool)
	i.s3, i.bucket = localtest.S3(t)
	for range 2 { // the second finds everything there
		i.setUp()
	}
	return i
}

// setUp does what `jetsheet setup` does on NATS.
func (i *installation) setUp() {
	i.t.Helper()
	js := i.links["setup"].js
	topology := jetsheet.NewTopology(jetsheet.TopologyOptions{AckWait: 2 * time.Second})
	if _, err := deploy.Provision(i.t.Context(), js, topology, false); err != nil {
		i.t.Fatalf("set up: %v; NATS said %q", err, i.links["setup"].all())
	}
	ledger, err := flags.OpenLedger(i.t.Context(), js)
	if err != nil {
		i.t.Fatalf("set up flags: %v; NATS said %q", err, i.links["setup"].all())
	}
	if _, err := flags.Init(i.t.Context(), ledger, flags.InitialDocument(jetsheet.RouteNew)); err != nil {
		i.t.Fatalf("set up flags: %v; NATS said %q", err, i.links["setup"].all())
	}
}

// bucketOf opens a KV bucket as a user.
func (i *installation) bucketOf(user, bucket string) jetstream.KeyValue {
	i.t.Helper()
	kv, err := i.links[user].js.KeyValue(i.t.Context(), bucket)
	if err != nil {
		i.t.Fatalf("user %s: open bucket %s: %v; NATS said %q", user, bucket, err, i.links[user].all())
	}
	return kv
}

// streamOf opens a stream as a user.
func (i *installation) streamOf(user, stream string) jetstream.Stream {
	i.t.Helper()
	s, err := i.links[user].js.Stream(i.t.Context(), stream)
	if err != nil {
		i.t.Fatalf("user %s: open stream %s: %v; NATS said %q", user, stream, err, i.links[user].all())
	}
	return s
}

// apply stores a report as user operator; its newest tick is due at once.
func (i *installation) apply(definition string) *report.Definition {
	i.t.Helper()
	d, err := parseReport("report.yaml", []byte(definition))
	if err != nil {
		i.t.Fatal(err)
	}
	now := time.Now().UTC()
	value, err := json.Marshal(jetsheet.Applied{
		Envelope: jetsheet.CurrentEnvelope(), Definition: d.Source, SHA256: d.Digest,
		AppliedAt: now, AppliedBy: "test", ScheduledFrom: now.AddDate(0, -2, 0),
	})
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := i.bucketOf("operator", jetsheet.BucketReports).Create(i.t.Context(), jetsheet.ReportKey(d.Name), value); err != nil {
		i.t.Fatalf("apply: %v; NATS said %q", err, i.links["operator"].all())
	}
	return d
}

func parseReport(file string, data []byte) (*report.Definition, error) {
	return report.Options{}.Parse(file, data)
}

// stage is what a role runs.
type stage interface {
	Run(ctx context.Context) error
}

// startRoles starts every role with the connection of its user. The result stops them
// and waits for their end.
func (i *installation) startRoles() (stop func()) {
	i.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(i.t.Context()))
	var running sync.WaitGroup
	for user, build := range map[string]func() (stage, error){
		"producer": i.producer, "renderer": i.renderer, "uploader": i.uploader, "ops": i.ops, "ops's notices": i.notices,
	} {
		role, err := build()
		if err != nil {
			cancel()
			i.t.Fatalf("%s: %v", user, err)
		}
		running.Go(func() {
			if err := role.Run(ctx); err != nil {
				i.t.Errorf("%s ended: %v", user, err)
			}
		})
	}
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	i.t.Cleanup(stop)
	return stop
}

func (i *installation) producer() (stage, error) {
	return producer.New(i.t.Context(), producer.Config{
		JetStream: i.links["producer"].js, Database: i.database, Freezer: i.freezer("producer"), Router: router,
		Parse: parseReport, Worker: "producer-1", Version: "test", Logger: i.log,
	})
}

func (i *installation) renderer() (stage, error) {
	return renderer.New(i.t.Context(), renderer.Config{
		Settings:  renderer.Settings{Slots: 4, Grace: 5 * time.Second},
		JetStream: i.links["renderer"].js, Database: i.database, Parse: parseReport,
		Worker: "renderer-1", Version: "test", Logger: i.log,
	})
}

func (i *installation) uploader() (stage, error) {
	return uploader.New(i.t.Context(), uploader.Config{
		JetStream: i.links["uploader"].js, S3: i.s3, Bucket: i.bucket,
		Worker: "uploader-1", Version: "test", Logger: i.log,
	})
}

func (i *installation) ops() (stage, error) {
	return ops.New(i.t.Context(), ops.Config{
		JetStream: i.links["ops"].js, Freezer: i.freezer("ops"), Parse: parseReport,
		Compile: func(document []byte) (ops.Routes, error) { return flags.Compile(document) },
		Worker:  "ops-1", Version: "test", Logger: i.log,
	})
}

// notices is the part of the role ops that tells people.
func (i *installation) notices() (stage, error) {
	js := i.links["ops"].js
	source, err := notify.NewSource(i.t.Context(), notify.SourceConfig{JetStream: js, Parse: parseReport})
	if err != nil {
		return nil, err
	}
	return notify.New(i.t.Context(), notify.Config{
		JetStream: js, Source: source, Channels: []notify.Channel{i.told}, Worker: "notify-1", Logger: i.log,
	})
}

// told is a channel that counts its messages.
type told struct{ messages atomic.Int64 }

func (c *told) Name() string { return "told" }

func (c *told) Send(context.Context, *notify.Message) (string, error) {
	c.messages.Add(1)
	return "", nil
}

// freezer freezes runs with the rights of a user.
func (i *installation) freezer(user string) *freezer {
	return &freezer{by: user, stores: flags.Stores{
		Runs: i.bucketOf(user, jetsheet.BucketRuns), Flags: i.bucketOf(user, jetsheet.BucketFlags),
		Records: &uploader.Records{Client: i.s3, Bucket: i.bucket},
	}}
}

type freezer struct {
	stores flags.Stores
	by     string
}

// Freeze implements the interface of producer and ops.
func (f *freezer) Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error) {
	return flags.Freeze(ctx, f.stores, flags.Request{Run: run, Definition: definition, Scope: scope, By: f.by, Now: time.Now().UTC()})
}

func router(document json.RawMessage) (producer.Routes, error) {
	routes, err := flags.Compile(document)
	if err != nil {
		return nil, err
	}
	return routes, nil
}

// objects lists the sizes of the workbooks on S3 by key.
func (i *installation) objects() map[string]int64 {
	i.t.Helper()
	out, err := i.s3.ListObjectsV2(i.t.Context(), &s3.ListObjectsV2Input{Bucket: &i.bucket})
	if err != nil {
		i.t.Fatal(err)
	}
	sizes := map[string]int64{}
	for _, o := range out.Contents {
		if !strings.HasPrefix(*o.Key, jetsheet.RecordPrefix) {
			sizes[*o.Key] = *o.Size
		}
	}
	return sizes
}

// nothingRefused fails the test for everything that NATS complained of.
func (i *installation) nothingRefused() {
	i.t.Helper()
	for user, l := range i.links {
		// What NATS said of all that was sent before has then arrived.
		if l.mayPublish("fence.end") {
			i.t.Fatalf("user %s may publish anything", user)
		}
		for _, complaint := range l.all() {
			if !strings.Contains(complaint, `"fence.`) {
				i.t.Errorf("user %s: NATS complains: %s", user, complaint)
			}
		}
	}
}

// nothingUnused fails the test for every right of a role that the pipeline has not
// used and that is not a rare one.
func (i *installation) nothingUnused() {
	i.t.Helper()
	for _, user := range shippedOptions(i.t).Users {
		if user.Username == "operator" {
			continue // what people may do is not all done here
		}
		l := i.links[user.Username]
		if l == nil {
			continue // the server's own account
		}
		for _, pattern := range user.Permissions.Publish.Allow {
			if !l.sent.matched(pattern) && !offTheWay(user.Username, pattern) {
				i.t.Errorf("user %s did not need %q", user.Username, pattern)
			}
		}
	}
}
