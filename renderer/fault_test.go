package renderer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// running waits until a statement of the product runs that has the text in it.
func (d *database) running(text string) {
	d.tb.Helper()
	eventually(d.tb, "a statement with "+text+" runs", func() bool {
		var n int
		err := d.admin.QueryRow(d.tb.Context(), `select count(*) from pg_stat_activity where datname = current_database()
			and query like '%' || $1 || '%' and query not like '%pg_stat_activity%' and state = 'active'`, text).Scan(&n)
		if err != nil {
			d.tb.Fatal(err)
		}
		return n > 0
	})
}

// A full store fails nothing: the workbook waits and goes out when there is room.
func TestFullStoreIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{WorkbooksBytes: 4 << 20})
	s.freeze(s.text(60_000))
	// 72 %: the gate is open, and what comes does not fit.
	if _, err := s.store.PutBytes(t.Context(), "filler", make([]byte, 3_000_000)); err != nil {
		t.Fatal(err)
	}
	s.start()
	r := s.ask("x", 0)
	eventually(t, "the renderer waits", func() bool { return strings.Contains(s.log.String(), "maximum bytes exceeded") })
	if err := s.store.Delete(t.Context(), "filler"); err != nil {
		t.Fatal(err)
	}
	if e := s.rendered(r); e.Rows != 60_000 {
		t.Errorf("event %+v, want 60,000 rows", e)
	}
	s.settled()
	if n := s.count(jetsheet.StreamFailed); n != 0 {
		t.Errorf("%d failures, want none", n)
	}
}

// What did not fit leaves nothing behind.
func TestStoreFull(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"one chunk": 3000, "many chunks": 60_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, jetsheet.TopologyOptions{WorkbooksBytes: 4 << 20})
			if _, err := s.store.PutBytes(t.Context(), "filler", make([]byte, 3_200_000)); err != nil {
				t.Fatal(err)
			}
			if n == 3000 {
				s.fill()
			}
			r, err := New(t.Context(), s.cfg)
			if err != nil {
				t.Fatal(err)
			}
			dst := r.store.create(t.Context(), "probe")
			_, err = Render(t.Context(), Source{Database: s.db, Definition: parse(t, s.text(n)), Request: request("x")}, dst)
			if err == nil {
				_, err = dst.close(t.Context())
			}
			dst.discard()
			if err == nil || !strings.Contains(fmt.Sprint(err, dst.failure()), "maximum bytes exceeded") {
				t.Fatalf("error %v, want the store to be full", err)
			}
			if info, err := s.store.GetInfo(t.Context(), "probe"); !errors.Is(err, jetstream.ErrObjectNotFound) {
				t.Errorf("a workbook that was not stored has the meta %+v (%v)", info, err)
			}
		})
	}
}

func (s *stage) text(n int) string {
	return definition(fmt.Sprintf(`records: "select i as n, md5(i::text) as a, md5((i * 7)::text) as b from generate_series(1, %d) i where @tenant = 'a'"`, n), simpleSheet)
}

// fill leaves room for a meta and not for a chunk.
func (s *stage) fill() {
	s.t.Helper()
	for size := 100_000; size > 2000; {
		if _, err := s.store.PutBytes(s.t.Context(), fmt.Sprint("filler-", size, time.Now().UnixNano()), make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

// The gate stops fetching at 80 %, and all goes on when there is room.
func TestGate(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{WorkbooksBytes: 2 << 20})
	s.freeze(definition(simple, simpleSheet))
	if _, err := s.store.PutBytes(t.Context(), "filler", make([]byte, 1_750_000)); err != nil {
		t.Fatal(err)
	}
	s.start()
	r := s.ask("x", 3)
	eventually(t, "fetching is paused", func() bool { return strings.Contains(s.log.String(), "uploaders must catch up first") })
	progress, err := s.js.KeyValue(t.Context(), jetsheet.BucketProgress)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the worker says what it waits for", func() bool {
		workers, err := delivery.Workers(t.Context(), progress)
		return err == nil && len(workers) == 1 && workers[0].PausedOn == jetsheet.ResourceObjectStore
	})
	if n := s.count(jetsheet.StreamRendered); n != 0 {
		t.Errorf("%d events, want none", n)
	}
	if err := s.store.Delete(t.Context(), "filler"); err != nil {
		t.Fatal(err)
	}
	s.rendered(r)
}

