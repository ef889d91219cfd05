package producer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// state returns the state of the only producer, false where there is none.
func (r *rig) state() (jetsheet.WorkerState, bool) {
	r.t.Helper()
	workers, err := delivery.Workers(r.t.Context(), r.kv(jetsheet.BucketProgress))
	if err != nil || len(workers) > 1 {
		r.t.Fatalf("Workers: got %+v, %v, want one at most", workers, err)
	}
	if len(workers) == 0 {
		return jetsheet.WorkerState{}, false
	}
	return workers[0], true
}

// pausedOn waits until the producer is paused for one resource, or works again.
func (r *rig) pausedOn(on jetsheet.Resource) jetsheet.WorkerState {
	r.t.Helper()
	var s jetsheet.WorkerState
	r.eventually(fmt.Sprintf("the producer is paused on %q", on), func() bool {
		var found bool
		s, found = r.state()
		return found && s.PausedOn == on
	})
	return s
}

func TestProducerSaysThatItLives(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.applyDaily()
	stop := r.start()
	r.eventually("the producer is known", func() bool { _, found := r.state(); return found })
	if s, _ := r.state(); s.Stage != jetsheet.StageProducer || s.Worker != "producer-1" || s.Version != "test" || s.Slots != 0 || s.Paused != "" {
		t.Errorf("state: got %+v, want a producer's that works", s)
	}
	stop()
	if s, found := r.state(); found {
		t.Errorf("state of a producer that has stopped: got %+v, want none", s)
	}
}

// TestProducerSaysThatTriggersAreGone whether it is a round that finds out or, where there
// is none for an hour, the wait for a trigger.
func TestProducerSaysThatTriggersAreGone(t *testing.T) {
	t.Parallel()
	for name, interval := range map[string]time.Duration{"between rounds": time.Hour, "in a round": 10 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.cfg.Interval = interval
			r.start()
			r.pausedOn("")
			if err := r.js.DeleteStream(t.Context(), jetsheet.StreamTriggers); err != nil {
				t.Fatal(err)
			}
			if s := r.pausedOn(jetsheet.ResourceNATS); s.Paused != "stream TRIGGERS" || s.LastError == "" {
				t.Errorf("got %+v, want it paused for the stream, with an error", s)
			}
			r.provision()
			r.pausedOn("")
		})
	}
}

// TestProducerSaysWhatItWaitsFor takes away one thing after the other that a run needs.
func TestProducerSaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]struct {
		// breaks returns what mends it again.
		breaks func(t *testing.T, r *rig) (mend func())
		on     jetsheet.Resource
		what   string
		says   string
	}{
		"no flag document": {func(t *testing.T, r *rig) func() {
			if err := r.kv(jetsheet.BucketFlags).Delete(t.Context(), jetsheet.FlagsKey); err != nil {
				t.Fatal(err)
			}
			r.cfg.Freezer = &waitingFreezer{Freezer: r.cfg.Freezer, what: "flag document"}
			return func() { r.flags(jetsheet.RouteNew) }
		}, jetsheet.ResourceFlags, "flag document", "jetsheet setup"},
		"no record on S3": {func(_ *testing.T, r *rig) func() {
			f := &waitingFreezer{Freezer: r.cfg.Freezer, what: "S3 bucket exports"}
			f.down.Store(true)
			r.cfg.Freezer = f
			return func() { f.down.Store(false) }
		}, jetsheet.ResourceS3, "S3 bucket exports", "AccessDenied"},
		"database down": {func(_ *testing.T, r *rig) func() {
			var up atomic.Bool
			r.cfg.Database = query.New(r.pool(func(config *pgxpool.Config) {
				query.Configure(config)
				dial := config.ConnConfig.DialFunc
				config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
					if !up.Load() {
						return nil, errors.New("connection refused by the test")
					}
					return dial(ctx, network, address)
				}
			}))
			return func() { up.Store(true) }
		}, jetsheet.ResourceDatabase, "database", "refused by the test"},
		"database down for the calendar": {func(_ *testing.T, r *rig) func() {
			r.clock.fail(&query.StatementError{Kind: query.Unavailable, Message: "refused by the test"})
			return func() { r.clock.fail(nil) }
		}, jetsheet.ResourceDatabase, "database", "refused by the test"},
		"CONVERSIONS full": {func(_ *testing.T, r *rig) func() {
			r.resize(jetsheet.StreamConversions, 2<<10)
			return func() { r.resize(jetsheet.StreamConversions, -1) }
		}, jetsheet.ResourceNATS, "stream CONVERSIONS", "maximum bytes exceeded"},
		"plans full": {func(_ *testing.T, r *rig) func() {
			r.resize(jetsheet.StoreStream(jetsheet.StorePlans), 100)
			return func() { r.resize(jetsheet.StoreStream(jetsheet.StorePlans), -1) }
		}, jetsheet.ResourceNATS, "NATS", "maximum bytes exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.sites(20, 1, "a")
			mend := at.breaks(t, r)
			id := r.applyDaily()
			r.start()
			before := time.Now()
			s := r.pausedOn(at.on)
			if s.Paused != at.what || !strings.Contains(s.LastError, at.says) || s.PausedSince.After(before.Add(time.Minute)) {
				t.Errorf("state: got %+v, want paused for %q, with %q in the error", s, at.what, at.says)
			}
			mend()
			r.work(nil)
			r.eventually("the run closes", func() bool {
				r.trigger()
				run := r.run(id)
				return run != nil && run.State == jetsheet.RunClosed
			})
			if s := r.pausedOn(""); s.Paused != "" || !s.PausedSince.IsZero() {
				t.Errorf("state of a producer that goes on: got %+v, want no pause", s)
			}
			if run := r.run(id); run.Closed.Done != 20 || run.Closed.Failed != 0 {
				t.Errorf("run closed with %+v, want 20 done", *run.Closed)
			}
		})
	}
}

