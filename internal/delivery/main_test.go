package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

func TestMain(m *testing.M) {
	code := localtest.Run(m)
	if code == 0 {
		if left := leaked(); left != "" {
			fmt.Fprintln(os.Stderr, "goroutines left behind:\n"+left)
			code = 1
		}
	}
	os.Exit(code)
}

// leaked waits a while for our goroutines and those of connections to end, and
// returns the stacks of those that did not.
func leaked() string {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var left []string
	for range 1000 {
		left = nil
		buf := make([]byte, 4<<20)
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(stack, "jetsheet/internal/delivery.(") || strings.Contains(stack, "nats%2ego.(*Conn)") || strings.Contains(stack, "nats.go.(*Conn)") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 {
			return ""
		}
		<-tick.C
	}
	return strings.Join(left, "\n\n")
}

// bench is a server with the topology on it, and what a test says about it.
type bench struct {
	testing.TB
	server  *local.NATS
	conn    *nats.Conn
	js      jetstream.JetStream
	ackWait time.Duration
	run     jetsheet.RunID
	logs    *logs
}

func setup(tb testing.TB, ackWait time.Duration) *bench {
	tb.Helper()
	return setupOn(tb, localtest.StartNATS(tb, local.NATSOptions{}), ackWait)
}

// setupTCP is setup with a server that listens, so that connections can be lost.
func setupTCP(tb testing.TB, ackWait time.Duration) *bench {
	tb.Helper()
	return setupOn(tb, localtest.StartNATS(tb, local.NATSOptions{Addr: "127.0.0.1:0"}), ackWait)
}