// TestStoreTakenAway: nothing fails while the object store is gone, and people read how to
// make it again.
func TestStoreTakenAway(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(simple, simpleSheet))
	s.start()
	s.rendered(s.ask("x", 3))
	if err := s.js.DeleteObjectStore(t.Context(), jetsheet.StoreWorkbooks); err != nil {
		t.Fatal(err)
	}
	r := s.ask("y", 3)
	eventually(t, "fetching is paused with the command that mends it", func() bool {
		return strings.Contains(s.log.String(), "stream OBJ_workbooks: "+delivery.ErrNotSetUp.Error())
	})
	if strings.Contains(s.log.String(), `\n`) {
		t.Errorf("the log joins errors:\n%s", s.log.String())
	}
	topology := jetsheet.NewTopology(jetsheet.TopologyOptions{})
	if _, err := deploy.Provision(t.Context(), s.js, topology, false); err != nil {
		t.Fatal(err)
	}
	s.rendered(r)
	if n := s.count(jetsheet.StreamFailed); n != 0 {
		t.Errorf("%d failures, want none", n)
	}
}

// A database that goes away under a statement is waited for.
func TestDatabaseLostWhileReading(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(`records: "select i as n, pg_sleep(0.001)::text as s from generate_series(1, 1500) i where @tenant = 'a'"`, simpleSheet))
	s.start()
	r := s.ask("x", 0)
	s.running("pg_sleep")
	s.exec(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%generate_series(1, 1500)%' and pid <> pg_backend_pid()`)
	e := s.rendered(r)
	if data, _ := s.object(e.Object); len(grid(t, open(t, data), "S")) != 1501 {
		t.Errorf("the workbook has %d rows, want 1,500 and a header", len(grid(t, open(t, data), "S")))
	}
	s.settled()
	if n := s.count(jetsheet.StreamFailed); n != 0 {
		t.Errorf("%d failures, want none: an outage counts as no attempt", n)
	}
	if !strings.Contains(s.log.String(), "waiting for what is unavailable") {
		t.Error("the renderer did not wait")
	}
}

func TestStatementTimeLimit(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(`records: "select pg_sleep(30)::text as s where @tenant = 'a'"`, simpleSheet, "limits: {statement: 1s}"))
	s.start()
	r := s.ask("x", 0)
	if f := s.failed(r); f.Cause != jetsheet.CauseStatementTime || !f.Retrying() || f.Attempts != 1 {
		t.Errorf("failure %+v, want statement_time_limit to be tried again", f)
	}
	s.settled()
}

// A statement may be silent beyond the lease, until its own limit.
func TestLongStatementKeepsTheLease(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{AckWait: time.Second})
	s.freeze(definition(`records: "select pg_sleep(3.5)::text as s, 1 as n where @tenant = 'a'"`, simpleSheet, "limits: {statement: 20s}"))
	s.start()
	r := s.ask("x", 0)
	s.rendered(r)
	s.settled()
	if n, failures := s.count(jetsheet.StreamRendered), s.count(jetsheet.StreamFailed); n != 1 || failures != 0 {
		t.Errorf("%d events and %d failures, want one attempt that succeeds", n, failures)
	}
	if strings.Contains(s.log.String(), "delivery=2") {
		t.Error("the request was delivered twice")
	}
}

// Several statements that are within their limits may be silent for longer together.
func TestLongStatementsTogetherKeepTheLease(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{AckWait: time.Second})
	const text = "select pg_sleep(1.8)::text as s where @tenant = 'a'"
	s.freeze(definition(fmt.Sprintf("a: %q\nb: %q\nc: %q", text, text+" ", text+"  "),
		`sheets: [{name: A, rows: a}, {name: B, rows: b}, {name: C, rows: c}]`, "limits: {statement: 2s}"))
	s.start()
	s.rendered(s.ask("x", 0))
	s.settled()
	if n := s.count(jetsheet.StreamFailed); n != 0 {
		t.Errorf("%d failures, want none", n)
	}
}

