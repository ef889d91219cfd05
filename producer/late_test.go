package producer

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// closedWithFailures starts a producer and lets a run of n sites close, each failed
// for good; then act settles what is asked for again.
func (r *rig) closedWithFailures(n int, act func(jetsheet.Request, jetstream.Msg) error) (id jetsheet.RunID, stop func()) {
	r.t.Helper()
	r.sites(n, 1, "a")
	id = r.applyDaily()
	var closed atomic.Bool
	r.work(func(request jetsheet.Request, m jetstream.Msg) error {
		if closed.Load() {
			return act(request, m)
		}
		return r.fail(m, request.Conversion(), jetsheet.MaxAttempts, time.Time{})
	})
	stop = r.start()
	r.until(id, jetsheet.RunClosed)
	closed.Store(true)
	return id, stop
}

// replay asks again for a failed conversion as a person does: its bytes, in a lane of
// the person's.
func (r *rig) replay(lane jetsheet.Lane, c jetsheet.Conversion) (name string) {
	r.t.Helper()
	name = jetsheet.NewReplayID(time.Now(), "x")
	m := nats.NewMsg(jetsheet.RequestSubject(lane, c))
	m.Data = r.failures()[c.Address().Key()].Request
	m.Header.Set(jetsheet.HeaderReplay, name)
	if _, err := r.js.PublishMsg(r.t.Context(), m); err != nil {
		r.t.Fatal(err)
	}
	return name
}

func (r *rig) isDone(c jetsheet.Conversion) bool {
	return r.subjects(jetsheet.StreamDone)[jetsheet.DoneSubject(c)] == 1
}

// failRetry fails an attempt for now, keeping what stays with a conversion as workers
// do.
func (r *rig) failRetry(m jetstream.Msg, c jetsheet.Conversion, attempts int, retryAt time.Time) error {
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseInternal, Message: "test", Attempts: attempts, RetryAt: retryAt,
		Worker: "w", Version: "v", At: time.Now(), Request: m.Data(), Replay: m.Headers().Get(jetsheet.HeaderReplay),
	}
	if _, err := r.js.PublishMsg(r.t.Context(), f.Msg(jetsheet.FailedSubject(c))); err != nil {
		return err
	}
	return m.Term()
}

// A replay of a closed run that fails for now is tried again by its planned lane, and
// the run stays as it was closed. Nothing but the failure itself wakes the producer.
func TestReplayOfAClosedRunIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, lane := range []jetsheet.Lane{jetsheet.LaneBulk, jetsheet.LaneExpress} {
		t.Run(string(lane), func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.cfg.Interval = time.Hour
			tried := make(chan jetstream.Msg, 10)
			id, _ := r.closedWithFailures(3, func(request jetsheet.Request, m jetstream.Msg) error {
				tried <- m
				switch m.Headers().Get(jetsheet.HeaderAttempt) {
				case "":
					return r.failRetry(m, request.Conversion(), 1, time.Now().Add(200*time.Millisecond))
				case "1":
					return r.failRetry(m, request.Conversion(), 2, time.Now())
				default:
					return errors.Join(r.done(request.Conversion()), m.Ack())
				}
			})
			before := r.run(id)
			name := r.replay(lane, site(id, 2))
			r.eventually("the conversion is done", func() bool { return r.isDone(site(id, 2)) })
			small := jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, 2))
			for i, want := range []string{jetsheet.RequestSubject(lane, site(id, 2)), small, small} {
				if m := <-tried; m.Subject() != want || m.Headers().Get(jetsheet.HeaderReplay) != name {
					t.Errorf("attempt %d on %s of replay %q, want %s of %q", i+1, m.Subject(), m.Headers().Get(jetsheet.HeaderReplay), want, name)
				}
			}
			if after := r.run(id); after.State != jetsheet.RunClosed || *after.Closed != *before.Closed || !after.ClosedAt.Equal(before.ClosedAt) {
				t.Errorf("the run is %s with %+v, want closed with %+v", after.State, after.Closed, before.Closed)
			}
		})
	}
}

// What failed for now while no producer was there is found by the next one.
func TestRetryOfAClosedRunIsFoundAtStart(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = time.Hour
	id, stop := r.closedWithFailures(2, func(request jetsheet.Request, m jetstream.Msg) error {
		if m.Headers().Get(jetsheet.HeaderAttempt) == "" {
			return r.failRetry(m, request.Conversion(), 1, time.Now())
		}
		return errors.Join(r.done(request.Conversion()), m.Ack())
	})
	stop()
	r.replay(jetsheet.LaneBulk, site(id, 1))
	failed := func() bool { f := r.failures()[site(id, 1).Address().Key()]; return f.Retrying() }
	r.eventually("the replay failed for now", failed)
	r.start()
	r.eventually("the conversion is done", func() bool { return r.isDone(site(id, 1)) })
}

