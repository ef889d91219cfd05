package producer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

var errKilled = errors.New("killed by the test")

// mortal is a JetStream that dies at a point, as a process does: from then on
// nothing it does has any effect. After says that the effect of the point itself
// still happens.
type mortal struct {
	jetstream.JetStream
	point string
	after bool
	skip  atomic.Int32 // times the point is passed unharmed
	once  sync.Once
	died  chan struct{}
}

func (r *rig) mortal(point string, after bool, skip int) *mortal {
	m := &mortal{JetStream: r.js, point: point, after: after, died: make(chan struct{})}
	m.skip.Store(int32(skip)) //nolint:gosec // a test's number
	return m
}

// at runs an effect, unless the process is dead or dies here.
func (m *mortal) at(point string, effect func() error) error {
	select {
	case <-m.died:
		return errKilled
	default:
	}
	if point != m.point || m.skip.Add(-1) >= 0 {
		return effect()
	}
	var err error
	if m.after {
		err = effect()
	}
	m.once.Do(func() { close(m.died) })
	return errors.Join(err, errKilled)
}

func (m *mortal) PublishMsgAsync(msg *nats.Msg, opts ...jetstream.PublishOpt) (ack jetstream.PubAckFuture, err error) {
	err = m.at("publish", func() error {
		ack, err = m.JetStream.PublishMsgAsync(msg, opts...)
		return err
	})
	return ack, err
}

func (m *mortal) PublishMsg(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) (ack *jetstream.PubAck, err error) {
	point := "record failure"
	if strings.HasPrefix(msg.Subject, jetsheet.EntrySubject(jetsheet.BucketProgress, "")) {
		point = "worker state" // comes at any time
	}
	err = m.at(point, func() error {
		ack, err = m.JetStream.PublishMsg(ctx, msg, opts...)
		return err
	})
	return ack, err
}

func (m *mortal) KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error) {
	kv, err := m.JetStream.KeyValue(ctx, bucket)
	return mortalKV{kv, m, bucket}, err
}

func (m *mortal) ObjectStore(ctx context.Context, bucket string) (jetstream.ObjectStore, error) {
	store, err := m.JetStream.ObjectStore(ctx, bucket)
	return mortalStore{store, m}, err
}

type mortalKV struct {
	jetstream.KeyValue
	m      *mortal
	bucket string
}

func (kv mortalKV) Create(ctx context.Context, key string, value []byte, opts ...jetstream.KVCreateOpt) (revision uint64, err error) {
	err = kv.m.at("create "+kv.bucket, func() error {
		revision, err = kv.KeyValue.Create(ctx, key, value, opts...)
		return err
	})
	return revision, err
}

func (kv mortalKV) Update(ctx context.Context, key string, value []byte, revision uint64) (written uint64, err error) {
	err = kv.m.at("update "+kv.bucket, func() error {
		written, err = kv.KeyValue.Update(ctx, key, value, revision)
		return err
	})
	return written, err
}

type mortalStore struct {
	jetstream.ObjectStore
	m *mortal
}

func (s mortalStore) Put(ctx context.Context, meta jetstream.ObjectMeta, r io.Reader) (info *jetstream.ObjectInfo, err error) {
	err = s.m.at("store plan", func() error {
		info, err = s.ObjectStore.Put(ctx, meta, r)
		return err
	})
	return info, err
}

// Wherever a producer is killed, the next one completes the run: each conversion is
// queued once, and once the plan is stored nobody asks for the targets again.
func TestProducerKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		point   string
		after   bool
		skip    int
		planned bool // the plan stands when it dies
	}{
		{point: "create runs"},
		{point: "create runs", after: true},
		{point: "create progress", after: true},
		{point: "store plan"},
		{point: "store plan", after: true},
		{point: "update runs"},
		{point: "update runs", after: true, planned: true},
		{point: "publish", planned: true},
		{point: "publish", after: true, planned: true},
		{point: "publish", skip: 70, planned: true},
		{point: "publish", after: true, skip: 149, planned: true},
		{point: "record failure", planned: true},
		{point: "record failure", after: true, skip: 1, planned: true},
		{point: "update runs", skip: 1, planned: true},
		{point: "update runs", skip: 1, after: true, planned: true},
		{point: "update runs", skip: 2, planned: true},
		{point: "update runs", skip: 2, after: true, planned: true},
	} {
		t.Run(fmt.Sprintf("%s after=%v skip=%d", at.point, at.after, at.skip), func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.sites(50, 1, "a", "b", "c")
			r.exec(`insert into sites (tenant, target) values ('', 'x'), ('', 'y'), ('', 'z')`)
			r.schedules("daily") // publishing them would count as a point
			id := r.applyDaily()
			w := r.work(nil)
			doomed := r.mortal(at.point, at.after, at.skip)
			cfg := r.cfg
			cfg.JetStream, cfg.Freezer, cfg.Worker = doomed, r.freezerOver(doomed), "doomed"
			stop := r.startWith(cfg)
			r.eventually("the first producer is killed", func() bool {
				select {
				case <-doomed.died:
					return true
				default:
					return false
				}
			})
			stop()
			r.exec(`insert into sites (tenant, target) values ('late', 's1')`)
			r.start()
			run := r.until(id, jetsheet.RunClosed)
			want := jetsheet.Counts{Expected: 154, Done: 151, Failed: 3}
			if at.planned {
				want = jetsheet.Counts{Expected: 153, Done: 150, Failed: 3}
			}
			if *run.Closed != want {
				t.Errorf("closed with %+v, want %+v", *run.Closed, want)
			}
			if n := w.takenOnce(t); n != want.Done {
				t.Errorf("%d conversions were requested, want %d", n, want.Done)
			}
		})
	}
}