// TestProblemOfTheReportIsNoPause: nobody outside can mend it, and other runs go on.
func TestProblemOfTheReportIsNoPause(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.exec(`alter table sites rename to gone`)
	r.applyDaily()
	r.start()
	r.eventually("the error is told", func() bool {
		r.trigger()
		s, _ := r.state()
		return s.Paused != "" || strings.Contains(r.log.String(), "does not exist")
	})
	if s, _ := r.state(); s.Paused != "" {
		t.Errorf("state: got %+v, want no pause", s)
	}
}

func TestWhatAnErrorWaitsFor(t *testing.T) {
	t.Parallel()
	away := &query.StatementError{Kind: query.Unavailable}
	for name, at := range map[string]struct {
		err  error
		want jetsheet.Resource
	}{
		"database":             {fmt.Errorf("planning: %w", statementProblem(away)), jetsheet.ResourceDatabase},
		"database's clock":     {errors.Join(nil, away), jetsheet.ResourceDatabase},
		"statement":            {statementProblem(&query.StatementError{Kind: query.Invalid}), ""},
		"tick to come":         {&planError{jetsheet.ClassUnavailable, "", errors.New("the tick has not come")}, ""},
		"definition":           {&planError{jetsheet.ClassPermanent, jetsheet.CauseDefinition, errors.New("no targets")}, ""},
		"stream gone":          {delivery.NotSetUp("stream DONE", jetstream.ErrStreamNotFound), jetsheet.ResourceNATS},
		"record of a run":      {about(jetsheet.RunID{}, "reading the record", jetstream.ErrKeyNotFound), ""},
		"plan lost":            {fmt.Errorf("%w: %w", errPlanLost, jetstream.ErrObjectNotFound), ""},
		"NATS does not answer": {fmt.Errorf("list: %w", context.DeadlineExceeded), jetsheet.ResourceNATS},
		"nothing":              {nil, ""},
	} {
		got, what, ok := delivery.Waits(unavailable(at.err))
		if !ok {
			got = ""
		}
		if got != at.want || ok && what == "" {
			t.Errorf("%s (%v): got %q, %q, want %q", name, at.err, got, what, at.want)
		}
	}
}

// waitingFreezer says what a freezing that fails waits for, as cmd's does.
type waitingFreezer struct {
	Freezer
	what string
	down atomic.Bool
}

func (f *waitingFreezer) Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error) {
	if f.down.Load() {
		return nil, delivery.Unavailable(f.what, errors.New("put record: 403 AccessDenied"))
	}
	frozen, err := f.Freezer.Freeze(ctx, run, definition, scope)
	if err != nil {
		return nil, delivery.Unavailable(f.what, err)
	}
	return frozen, nil
}

// fail makes reading the clock fail, or succeed again.
func (c *clock) fail(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
}

// resize gives a stream another limit on its bytes, -1 for none.
func (r *rig) resize(stream string, maxBytes int64) {
	r.t.Helper()
	s, err := r.js.Stream(r.t.Context(), stream)
	if err != nil {
		r.t.Fatal(err)
	}
	config := s.CachedInfo().Config
	config.MaxBytes = maxBytes
	if _, err := r.js.UpdateStream(r.t.Context(), config); err != nil {
		r.t.Fatal(err)
	}
}