// A worker's failure of a held tenant's conversion, which a person asked for, has no
// planned lane.
func TestRetryWithoutAPlannedLane(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = time.Hour
	r.routes(map[string]jetsheet.Route{"a": jetsheet.RouteHold})
	lanes := make(chan string, 10)
	id, _ := r.closedWithFailures(1, func(request jetsheet.Request, m jetstream.Msg) error {
		lanes <- m.Subject()
		if m.Headers().Get(jetsheet.HeaderAttempt) == "" {
			return r.failRetry(m, request.Conversion(), 1, time.Now())
		}
		return errors.Join(r.done(request.Conversion()), m.Ack())
	})
	r.replay(jetsheet.LaneExpress, site(id, 1))
	r.eventually("the conversion is done", func() bool { return r.isDone(site(id, 1)) })
	<-lanes
	if got, want := <-lanes, jetsheet.RequestSubject(jetsheet.LaneBulk, site(id, 1)); got != want {
		t.Errorf("tried again on %s, want %s", got, want)
	}
}

// One retry that cannot be read fails, and keeps no other from being tried again.
func TestUnreadableRetryFails(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = time.Hour
	id, _ := r.closedWithFailures(2, func(request jetsheet.Request, m jetstream.Msg) error {
		return errors.Join(r.done(request.Conversion()), m.Ack())
	})
	request := r.failures()[site(id, 2).Address().Key()].Request
	for i, body := range [][]byte{[]byte("{"), request} {
		f := jetsheet.Failure{
			Stage: jetsheet.StageRenderer, Cause: jetsheet.CausePanic, Attempts: 1, At: time.Now(), RetryAt: time.Now(), Request: body,
		}
		if _, err := r.js.PublishMsg(t.Context(), f.Msg(jetsheet.FailedSubject(site(id, i+1)))); err != nil {
			t.Fatal(err)
		}
	}
	r.eventually("the readable one is done, the other failed", func() bool {
		f := r.failures()[site(id, 1).Address().Key()]
		return r.isDone(site(id, 2)) && !f.Retrying() && f.Cause == jetsheet.CauseBadMessage
	})
}

// Replays that fill the lanes of people do not keep the planned lanes from being
// filled, nor do they count as missing.
func TestReplaysDoNotBlockThePlan(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.LaneWindow = 10
	for i := range 60 {
		c := jetsheet.Conversion{Run: jetsheet.RunID{Tick: midnight.AddDate(0, 0, -1), Report: "daily"}, Tenant: "a", Target: site(jetsheet.RunID{}, i).Target}
		for _, lane := range []jetsheet.Lane{jetsheet.LaneBulk, jetsheet.LaneExpress} {
			if _, err := r.js.Publish(t.Context(), jetsheet.RequestSubject(lane, c), []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.sites(15, 1, "a")
	id := r.applyDaily()
	r.start()
	queued := func() int {
		n := 0
		for subject := range r.subjects(jetsheet.StreamConversions) {
			if a, err := jetsheet.ParseSubject(subject); err == nil && a.Run == id {
				n++
			}
		}
		return n
	}
	r.eventually("the window is filled", func() bool { return queued() == 10 })
}

// Of two producers both hear of the failures; each is tried again, and the run stays as
// it was closed.
func TestTwoProducersRetryInAClosedRun(t *testing.T) {
	t.Parallel()
	r := setup(t)
	const n = 20
	other := r.cfg
	other.Worker, other.TempDir = "producer-2", t.TempDir()
	r.startWith(other)
	id, _ := r.closedWithFailures(n, func(request jetsheet.Request, m jetstream.Msg) error {
		if m.Headers().Get(jetsheet.HeaderAttempt) == "" {
			return r.failRetry(m, request.Conversion(), 1, time.Now())
		}
		return errors.Join(r.done(request.Conversion()), m.Ack())
	})
	before := r.run(id)
	for i := 1; i <= n; i++ {
		r.replay(jetsheet.LaneBulk, site(id, i))
	}
	r.eventually("all are done", func() bool { return len(r.subjects(jetsheet.StreamDone)) == n })
	if after := r.run(id); *after.Closed != *before.Closed || after.State != jetsheet.RunClosed {
		t.Errorf("the run is %s with %+v, want closed with %+v", after.State, *after.Closed, *before.Closed)
	}
}
