package renderer

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/report"
)

// stage is an installation of the test's own.
type stage struct {
	*database
	t     *testing.T
	js    jetstream.JetStream
	store jetstream.ObjectStore
	log   *logBuffer
	cfg   Config
}

const simple = `records: "select i as n, 'text ' || i as t from generate_series(1, (select n from sizes where target = @target)) i where @tenant = 'a'"`

const simpleSheet = `sheets: [{name: S, rows: records}]`

func setup(t *testing.T, o jetsheet.TopologyOptions) *stage {
	t.Helper()
	s := &stage{database: newDatabase(t, `create table sizes (target text, n int)`), t: t}
	_, s.js = localtest.NATS(t)
	if o.AckWait == 0 {
		o.AckWait = 2 * time.Second
	}
	if _, err := deploy.Provision(t.Context(), s.js, jetsheet.NewTopology(o), false); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.store, err = s.js.ObjectStore(t.Context(), jetsheet.StoreWorkbooks); err != nil {
		t.Fatal(err)
	}
	s.cfg = Config{
		Settings: Settings{Slots: 4, Grace: time.Second}, JetStream: s.js, Database: s.db,
		Parse: report.Parse, Worker: "renderer-1", Version: "test",
	}
	s.cfg.Logger, s.log = logger(t)
	return s
}

// freeze puts the record of the run that requests name.
func (s *stage) freeze(definition string, change ...func(*jetsheet.Run)) {
	s.t.Helper()
	run := jetsheet.Run{Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunOpen, Frozen: jetsheet.Frozen{
		Envelope: jetsheet.CurrentEnvelope(), Run: jetsheet.RunID{Tick: tick, Report: "r"}, Definition: definition, Flags: json.RawMessage("{}"),
	}}
	for _, c := range change {
		c(&run)
	}
	kv, err := s.js.KeyValue(s.t.Context(), jetsheet.BucketRuns)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := kv.Put(s.t.Context(), jetsheet.RunKey(run.ID()), s.json(run)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) json(v any) []byte {
	s.t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

// ask queues a request for n rows.
func (s *stage) ask(target string, n int, change ...func(*jetsheet.Request)) *jetsheet.Request {
	s.t.Helper()
	s.exec(`insert into sizes values ($1, $2)`, target, n)
	r := request(target)
	for _, c := range change {
		c(r)
	}
	s.queue(r)
	return r
}

func (s *stage) queue(r *jetsheet.Request) {
	s.t.Helper()
	if _, err := s.js.Publish(s.t.Context(), jetsheet.RequestSubject(r.Lane, r.Conversion()), s.json(r)); err != nil {
		s.t.Fatal(err)
	}
}

// start lets a renderer work until stop is called or the test ends.
func (s *stage) start() (stop func()) {
	s.t.Helper()
	r, err := New(s.t.Context(), s.cfg)
	if err != nil {
		s.t.Fatalf("New: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	})
	s.t.Cleanup(stop)
	return stop
}

// last returns the newest message of a subject, nil where there is none.
func (s *stage) last(stream, subject string) *jetstream.RawStreamMsg {
	s.t.Helper()
	handle, err := s.js.Stream(s.t.Context(), stream)
	if err != nil {
		s.t.Fatal(err)
	}
	m, err := handle.GetLastMsgForSubject(s.t.Context(), subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

func (s *stage) count(stream string) int {
	s.t.Helper()
	handle, err := s.js.Stream(s.t.Context(), stream)
	if err != nil {
		s.t.Fatal(err)
	}
	return int(handle.CachedInfo().State.Msgs) //nolint:gosec // a handful
}

// rendered waits for the event of a request.
func (s *stage) rendered(r *jetsheet.Request) jetsheet.Rendered {
	s.t.Helper()
	var m *jetstream.RawStreamMsg
	eventually(s.t, r.Target.Target+" is rendered", func() bool {
		m = s.last(jetsheet.StreamRendered, jetsheet.RenderedSubject(r.Route, r.Conversion()))
		return m != nil
	})
	var e jetsheet.Rendered
	if err := jetsheet.Decode(m.Data, &e); err != nil {
		s.t.Fatal(err)
	}
	if got := m.Header.Get(nats.MsgIdHdr); got != e.Object {
		s.t.Errorf("Msg-Id is %q, want the object's name %q", got, e.Object)
	}
	return e
}

// failed waits for the failure of a request.
func (s *stage) failed(r *jetsheet.Request) jetsheet.Failure {
	s.t.Helper()
	var m *jetstream.RawStreamMsg
	eventually(s.t, r.Target.Target+" has failed", func() bool {
		m = s.last(jetsheet.StreamFailed, jetsheet.FailedSubject(r.Conversion()))
		return m != nil
	})
	f, err := jetsheet.ParseFailure(m.Header, m.Data)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// settled waits until no request is left.
func (s *stage) settled() {
	s.t.Helper()
	eventually(s.t, "no request is left", func() bool { return s.count(jetsheet.StreamConversions) == 0 })
}

// object reads a workbook with the library's own reader, which checks its digest.
func (s *stage) object(name string) ([]byte, *jetstream.ObjectInfo) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	o, err := s.store.Get(ctx, name)
	if err != nil {
		s.t.Fatalf("get %s: %v", name, err)
	}
	defer func() { _ = o.Close() }()
	data, err := io.ReadAll(o)
	if err != nil {
		s.t.Fatalf("read %s: %v", name, err)
	}
	info, err := o.Info()
	if err != nil {
		s.t.Fatal(err)
	}
	return data, info
}
