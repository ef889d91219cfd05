package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/ops/verify"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/uploader"
)

// verifyRig is a run that the real roles made, with all that its check reads.
type verifyRig struct {
	t     *testing.T
	parts parts
	admin *pgxpool.Pool // may write
	app   *app
	env   []string // of the command
	id    jetsheet.RunID
	run   *jetsheet.Run
	// objects and outcomes are as the roles left them.
	objects  map[string]storedObject
	outcomes map[string][]byte // by subject
}

// storedObject is an object with all that S3 keeps of it.
type storedObject struct {
	body              []byte
	meta              map[string]string
	kind, disposition string
}

func (o storedObject) clone() storedObject {
	o.body, o.meta = slices.Clone(o.body), maps.Clone(o.meta)
	return o
}

// newVerifyRig makes a database with a loader and starts what the roles work on.
func newVerifyRig(t *testing.T, database string) *verifyRig {
	t.Helper()
	r := &verifyRig{t: t, app: &app{stdout: io.Discard, stderr: io.Discard, log: slog.New(slog.DiscardHandler)}}
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	if r.admin, err = pgxpool.NewWithConfig(t.Context(), config.Copy()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.admin.Close)
	query.Configure(config)
	config.MaxConns = 12
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	broker := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0"})
	_, js := localtest.Connect(t, broker)
	server := localtest.StartS3(t, local.S3Options{})
	r.setEnvironment(database, broker.URL(), server)
	r.parts = parts{js: js, database: query.New(pool), s3: server.Client(), bucket: localtest.Bucket}
	plan := setupPlan{options: jetsheet.TopologyOptions{WorkbooksBytes: 1 << 30}, route: jetsheet.RouteNew}
	if _, err := setUp(t.Context(), r.parts, plan); err != nil {
		t.Fatal(err)
	}
	return r
}

// setEnvironment names the rig's servers for the command, run as a process.
func (r *verifyRig) setEnvironment(database, broker string, server *local.S3) {
	access, secret := server.Credentials()
	env := maps.Clone(localtest.Traps())
	maps.Copy(env, map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": r.t.TempDir(), "TMPDIR": r.t.TempDir(), "GOCOVERDIR": r.t.TempDir(),
		"JETSHEET_DATABASE_URL": database, "JETSHEET_NATS_URL": broker, "NATS_CONTEXT": "", "NATS_CREDS": "",
		"JETSHEET_S3_BUCKET": localtest.Bucket, "JETSHEET_S3_ENDPOINT": server.Endpoint(), "JETSHEET_S3_PATH_STYLE": "true", "JETSHEET_S3_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	})
	delete(env, "AWS_PROFILE")
	for name, value := range env {
		r.env = append(r.env, name+"="+value)
	}
}

// command runs "jetsheet verify" as a process and checks its exit code.
func (r *verifyRig) command(code int, env []string, args ...string) (stdout, stderr string) {
	r.t.Helper()
	return r.process(code, env, append([]string{"verify"}, args...)...)
}

// process runs jetsheet and checks its exit code.
func (r *verifyRig) process(code int, env []string, args ...string) (stdout, stderr string) {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), "jetsheet", args...)
	var out, complaints bytes.Buffer
	command.Env, command.Stdout, command.Stderr = append(slices.Clone(r.env), env...), &out, &complaints
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	if got := command.ProcessState.ExitCode(); got != code {
		r.t.Errorf("jetsheet %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), complaints.String())
	}
	return out.String(), complaints.String()
}

// make applies reports and runs the roles until their runs of the tick are closed.
func (r *verifyRig) make(tick time.Time, definitions ...string) []jetsheet.RunID {
	r.t.Helper()
	ids := r.apply(tick, definitions...)
	r.work(ids...)
	return ids
}

