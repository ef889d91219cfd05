package delivery_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// state returns the state of the only worker there is; false where there is none.
func (b *bench) state() (jetsheet.WorkerState, bool) {
	b.Helper()
	workers, err := delivery.Workers(b.Context(), b.progressBucket())
	if err != nil || len(workers) > 1 {
		b.Fatalf("Workers: got %+v, %v, want one at most", workers, err)
	}
	if len(workers) == 0 {
		return jetsheet.WorkerState{}, false
	}
	return workers[0], true
}

func (b *bench) pausedOn(on jetsheet.Resource) bool {
	b.Helper()
	s, _ := b.state()
	return s.PausedOn == on
}

func TestWorkerSaysThatItLivesAndWhyItIsPaused(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	var up atomic.Bool
	stop := b.start(b.config(2, func(context.Context, *delivery.Job) error {
		if !up.Load() {
			return delivery.Unavailable("S3 bucket exports", errors.New("put x.xlsx: 403 AccessDenied"))
		}
		return nil
	}))
	b.eventually("the worker is known", func() bool { _, found := b.state(); return found })
	if s, _ := b.state(); s.Stage != jetsheet.StageRenderer || s.Worker != "worker-1" || s.Version != "test" || s.Slots != 2 ||
		s.StartedAt.IsZero() || s.UpdatedAt.IsZero() || s.Paused != "" || s.PausedOn != "" || !s.PausedSince.IsZero() {
		t.Errorf("state of a worker that waits for messages: got %+v", s)
	}
	kv, err := b.js.Stream(t.Context(), "KV_"+jetsheet.BucketProgress)
	if err != nil {
		t.Fatal(err)
	}
	m, err := kv.GetLastMsgForSubject(t.Context(), "$KV.progress."+jetsheet.WorkerKey(jetsheet.StageRenderer, "worker-1"))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header.Get(jetstream.MsgTTLHeader); got != jetsheet.WorkerStateTTL.String() {
		t.Errorf("life of a state: got %q, want %s", got, jetsheet.WorkerStateTTL)
	}

	before := time.Now()
	b.publish(jetsheet.LaneSmall, "a")
	b.eventually("it is paused", func() bool { return b.pausedOn(jetsheet.ResourceS3) })
	if s, _ := b.state(); s.Paused != "S3 bucket exports" || !strings.Contains(s.LastError, "403 AccessDenied") || s.Working != 1 || s.PausedSince.Before(before) {
		t.Errorf("state while S3 refuses: got %+v", s)
	}
	up.Store(true)
	b.eventually("it works again", func() bool { return b.pausedOn("") })
	if s, _ := b.state(); s.Paused != "" || !s.PausedSince.IsZero() || !strings.Contains(s.LastError, "403 AccessDenied") {
		t.Errorf("state of a worker that goes on: got %+v", s)
	}
	b.eventually("the request is settled", b.drained)
	stop()
	if s, found := b.state(); found {
		t.Errorf("state of a worker that has stopped: got %+v, want none", s)
	}
}

func TestWorkerSaysThatItsGateIsClosed(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	closed := delivery.Unavailable("object store workbooks", errors.New("it is 81 % full"))
	for name, tt := range map[string]struct {
		err  error
		on   jetsheet.Resource
		what string
	}{
		"what is known":   {closed, jetsheet.ResourceObjectStore, "object store workbooks"},
		"what is unknown": {errors.New("it is Sunday"), jetsheet.ResourceOther, "it is Sunday"},
	} {
		var open atomic.Bool
		cfg := b.config(1, func(context.Context, *delivery.Job) error { return nil })
		cfg.Gate = func(context.Context) error {
			if open.Load() {
				return nil
			}
			return tt.err
		}
		stop := b.start(cfg)
		b.eventually("the worker is paused", func() bool { return b.pausedOn(tt.on) })
		if s, _ := b.state(); s.Paused != tt.what || s.LastError != tt.err.Error() {
			t.Errorf("%s: got %+v, want paused %q, last error %q", name, s, tt.what, tt.err)
		}
		open.Store(true)
		b.eventually("it works again", func() bool { return b.pausedOn("") })
		stop()
	}
}

func TestWorkerSaysThatItsQueuesAreGone(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	b.start(b.config(2, func(context.Context, *delivery.Job) error { return nil }))
	for i, lane := range jetsheet.Lanes() {
		if s, _ := b.state(); s.Paused != "" {
			t.Errorf("with %d of 4 queues gone: got %+v, want no pause", i, s)
		}
		if err := b.js.DeleteConsumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(lane)); err != nil {
			t.Fatal(err)
		}
	}
	b.eventually("the worker is paused", func() bool { return b.pausedOn(jetsheet.ResourceNATS) })
	if s, _ := b.state(); s.Paused != "stream CONVERSIONS" || s.LastError == "" {
		t.Errorf("without queues: got %+v, want paused for the stream, and why", s)
	}
	b.provision()
	b.eventually("it works again", func() bool { return b.pausedOn("") })
}

func TestStateThatCannotBeWrittenHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := setup(t, 10*time.Second)
	cfg := b.config(4, func(context.Context, *delivery.Job) error { return nil })
	cfg.RecordStarts = false
	w, err := delivery.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.js.DeleteKeyValue(t.Context(), jetsheet.BucketProgress); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	b.publish(jetsheet.LaneSmall, targets("a", 100)...)
	b.eventually("the requests are settled", b.drained)
	b.eventually("it is told", func() bool { return b.logs.has("worker state not written") })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: got error %v, want nil", err)
	}
}

// TestAnnouncer has several reasons at a time, as a producer with many runs has.
func TestAnnouncer(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Second)
	a := delivery.NewAnnouncer(delivery.AnnouncerConfig{
		JetStream: b.js, Stage: jetsheet.StageProducer, Worker: "producer@host/1-a b", Version: "test", Logger: slog.New(b.logs),
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); a.Run(ctx) }()
	b.eventually("the worker is known", func() bool { _, found := b.state(); return found })
	begun := b.revision()

	a.Pause("run 1", jetsheet.ResourceFlags, "flag document", nil)
	a.Resume("run 1") // too short to be told
	a.Pause("run 1", jetsheet.ResourceFlags, "flag document", errors.New("there is none"))
	a.Pause("run 2", jetsheet.ResourceDatabase, "database", errors.New(strings.Repeat("é", 2000)))
	b.eventually("it is paused", func() bool { return b.pausedOn(jetsheet.ResourceFlags) })
	if got := b.revision() - begun; got != 1 {
		t.Errorf("writes for two reasons at once: got %d, want 1", got)
	}
	first, _ := b.state()
	if n := len(first.LastError); n == 0 || n > 1024 || strings.Trim(first.LastError, "é") != "" {
		t.Errorf("last error: got %d bytes %q, want at most 1 KiB of é", n, first.LastError)
	}
	a.Resume("run 1")
	a.Resume("run 1")
	a.Resume("never")
	b.eventually("the other reason is told", func() bool { return b.pausedOn(jetsheet.ResourceDatabase) })
	if s, _ := b.state(); s.Paused != "database" || !s.PausedSince.Equal(first.PausedSince) {
		t.Errorf("state: got %+v, want paused for the database since %s", s, first.PausedSince)
	}
	a.Resume("run 2")
	b.eventually("it works again", func() bool { return b.pausedOn("") })
	a.PauseFor(time.Hour, "run 3", jetsheet.ResourceS3, "S3 bucket exports", nil)
	b.eventually("it is paused for a while", func() bool { return b.pausedOn(jetsheet.ResourceS3) })
	a.PauseFor(time.Nanosecond, "run 3", jetsheet.ResourceS3, "S3 bucket exports", nil)
	b.eventually("that ends by itself", func() bool {
		workers, err := delivery.LiveWorkers(t.Context(), b.conn, b.progressBucket())
		return err == nil && len(workers) == 1 && workers[0].Paused == ""
	})
	cancel()
	<-ended
	if s, found := b.state(); found {
		t.Errorf("state after the end: got %+v, want none", s)
	}
}

// revision counts what was written to the bucket.
func (b *bench) revision() uint64 {
	b.Helper()
	s, err := b.js.Stream(b.Context(), "KV_"+jetsheet.BucketProgress)
	if err != nil {
		b.Fatal(err)
	}
	return s.CachedInfo().State.LastSeq
}

// TestWorkersAnswerForThemselves: while NATS has no room, what is stored of a worker is not
// what it does. Who asks it is told.
func TestWorkersAnswerForThemselves(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	stop := b.start(b.config(2, func(context.Context, *delivery.Job) error {
		return delivery.Unavailable("S3 bucket exports", errors.New("put x.xlsx: 403 AccessDenied"))
	}))
	live := func() []jetsheet.WorkerState {
		t.Helper()
		workers, err := delivery.LiveWorkers(t.Context(), b.js.Conn(), b.progressBucket())
		if err != nil {
			t.Fatal(err)
		}
		return workers
	}
	b.eventually("the worker is known", func() bool { _, found := b.state(); return found })
	if workers := live(); len(workers) != 1 || workers[0].Worker != "worker-1" || workers[0].Paused != "" {
		t.Fatalf("before: got %+v, want one that works", workers)
	}
	stream, err := b.js.Stream(t.Context(), "KV_"+jetsheet.BucketProgress)
	if err != nil {
		t.Fatal(err)
	}
	config := stream.CachedInfo().Config
	config.MaxBytes = 1
	if _, err := b.js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	b.publish(jetsheet.LaneSmall, "a")
	b.eventually("it says that it is paused", func() bool {
		workers := live()
		return len(workers) == 1 && workers[0].PausedOn != ""
	})
	if b.pausedOn(jetsheet.ResourceS3) || b.pausedOn(jetsheet.ResourceNATS) {
		t.Error("its stored state says so too: there is room, and nothing was tested")
	}
	if err := stream.Purge(t.Context()); err != nil { // as after two minutes
		t.Fatal(err)
	}
	if workers := live(); len(workers) != 1 || workers[0].PausedOn == "" || time.Since(workers[0].UpdatedAt) > 10*time.Second {
		t.Errorf("without a stored state: got %+v, want the worker as it is now", workers)
	}
	stop()
	if workers := live(); len(workers) != 0 {
		t.Errorf("after its end: got %+v, want nobody", workers)
	}
}
