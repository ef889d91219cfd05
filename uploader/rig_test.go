package uploader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) { localtest.Main(m) }

// rig is an installation of the test's own: NATS with the topology, S3 with a
// bucket, and a hook between uploader and S3.
type rig struct {
	t      *testing.T
	server *local.NATS
	js     jetstream.JetStream
	store  jetstream.ObjectStore
	stream jetstream.Stream // of the store
	// direct goes to S3 past the hook.
	direct *s3.Client
	bucket string
	s3     hook
	log    *logBuffer
	cfg    Config
}

func setup(t *testing.T) *rig {
	t.Helper()
	server := localtest.StartNATS(t, local.NATSOptions{})
	_, js := localtest.Connect(t, server)
	topology := jetsheet.NewTopology(jetsheet.TopologyOptions{AckWait: 3 * time.Second})
	if _, err := deploy.Provision(t.Context(), js, topology, false); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, server: server, js: js, log: &logBuffer{}}
	r.direct, r.bucket = localtest.S3(t)
	var err error
	if r.store, err = js.ObjectStore(t.Context(), jetsheet.StoreWorkbooks); err != nil {
		t.Fatal(err)
	}
	if r.stream, err = js.Stream(t.Context(), jetsheet.StoreStream(jetsheet.StoreWorkbooks)); err != nil {
		t.Fatal(err)
	}
	client, ok := r.direct.Options().HTTPClient.(*http.Client)
	if !ok {
		t.Fatalf("HTTP client is a %T", r.direct.Options().HTTPClient)
	}
	r.s3.next = client.Transport
	hooked := s3.New(r.direct.Options(), func(o *s3.Options) { o.HTTPClient = &http.Client{Transport: &r.s3} })
	r.cfg = Config{
		Settings: Settings{Patience: 2 * time.Second}, JetStream: js, S3: hooked, Bucket: r.bucket,
		Worker: "test-1", Version: "test", Grace: 5 * time.Second,
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(r.log.String())
		}
	})
	return r
}

// uploader makes an uploader that does not run yet.
func (r *rig) uploader() *Uploader {
	r.t.Helper()
	u, err := New(r.t.Context(), r.cfg)
	if err != nil {
		r.t.Fatalf("New: %v", err)
	}
	return u
}

// run lets an uploader work until stop is called or the test ends.
func (r *rig) run(u *Uploader) (stop func()) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- u.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	})
	r.t.Cleanup(stop)
	return stop
}

// request asks for a workbook of a run on the given day of October.
func (r *rig) request(day int, target string) jetsheet.Request {
	tick := time.Date(2026, 10, day, 20, 0, 0, 0, time.UTC)
	return jetsheet.Request{
		Envelope: jetsheet.CurrentEnvelope(),
		Run:      jetsheet.RunID{Tick: tick, Report: "temperature"},
		Target: jetsheet.Target{
			Tenant: "t1", Target: target, Route: jetsheet.RouteNew, Lane: jetsheet.LaneSmall, Weight: 20,
			Period: jetsheet.Period{From: tick.AddDate(0, -1, 0), Until: tick, Label: "2026-10"},
			Key:    "t1/" + target + ".xlsx", Filename: "冷蔵庫温度記録_" + target + ".xlsx",
		},
	}
}

// render puts a workbook into the object store as a renderer does, and returns its
// event.
func (r *rig) render(request jetsheet.Request, content []byte) jetsheet.Rendered {
	r.t.Helper()
	name := jetsheet.WorkbookObject(request.Conversion(), nuid.Next())
	info, err := r.store.Put(r.t.Context(), jetstream.ObjectMeta{Name: name, Opts: &jetstream.ObjectMetaOptions{ChunkSize: jetsheet.ChunkBytes}}, bytes.NewReader(content))
	if err != nil {
		r.t.Fatalf("put %s: %v", name, err)
	}
	body, err := json.Marshal(request)
	if err != nil {
		r.t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	e := jetsheet.Rendered{
		Envelope: jetsheet.CurrentEnvelope(), Request: body, Object: name,
		SizeBytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:]), Rows: 20, Sheets: 1,
		Snapshot: jetsheet.Snapshot{ID: "795:799:795,797", At: request.Run.Tick.Add(time.Minute)},
		Notes:    &jetsheet.Notes{UnknownKeys: map[string]int64{"colour": 3}},
		Worker:   "renderer-1", Version: "v1.2.3", At: request.Run.Tick.Add(2 * time.Minute),
	}
	if info.Chunks == 1 {
		e.NUID = info.NUID
	}
	return e
}