// apply applies reports and names their runs of the tick.
func (r *verifyRig) apply(tick time.Time, definitions ...string) []jetsheet.RunID {
	r.t.Helper()
	kv, err := r.parts.js.KeyValue(r.t.Context(), jetsheet.BucketReports)
	if err != nil {
		r.t.Fatal(err)
	}
	var ids []jetsheet.RunID
	for _, text := range definitions {
		d, err := parseReport("report.yaml", []byte(text))
		if err != nil {
			r.t.Fatal(err)
		}
		from := application{from: tick.Add(-time.Minute), by: "test", now: time.Now().UTC()}
		if _, err := applyReport(r.t.Context(), kv, d, from); err != nil {
			r.t.Fatal(err)
		}
		ids = append(ids, jetsheet.RunID{Tick: tick.UTC(), Report: d.Name})
	}
	return ids
}

// again makes a run once more.
func (r *verifyRig) again(id jetsheet.RunID) jetsheet.RunID {
	r.t.Helper()
	record := r.record(id)
	id.Rerun = time.Now().UnixMilli()
	f, err := newFreezer(r.t.Context(), r.parts, "test")
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = flags.Freeze(r.t.Context(), f.stores, flags.Request{Run: id, Definition: record.Frozen.Definition, By: "test", Now: time.Now().UTC()})
	if err != nil {
		r.t.Fatal(err)
	}
	r.work(id)
	return id
}

// work runs the roles until runs are closed.
func (r *verifyRig) work(ids ...jetsheet.RunID) {
	r.t.Helper()
	r.until(func() bool {
		return !slices.ContainsFunc(ids, func(id jetsheet.RunID) bool {
			run := r.record(id)
			return run == nil || run.State != jetsheet.RunClosed
		})
	})
}