func setupOn(tb testing.TB, server *local.NATS, ackWait time.Duration) *bench {
	tb.Helper()
	run, err := jetsheet.ParseRunID("20261031T200000Z-demo-0")
	if err != nil {
		tb.Fatal(err)
	}
	b := &bench{TB: tb, server: server, ackWait: ackWait, run: run, logs: &logs{}}
	b.conn, b.js = localtest.Connect(tb, server, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	b.provision()
	return b
}

func (b *bench) provision() {
	b.Helper()
	topology := jetsheet.NewTopology(jetsheet.TopologyOptions{AckWait: b.ackWait})
	if _, err := deploy.Provision(b.Context(), b.js, topology, false); err != nil {
		b.Fatalf("provision: %v", err)
	}
}

// lanes are the renderer's queues.
func lanes() []delivery.Queue {
	return []delivery.Queue{
		{Consumer: jetsheet.LaneConsumer(jetsheet.LaneExpress), ExtraSlot: true},
		{Consumer: jetsheet.LaneConsumer(jetsheet.LaneSmall)},
		{Consumer: jetsheet.LaneConsumer(jetsheet.LaneLarge), SpareLast: true},
		{Consumer: jetsheet.LaneConsumer(jetsheet.LaneBulk)},
	}
}

type handler func(ctx context.Context, job *delivery.Job) error

// config is that of a worker on the bench's own connection.
func (b *bench) config(slots int, handle handler) delivery.Config {
	return delivery.Config{
		JetStream: b.js, Stage: jetsheet.StageRenderer, Worker: "worker-1", Version: "test",
		Stream: jetsheet.StreamConversions, Queues: lanes(), Slots: slots,
		Request: readRequest, Handle: handle, RecordStarts: true,
		Grace: time.Second, Logger: slog.New(b.logs),
	}
}

func readRequest(data []byte) (delivery.Content, error) {
	c := delivery.Content{RequestBytes: data}
	err := jetsheet.Decode(data, &c.Request)
	return c, err
}

// start runs a worker until the test ends or the result is called. Its end is
// waited for, and must be without an error.
func (b *bench) start(cfg delivery.Config) (stop func()) {
	b.Helper()
	end, ended := b.launch(cfg)
	var once sync.Once
	stopAndWait := func() {
		once.Do(func() {
			end()
			if err := <-ended; err != nil {
				b.Errorf("Run of %s: got error %v, want nil", cfg.Worker, err)
			}
		})
	}
	b.Cleanup(stopAndWait)
	return stopAndWait
}

// launch runs a worker and leaves its end to the caller.
func (b *bench) launch(cfg delivery.Config) (stop func(), ended <-chan error) {
	b.Helper()
	w, err := delivery.New(b.Context(), cfg)
	if err != nil {
		b.Fatalf("New: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	result := make(chan error, 1)
	go func() { result <- w.Run(ctx) }()
	return cancel, result
}

func (b *bench) request(lane jetsheet.Lane, target string) jetsheet.Request {
	r := jetsheet.Request{Envelope: jetsheet.CurrentEnvelope(), Run: b.run}
	r.Tenant, r.Target.Target, r.Lane = "t1", target, lane
	return r
}

func (b *bench) conversion(target string) jetsheet.Conversion {
	r := b.request(jetsheet.LaneSmall, target)
	return r.Conversion()
}

// publish queues requests and returns the last one's body.
func (b *bench) publish(lane jetsheet.Lane, targets ...string) []byte {
	b.Helper()
	var body []byte
	for _, target := range targets {
		r := b.request(lane, target)
		var err error
		if body, err = json.Marshal(r); err != nil {
			b.Fatal(err)
		}
		b.publishRaw(jetsheet.RequestSubject(lane, r.Conversion()), body, nil)
	}
	return body
}

func (b *bench) publishRaw(subject string, body []byte, header nats.Header) {
	b.Helper()
	m := &nats.Msg{Subject: subject, Data: body, Header: header}
	if _, err := b.js.PublishMsg(b.Context(), m); err != nil {
		b.Fatalf("publish to %s: %v", subject, err)
	}
}

// eventually waits until a condition holds. The limit is for machines that do ten
// other things; what a test says about time, it measures itself.
func (b *bench) eventually(what string, holds func() bool) {
	b.Helper()
	const limit = 3 * time.Minute
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for !holds() {
		if time.Since(began) > limit {
			b.Fatalf("after %s it is not so that %s\nlog:\n%s", limit, what, b.logs.tail())
		}
		<-tick.C
	}
}

// queued returns how many requests are in the stream.
func (b *bench) queued() uint64 {
	b.Helper()
	s, err := b.js.Stream(b.Context(), jetsheet.StreamConversions)
	if err != nil {
		b.Fatalf("look up stream: %v", err)
	}
	return s.CachedInfo().State.Msgs
}

func (b *bench) drained() bool { return b.queued() == 0 }

func (b *bench) consumer(lane jetsheet.Lane) *jetstream.ConsumerInfo {
	b.Helper()
	c, err := b.js.Consumer(b.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(lane))
	if err != nil {
		b.Fatalf("look up consumer: %v", err)
	}
	return c.CachedInfo()
}

// failure returns the FAILED record on a subject, nil if there is none.
func (b *bench) failure(subject string) *jetsheet.Failure {
	b.Helper()
	s, err := b.js.Stream(b.Context(), jetsheet.StreamFailed)
	if err != nil {
		b.Fatal(err)
	}
	m, err := s.GetLastMsgForSubject(b.Context(), subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		b.Fatal(err)
	}
	f, err := jetsheet.ParseFailure(m.Header, m.Data)
	if err != nil {
		b.Fatalf("FAILED record on %s: %v", subject, err)
	}
	return &f
}

func (b *bench) failureOf(target string) *jetsheet.Failure {
	b.Helper()
	return b.failure(jetsheet.FailedSubject(b.conversion(target)))
}

func (b *bench) failures() uint64 {
	b.Helper()
	s, err := b.js.Stream(b.Context(), jetsheet.StreamFailed)
	if err != nil {
		b.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

func (b *bench) progressBucket() jetstream.KeyValue {
	b.Helper()
	kv, err := b.js.KeyValue(b.Context(), jetsheet.BucketProgress)
	if err != nil {
		b.Fatal(err)
	}
	return kv
}

func (b *bench) progressKey(target string) string {
	return jetsheet.ProgressKey(jetsheet.StageRenderer, b.conversion(target))
}

// progress returns the progress record of a target, empty if there is none.
func (b *bench) progress(target string) (p jetsheet.Progress) {
	b.Helper()
	entry, err := b.progressBucket().Get(b.Context(), b.progressKey(target))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return p
	}
	if err != nil {
		b.Fatal(err)
	}
	if err := jetsheet.Decode(entry.Value(), &p); err != nil {
		b.Fatal(err)
	}
	return p
}

// calls counts handler calls by target.
type calls struct {
	mu   sync.Mutex
	of   map[string]int
	all  atomic.Int64
	list []string
}

func (c *calls) add(job *delivery.Job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[job.Request.Target.Target]++
	c.list = append(c.list, string(job.Request.Lane))
	c.all.Add(1)
}

func (c *calls) count(target string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[target]
}

func (c *calls) lanes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.list...)
}

// hold blocks a handler until it is released, or its job is cancelled.
func hold(ctx context.Context, release <-chan struct{}) {
	select {
	case <-release:
	case <-ctx.Done():
	}
}

// targets names n targets.
func targets(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return names
}

// logs keeps what was logged, for failure messages and for waiting on it.
type logs struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (l *logs) Enabled(context.Context, slog.Level) bool { return true }
func (l *logs) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logs) WithGroup(string) slog.Handler            { return l }

func (l *logs) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines.WriteString(r.Time.Format("05.000 ") + r.Level.String() + " " + r.Message)
	r.Attrs(func(a slog.Attr) bool {
		l.lines.WriteString(" " + a.String())
		return true
	})
	l.lines.WriteString("\n")
	return nil
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

// tail returns the last lines.
func (l *logs) tail() string {
	lines := strings.Split(l.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

func (l *logs) has(text string) bool { return strings.Contains(l.String(), text) }

func newJetStream(conn *nats.Conn) (jetstream.JetStream, error) { return jetstream.New(conn) }