// announce publishes an event; each call is an event of its own to the stream.
func (r *rig) announce(e jetsheet.Rendered, header ...string) {
	r.t.Helper()
	content, err := readEvent(mustJSON(r.t, e))
	if err != nil {
		r.t.Fatal(err)
	}
	m := nats.NewMsg(jetsheet.RenderedSubject(content.Request.Route, content.Request.Conversion()))
	m.Data = mustJSON(r.t, e)
	for i := 0; i < len(header); i += 2 {
		m.Header.Set(header[i], header[i+1])
	}
	if _, err := r.js.PublishMsg(r.t.Context(), m); err != nil {
		r.t.Fatalf("publish event: %v", err)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// eventually waits for a condition.
func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	limit := time.NewTimer(40 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			r.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// last returns the last message on a subject, or nil.
func (r *rig) last(stream, subject string) *jetstream.RawStreamMsg {
	r.t.Helper()
	s, err := r.js.Stream(r.t.Context(), stream)
	if err != nil {
		r.t.Fatal(err)
	}
	m, err := s.GetLastMsgForSubject(r.t.Context(), subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		r.t.Fatalf("read %s: %v", subject, err)
	}
	return m
}

// done waits for the done record of a conversion.
func (r *rig) done(c jetsheet.Conversion) jetsheet.Done {
	r.t.Helper()
	var m *jetstream.RawStreamMsg
	r.eventually("a done record of "+c.String(), func() bool {
		m = r.last(jetsheet.StreamDone, jetsheet.DoneSubject(c))
		return m != nil
	})
	var d jetsheet.Done
	if err := jetsheet.Decode(m.Data, &d); err != nil {
		r.t.Fatalf("done record %s: %v", m.Data, err)
	}
	return d
}

// failed waits for the failure of a conversion.
func (r *rig) failed(c jetsheet.Conversion) jetsheet.Failure {
	r.t.Helper()
	var m *jetstream.RawStreamMsg
	r.eventually("a failure of "+c.String(), func() bool {
		m = r.last(jetsheet.StreamFailed, jetsheet.FailedSubject(c))
		return m != nil
	})
	f, err := jetsheet.ParseFailure(m.Header, m.Data)
	if err != nil {
		r.t.Fatalf("failure: %v", err)
	}
	return f
}

// messages counts the messages of a stream.
func (r *rig) messages(stream string) uint64 {
	r.t.Helper()
	s, err := r.js.Stream(r.t.Context(), stream)
	if err != nil {
		r.t.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

// drained waits until no event and no workbook is left.
func (r *rig) drained() {
	r.t.Helper()
	r.eventually("no event in "+jetsheet.StreamRendered, func() bool { return r.messages(jetsheet.StreamRendered) == 0 })
	r.eventually("the object store is empty", func() bool { return r.messages(jetsheet.StoreStream(jetsheet.StoreWorkbooks)) == 0 })
}

// object returns an object on S3; nil when there is none.
func (r *rig) object(key string) (content []byte, head *s3.GetObjectOutput) {
	r.t.Helper()
	out, err := r.direct.GetObject(r.t.Context(), &s3.GetObjectInput{Bucket: &r.bucket, Key: &key})
	if statusOf(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		r.t.Fatalf("get %s: %v", key, err)
	}
	defer func() { _ = out.Body.Close() }()
	if content, err = io.ReadAll(out.Body); err != nil {
		r.t.Fatalf("read %s: %v", key, err)
	}
	return content, out
}

// keys lists all objects on S3.
func (r *rig) keys() []string {
	r.t.Helper()
	out, err := r.direct.ListObjectsV2(r.t.Context(), &s3.ListObjectsV2Input{Bucket: &r.bucket})
	if err != nil {
		r.t.Fatal(err)
	}
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

// uploads counts the multipart uploads that are under way.
func (r *rig) uploads() int {
	r.t.Helper()
	out, err := r.direct.ListMultipartUploads(r.t.Context(), &s3.ListMultipartUploadsInput{Bucket: &r.bucket})
	if err != nil {
		r.t.Fatalf("list uploads: %v", err)
	}
	return len(out.Uploads)
}

// hook stands between the uploader and S3. Its function may answer a request
// itself, pass it on, or do both.
type hook struct {
	next http.RoundTripper
	do   atomic.Pointer[hookFunc]
}

type hookFunc func(r *http.Request, next http.RoundTripper) (*http.Response, error)

func (h *hook) RoundTrip(r *http.Request) (*http.Response, error) {
	if do := h.do.Load(); do != nil {
		return (*do)(r, h.next)
	}
	return h.next.RoundTrip(r)
}

func (h *hook) set(do hookFunc) { h.do.Store(&do) }

// answer is what S3 answers with a status and an error code.
func answer(r *http.Request, status int, code string) *http.Response {
	body := "<Error><Code>" + code + "</Code><Message>planted</Message></Error>"
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/xml"}}, Body: io.NopCloser(bytes.NewBufferString(body)),
		ContentLength: int64(len(body)), Request: r,
	}
}

// logBuffer collects what is logged.
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
	return b.buf.String()
}