// Two attempts at once make two objects and two events; the uploader takes either.
func TestTwoAttemptsAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(`records: "select 1 as n, pg_sleep(0.5)::text as s where @tenant = 'a'"`, simpleSheet))
	s.ask("x", 0)
	s.queue(func() *jetsheet.Request { r := request("x"); r.Lane = jetsheet.LaneExpress; return r }())
	s.start()
	eventually(t, "both are rendered", func() bool { return s.count(jetsheet.StreamRendered) == 2 })
	s.settled()
	objects, err := s.store.List(t.Context())
	if err != nil || len(objects) != 2 {
		t.Errorf("objects %v (%v), want two", objects, err)
	}
}

// A writer that is given up leaves no object and no goroutine: discard waits for it.
func TestGivenUpWhileWriting(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	r, err := New(t.Context(), s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]func(context.CancelFunc){"cancelled": func(c context.CancelFunc) { c() }, "given up": func(context.CancelFunc) {}} {
		ctx, cancel := context.WithCancel(t.Context())
		dst := r.store.create(ctx, name)
		if _, err := dst.Write(bytes.Repeat([]byte("x"), 3*jetsheet.ChunkBytes)); err != nil {
			t.Fatal(err)
		}
		end(cancel)
		dst.discard()
		cancel()
		if info, err := s.store.GetInfo(t.Context(), name); !errors.Is(err, jetstream.ErrObjectNotFound) {
			t.Errorf("%s: object %+v (%v), want none", name, info, err)
		}
	}
}

// A destination that blocks does not hold the statement beyond its limit for good.
func TestSlowDestination(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	text := definition(`records: "select i as n, md5(i::text) as a, md5((i * 7)::text) as b from generate_series(1, 400000) i where @tenant = 'a'"`, simpleSheet, "limits: {statement: 1s}")
	_, err := Render(t.Context(), Source{Database: d.db, Definition: parse(t, text), Request: request("x"), Progress: slow{rows: new(int64)}}, &bytes.Buffer{})
	if query.KindOf(err) != query.TimeLimit {
		t.Errorf("error %v, want the time limit", err)
	}
}

// slow takes a tenth of a second for every thousandth row.
type slow struct {
	noProgress
	rows *int64
}

func (s slow) Rows(n int64) {
	if *s.rows += n; n == 0 || *s.rows%1000 != 0 {
		return
	}
	timer := time.NewTimer(100 * time.Millisecond)
	<-timer.C
}

// A query that ends its connection each time looks like a database that goes away. It is no
// reason for the others to wait, and fails its own workbook only.
func TestStatementThatEndsItsConnectionFailsAlone(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(`records: "select n, case when n < 0 then pg_terminate_backend(pg_backend_pid()) end as t from sizes where target = @target and @tenant = 'a'"`, simpleSheet))
	bad := s.ask("bad", -1)
	s.start()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	good := 0
	for ; s.count(jetsheet.StreamFailed) == 0 && good < 500; good++ {
		s.ask(fmt.Sprintf("good-%d", good), 1)
		<-tick.C
	}
	f := s.failed(bad)
	if f.Cause != jetsheet.CauseStatement || !f.Retrying() || f.Attempts != 1 || !strings.Contains(f.Message, "57P01") || !strings.Contains(f.Message, "while others got through") {
		t.Errorf("failure: got %s, attempt %d, retrying %t, %q; want a first attempt that %s ended, and why that is no outage", f.Cause, f.Attempts, f.Retrying(), f.Message, jetsheet.CauseStatement)
	}
	s.settled()
	if got := s.count(jetsheet.StreamRendered); got != good {
		t.Errorf("rendered: got %d, want all %d others", got, good)
	}
}