// until runs the roles until a condition holds.
func (r *verifyRig) until(holds func() bool) {
	r.t.Helper()
	all, err := r.app.newRoles(r.t.Context(), r.parts, producer.Settings{}, renderer.Settings{Slots: 6}, uploader.Settings{Slots: 6})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(r.t.Context(), 3*time.Minute)
	ended := make(chan error, 1)
	go func() { ended <- all.Run(ctx) }()
	for !holds() {
		timer := time.NewTimer(20 * time.Millisecond)
		select {
		case <-timer.C:
		case err := <-ended:
			r.t.Fatalf("the roles ended before what was waited for: %v", err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		r.t.Fatal(err)
	}
}

func (r *verifyRig) record(id jetsheet.RunID) *jetsheet.Run {
	r.t.Helper()
	kv, err := r.parts.js.KeyValue(r.t.Context(), jetsheet.BucketRuns)
	if err != nil {
		r.t.Fatal(err)
	}
	run, err := readRun(r.t.Context(), kv, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return run
}

// keep remembers the run's objects and outcomes.
func (r *verifyRig) keep(id jetsheet.RunID) {
	r.t.Helper()
	r.id, r.run = id, r.record(id)
	r.objects, r.outcomes = map[string]storedObject{}, map[string][]byte{}
	for _, key := range r.keys() {
		r.objects[key] = r.get(key)
	}
	err := delivery.Scan(r.t.Context(), r.parts.js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		r.outcomes[m.Subject()] = slices.Clone(m.Data())
		return nil
	}, jetsheet.RunDoneSubjects(id))
	if err != nil {
		r.t.Fatal(err)
	}
}

// keys lists the bucket, without the records of runs.
func (r *verifyRig) keys() []string {
	r.t.Helper()
	listed, err := r.parts.s3.ListObjectsV2(r.t.Context(), &s3.ListObjectsV2Input{Bucket: &r.parts.bucket})
	if err != nil {
		r.t.Fatal(err)
	}
	var keys []string
	for _, object := range listed.Contents {
		if !strings.HasPrefix(*object.Key, jetsheet.RecordPrefix) {
			keys = append(keys, *object.Key)
		}
	}
	return keys
}

func (r *verifyRig) get(key string) storedObject {
	r.t.Helper()
	got, err := r.parts.s3.GetObject(r.t.Context(), &s3.GetObjectInput{Bucket: &r.parts.bucket, Key: &key})
	if err != nil {
		r.t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err = errors.Join(err, got.Body.Close()); err != nil {
		r.t.Fatal(err)
	}
	return storedObject{body: body, meta: got.Metadata, kind: *got.ContentType, disposition: *got.ContentDisposition}
}

func (r *verifyRig) put(key string, o storedObject) {
	r.t.Helper()
	_, err := r.parts.s3.PutObject(r.t.Context(), &s3.PutObjectInput{
		Bucket: &r.parts.bucket, Key: &key, Body: bytes.NewReader(o.body), Metadata: o.meta,
		ContentType: &o.kind, ContentDisposition: &o.disposition,
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *verifyRig) remove(key string) {
	r.t.Helper()
	if _, err := r.parts.s3.DeleteObject(r.t.Context(), &s3.DeleteObjectInput{Bucket: &r.parts.bucket, Key: &key}); err != nil {
		r.t.Fatal(err)
	}
}

// done returns the outcome that says that a key holds its workbook.
func (r *verifyRig) done(key string) (subject string, done jetsheet.Done) {
	r.t.Helper()
	for subject, body := range r.outcomes {
		if err := json.Unmarshal(body, &done); err != nil {
			r.t.Fatal(err)
		}
		if done.Key == key {
			return subject, done
		}
		done = jetsheet.Done{}
	}
	r.t.Fatalf("no outcome has the key %s", key)
	return "", done
}

// publish writes an outcome, over what was there.
func (r *verifyRig) publish(subject string, outcome any) {
	r.t.Helper()
	body, isBytes := outcome.([]byte)
	if !isBytes {
		var err error
		if body, err = json.Marshal(outcome); err != nil {
			r.t.Fatal(err)
		}
	}
	if _, err := r.parts.js.Publish(r.t.Context(), subject, body); err != nil {
		r.t.Fatal(err)
	}
}

// forge stores other bytes so that object, metadata and outcome agree on them: only
// whoever reads the workbook itself can notice.
func (r *verifyRig) forge(key string, body []byte, rows int64) {
	r.t.Helper()
	subject, done := r.done(key)
	o := r.objects[key].clone()
	sum := sha256.Sum256(body)
	o.body, o.meta[uploader.MetaSHA256] = body, hex.EncodeToString(sum[:])
	done.SHA256, done.SizeBytes, done.Rows = o.meta[uploader.MetaSHA256], int64(len(body)), done.Rows+rows
	o.meta[uploader.MetaRows] = strconv.FormatInt(done.Rows, 10)
	r.put(key, o)
	r.publish(subject, done)
}

// restore undoes what was done to objects and outcomes.
func (r *verifyRig) restore() {
	r.t.Helper()
	for _, key := range r.keys() {
		if _, ok := r.objects[key]; !ok {
			r.remove(key)
		}
	}
	for key, o := range r.objects {
		r.put(key, o)
	}
	stream, err := r.parts.js.Stream(r.t.Context(), jetsheet.StreamDone)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := stream.Purge(r.t.Context(), jetstream.WithPurgeSubject(jetsheet.RunDoneSubjects(r.id))); err != nil {
		r.t.Fatal(err)
	}
	for subject, body := range r.outcomes {
		r.publish(subject, body)
	}
}

// sql changes the records.
func (r *verifyRig) sql(statement string) {
	r.t.Helper()
	if _, err := r.admin.Exec(r.t.Context(), statement); err != nil {
		r.t.Fatalf("%s: %v", statement, err)
	}
}

// verify checks a run.
func (r *verifyRig) verify(run *jetsheet.Run, tenant string, deep bool) *verify.Report {
	r.t.Helper()
	found, err := verify.Run(r.t.Context(), verify.Config{
		JetStream: r.parts.js, S3: r.parts.s3, Bucket: r.parts.bucket, Database: r.parts.database, Dir: r.t.TempDir(),
	}, verify.Options{Run: run, Tenant: tenant, Deep: deep})
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

// problemsText lists problems, one in a line.
func problemsText(found *verify.Report) string {
	var b strings.Builder
	for _, p := range found.Problems[:min(12, len(found.Problems))] {
		fmt.Fprintf(&b, "\t%s %s: %s is %s, want %s\n", p.Kind, p.Conversion, p.What, p.Got, p.Want)
	}
	return b.String()
}

func readTestdata(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
