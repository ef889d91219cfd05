package notify

import (
	"context"
	"encoding/json"
	"errors"
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
)

func TestMain(m *testing.M) { localtest.Main(m) }

// start is when the clock of a test starts.
var start = time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)

// clock is a clock that only the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// sight is a source that sees what the test says.
type sight struct {
	mu sync.Mutex
	Sight
}

func (s *sight) Look(context.Context, time.Time) Sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Sight
}

func (s *sight) set(concerns ...Concern) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Sight = Sight{Concerns: concerns}
}

// box is a channel that keeps what it is sent.
type box struct {
	name string
	mu   sync.Mutex
	got  []Message
	// fail, when set, decides what becomes of a message; the message is kept all the same.
	fail func(m *Message) error
}

func (b *box) Name() string { return b.name }

func (b *box) Send(_ context.Context, m *Message) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, *m)
	if b.fail != nil {
		if err := b.fail(m); err != nil {
			return m.Ticket, err
		}
	}
	return "t-" + m.Notice.ID, nil
}

// said lists what was sent, as ACTION KEY COUNT.
func (b *box) said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var said []string
	for _, m := range b.got {
		said = append(said, fmt.Sprintf("%s %s %d", m.Action, m.Notice.Key, m.Notice.Count))
	}
	return said
}

func (b *box) setFail(fail func(*Message) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = fail
}

// rig is an installation of the test's own.
type rig struct {
	t      *testing.T
	conn   *nats.Conn
	js     jetstream.JetStream
	clock  *clock
	source *sight
}

func setup(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, clock: &clock{at: start}, source: &sight{}}
	r.conn, r.js = localtest.NATS(t)
	_, err := deploy.Provision(t.Context(), r.js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false)
	r.check(err)
	return r
}

func (r *rig) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// boxed is an installation with a runner that tells a box.
func boxed(t *testing.T) (*rig, *box, *Runner) {
	t.Helper()
	r, b := setup(t), &box{name: "box"}
	return r, b, r.runner("ops-1", b)
}

// runner returns a runner over the rig's source that nothing has started.
func (r *rig) runner(worker string, channels ...Channel) *Runner {
	r.t.Helper()
	return r.runnerOver(r.source, worker, channels...)
}

func (r *rig) runnerOver(source Source, worker string, channels ...Channel) *Runner {
	r.t.Helper()
	n, err := New(r.t.Context(), Config{
		JetStream: r.js, Channels: channels, Source: source, Now: r.clock.now, Worker: worker,
		Logger: slog.New(slog.NewTextHandler(r.t.Output(), nil)),
	})
	r.check(err)
	return n
}

// round looks once and lets every courier send all that it may.
func (r *rig) round(n *Runner) {
	r.t.Helper()
	r.check(n.look(r.t.Context()))
	for _, c := range n.couriers {
		r.drain(c)
	}
}

// open opens a notice and lets it be sent.
func (r *rig) open(n *Runner, c Concern) {
	r.t.Helper()
	r.source.set(c)
	r.round(n)
	r.clock.advance(settle)
	r.round(n)
}

// drain sends all that a courier may send now.
func (r *rig) drain(c *courier) {
	r.t.Helper()
	for {
		at, err := c.step(r.t.Context())
		r.check(err)
		if at.IsZero() || at.After(r.clock.now()) {
			return
		}
	}
}

// start runs a runner until the test ends.
func (r *rig) start(n *Runner) {
	r.t.Helper()
	n.every, n.gather = 5*time.Millisecond, time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	})
}

// await waits for a condition.
func (r *rig) await(what string, holds func() bool) {
	r.t.Helper()
	deadline := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			r.t.Fatalf("waited for %s in vain", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (r *rig) overview() *Overview {
	r.t.Helper()
	o, err := Read(r.t.Context(), r.js)
	r.check(err)
	return o
}

func (r *rig) json(v any) []byte {
	r.t.Helper()
	body, err := json.Marshal(v)
	r.check(err)
	return body
}

// concern is one about a run, named after it.
func concern(name string, count int) Concern {
	return Concern{
		Kind: KindFailures, Key: jetsheet.NoticeKey(string(KindFailures), name), Title: "workbooks of " + name + " failed",
		Run: name, Cause: jetsheet.CauseWorkbook, Count: count, FirstError: "cell B7", Since: start.Add(-time.Minute),
		Samples: []Sample{{Tenant: "a", Target: "b", Message: "cell B7"}},
		Command: "jetsheet failures replay --run " + name, Runbook: "deploy/runbook/workbook_invalid.md",
	}
}

var errDown = errors.New("the server is down")

// failingKV refuses to write once it is broken.
type failingKV struct {
	jetstream.KeyValue
	broken func() bool
}

func (k *failingKV) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if k.broken() {
		return 0, nats.ErrTimeout
	}
	return k.KeyValue.Update(ctx, key, value, revision)
}