func (r *rig) freezerOver(js jetstream.JetStream) *freezer {
	r.t.Helper()
	mine, ok := r.cfg.Freezer.(*freezer)
	if !ok {
		r.t.Fatalf("freezer is a %T", r.cfg.Freezer)
	}
	return r.freezer(js, mine.stores.Records)
}

// schedules lets a producer publish the schedule of the daily report and go.
func (r *rig) schedules(report string) {
	r.t.Helper()
	r.apply(report, daily, noon.AddDate(1, 0, 0))
	stop := r.start()
	r.eventually("the schedule is set", func() bool { return r.subjects(jetsheet.StreamTriggers)[jetsheet.ScheduleSubject(report)] == 1 })
	stop()
}

func TestTwoProducersAtOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.ClaimTTL = time.Minute // neither of them is silent
	r.sites(200, 1, "a", "b")
	r.cfg.LaneWindow = 50
	w := r.work(nil)
	other := r.cfg
	other.Worker, other.TempDir = "producer-2", t.TempDir()
	r.startWith(other)
	r.start()
	id := r.applyDaily()
	run := r.until(id, jetsheet.RunClosed)
	if want := (jetsheet.Counts{Expected: 400, Done: 400}); *run.Closed != want {
		t.Errorf("closed with %+v, want %+v", *run.Closed, want)
	}
	if n := w.takenOnce(t); n != 400 {
		t.Errorf("%d conversions were requested, want 400", n)
	}
}

// Both plan at the same time: one plan is stored, both obey it.
func TestTwoPlannersObeyOnePlan(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(20, 1, "a")
	id := jetsheet.RunID{Tick: midnight, Report: "daily"}
	if _, err := r.cfg.Freezer.Freeze(t.Context(), id, daily, jetsheet.Scope{}); err != nil {
		t.Fatal(err)
	}
	p, err := New(t.Context(), r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	run := r.run(id)
	ours := make(chan bool, 4)
	var group sync.WaitGroup
	for range cap(ours) {
		group.Go(func() {
			won, err := p.plan(t.Context(), run)
			if err != nil {
				t.Errorf("plan: %v", err)
			}
			ours <- won
		})
	}
	group.Wait()
	close(ours)
	winners := 0
	for won := range ours {
		if won {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d planners won, want 1", winners)
	}
	objects, err := p.plans.List(t.Context())
	if err != nil || len(objects) != 1 || objects[0].Name != r.run(id).Plan.Object {
		t.Errorf("plans %v (%v), want only %s", objects, err, r.run(id).Plan.Object)
	}
}

func TestClaimIsTakenOver(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(5, 1, "a")
	id := r.applyDaily()
	// Somebody who never gives up and never works.
	if _, err := r.kv(jetsheet.BucketProgress).Put(t.Context(), jetsheet.PublisherKey(id), []byte("silent")); err != nil {
		t.Fatal(err)
	}
	r.work(nil)
	r.start()
	r.until(id, jetsheet.RunClosed)
}

func TestClaimDeletedByHand(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(5, 1, "a")
	id := r.applyDaily()
	kv := r.kv(jetsheet.BucketProgress)
	if _, err := kv.Put(t.Context(), jetsheet.PublisherKey(id), []byte("gone")); err != nil {
		t.Fatal(err)
	}
	if err := kv.Delete(t.Context(), jetsheet.PublisherKey(id)); err != nil {
		t.Fatal(err)
	}
	r.work(nil)
	r.start()
	r.until(id, jetsheet.RunClosed)
}
