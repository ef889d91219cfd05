package producer

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// open starts a run of n sites whose requests nobody takes.
func (r *rig) open(n int) jetsheet.RunID {
	r.t.Helper()
	r.sites(n, 1, "a")
	id := r.applyDaily()
	r.start()
	r.until(id, jetsheet.RunOpen)
	return id
}

func site(id jetsheet.RunID, n int) jetsheet.Conversion {
	return jetsheet.Conversion{Run: id, Tenant: "a", Target: fmt.Sprintf("s%d", n)}
}

func (r *rig) drop(stream, subject string) {
	r.t.Helper()
	s, err := r.js.Stream(r.t.Context(), stream)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := s.Purge(r.t.Context(), jetstream.WithPurgeSubject(subject)); err != nil {
		r.t.Fatal(err)
	}
}

func TestLostRequestIsPublishedAgain(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := r.open(10)
	subject := jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, 4))
	r.drop(jetsheet.StreamConversions, subject)
	r.eventually("the request is there again", func() bool { return r.subjects(jetsheet.StreamConversions)[subject] == 1 })
	if n := len(r.subjects(jetsheet.StreamConversions)); n != 10 {
		t.Errorf("%d requests, want 10", n)
	}
}

func TestLostRenderedEventIsAskedForAgain(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = 300 * time.Millisecond
	id := r.open(3)
	for i := 1; i <= 3; i++ { // rendered: the request is gone, the event is there
		if _, err := r.js.Publish(t.Context(), jetsheet.RenderedSubject(jetsheet.RouteNew, site(id, i)), []byte("{}")); err != nil {
			t.Fatal(err)
		}
		r.drop(jetsheet.StreamConversions, jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, i)))
	}
	r.drop(jetsheet.StreamRendered, jetsheet.RenderedSubject(jetsheet.RouteNew, site(id, 2)))
	r.eventually("the lost one is asked for again", func() bool { return len(r.subjects(jetsheet.StreamConversions)) > 0 })
	want := jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, 2))
	if got := r.subjects(jetsheet.StreamConversions); len(got) != 1 || got[want] != 1 {
		t.Errorf("requests %v, want only %s", got, want)
	}
}

// What failed for now is queued again when its time comes, byte for byte and with
// its attempts.
func TestRetryIsQueuedWhenDue(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(20, 1, "a")
	id := r.applyDaily()
	var first atomic.Pointer[[]byte]
	var retried atomic.Int32
	w := r.work(func(request jetsheet.Request, m jetstream.Msg) error {
		attempt := m.Headers().Get(jetsheet.HeaderAttempt)
		switch {
		case request.Target.Target != "s7":
			return errors.Join(r.done(request.Conversion()), m.Ack())
		case attempt == "":
			data := m.Data()
			first.Store(&data)
			return r.fail(m, request.Conversion(), 1, time.Now().Add(700*time.Millisecond))
		case attempt == "1":
			retried.Add(1)
			if string(m.Data()) != string(*first.Load()) {
				t.Errorf("retried with %s, want %s", m.Data(), *first.Load())
			}
			return r.fail(m, request.Conversion(), 2, time.Now().Add(-time.Second))
		default:
			retried.Add(1)
			return errors.Join(r.done(request.Conversion()), m.Ack())
		}
	})
	r.start()
	run := r.until(id, jetsheet.RunClosed)
	if *run.Closed != (jetsheet.Counts{Expected: 20, Done: 20}) || retried.Load() != 2 {
		t.Errorf("closed with %+v after %d retries, want 20 done after 2", *run.Closed, retried.Load())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.taken[jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, 7))]); n != 3 {
		t.Errorf("the failing one was requested %d times, want 3", n)
	}
}

// Retries are looked after while the plan is still being published.
func TestRetryWhilePublishing(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.LaneWindow = 10
	r.sites(40, 1, "a")
	id := r.applyDaily()
	retried := make(chan struct{})
	r.work(func(request jetsheet.Request, m jetstream.Msg) error {
		switch {
		case m.Headers().Get(jetsheet.HeaderAttempt) != "":
			close(retried)
		case request.Target.Target == "s1":
			return r.fail(m, request.Conversion(), 1, time.Now())
		case request.Target.Target != "s2" && request.Target.Target != "s3": // holds the window until the retry came
			go func() {
				select {
				case <-retried:
				case <-t.Context().Done():
				}
				_ = r.done(request.Conversion())
				_ = m.Ack()
			}()
			return nil
		}
		return errors.Join(r.done(request.Conversion()), m.Ack())
	})
	// The stalled ones must not come again meanwhile, nor keep the retry out: they are as
	// many as the window is large.
	c, err := r.js.Consumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall))
	if err != nil {
		t.Fatal(err)
	}
	cfg := c.CachedInfo().Config
	cfg.AckWait, cfg.MaxAckPending = 2*time.Minute, 2*r.cfg.LaneWindow
	if _, err := r.js.UpdateConsumer(t.Context(), jetsheet.StreamConversions, cfg); err != nil {
		t.Fatal(err)
	}
	r.start()
	if run := r.until(id, jetsheet.RunClosed); run.Closed.Done != 40 {
		t.Errorf("closed with %+v, want 40 done", *run.Closed)
	}
}

// Between the survey and the publishing an outcome may come.
func TestOutcomeBetweenSurveyAndPublishing(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(3, 1, "a")
	id := jetsheet.RunID{Tick: midnight, Report: "daily"}
	if _, err := r.cfg.Freezer.Freeze(t.Context(), id, daily, jetsheet.Scope{}); err != nil {
		t.Fatal(err)
	}
	p, err := New(t.Context(), r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.plan(t.Context(), r.run(id)); err != nil {
		t.Fatal(err)
	}
	runner := newRunner(p, id)
	if runner.plan, err = p.openPlan(t.Context(), r.run(id)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(runner.plan.close)
	s, err := runner.survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.done(site(id, 1)); err != nil {
		t.Fatal(err)
	}
	f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseInternal, Attempts: 1, At: time.Now(), Request: []byte("{}")}
	if _, err := r.js.PublishMsg(t.Context(), f.Msg(jetsheet.FailedSubject(site(id, 2)))); err != nil {
		t.Fatal(err)
	}
	if finished, err := newPass(runner, s).fill(t.Context()); err != nil || !finished {
		t.Fatalf("fill: %v, %v", finished, err)
	}
	want := jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, 3))
	if got := r.subjects(jetsheet.StreamConversions); len(got) != 1 || got[want] != 1 {
		t.Errorf("requests %v, want only %s", got, want)
	}
}

func TestWindowIsNeverExceeded(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.LaneWindow = 30
	r.sites(400, 1, "a")
	r.sites(100, 5000, "b")
	id := r.applyDaily()
	most, settled := map[string]int{}, map[string]bool{}
	c, err := r.js.Stream(t.Context(), jetsheet.StreamConversions)
	if err != nil {
		t.Fatal(err)
	}
	w := r.work(func(request jetsheet.Request, m jetstream.Msg) error {
		for _, lane := range []jetsheet.Lane{jetsheet.LaneSmall, jetsheet.LaneLarge} {
			info, err := c.Info(t.Context(), jetstream.WithSubjectFilter(jetsheet.LaneSubjects(lane)))
			if err != nil {
				return err
			}
			waiting := 0
			for subject := range info.State.Subjects {
				if !settled[subject] { // the server removes what is acknowledged a moment later
					waiting++
				}
			}
			most[string(lane)] = max(most[string(lane)], waiting)
		}
		settled[m.Subject()] = true
		return errors.Join(r.done(request.Conversion()), m.Ack())
	})
	r.start()
	if run := r.until(id, jetsheet.RunClosed); run.Closed.Done != 500 {
		t.Errorf("closed with %+v, want 500 done", *run.Closed)
	}
	w.acting.Lock()
	defer w.acting.Unlock()
	for lane, n := range most {
		if n > 30 || n < 5 {
			t.Errorf("lane %s held up to %d requests, want at most 30 and refills", lane, n)
		}
	}
}

func TestStreamFullPauses(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s, err := r.js.Stream(t.Context(), jetsheet.StreamConversions)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.MaxBytes = 10_000 // some 25 requests
	if _, err := r.js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	r.sites(120, 1, "a")
	id := r.applyDaily()
	r.start()
	r.eventually("the stream is full", func() bool { return strings.Contains(r.log.String(), "maximum bytes exceeded") })
	w := r.work(nil)
	if run := r.until(id, jetsheet.RunClosed); run.Closed.Done != 120 {
		t.Errorf("closed with %+v, want 120 done", *run.Closed)
	}
	w.takenOnce(t)
}

// A request that the server has given up is queued again, and fails when no attempt
// is left.
func TestDeadRequests(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = 300 * time.Millisecond
	id := r.open(2)
	// s2 has two attempts behind it.
	last := jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, 2))
	s, err := r.js.Stream(t.Context(), jetsheet.StreamConversions)
	if err != nil {
		t.Fatal(err)
	}
	old, err := s.GetLastMsgForSubject(t.Context(), last)
	if err != nil {
		t.Fatal(err)
	}
	again := nats.NewMsg(last)
	again.Data = old.Data
	again.Header.Set(jetsheet.HeaderAttempt, "2")
	r.eventually("the request has its attempts", func() bool {
		r.drop(jetsheet.StreamConversions, last)
		_, err := r.js.PublishMsg(t.Context(), again)
		return err == nil
	})
	c, err := r.js.Consumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall))
	if err != nil {
		t.Fatal(err)
	}
	// Each of the most deliveries is given back.
	first := jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, 1))
	r.eventually("one has failed and the other is queued again with its attempt", func() bool {
		batch, err := c.FetchNoWait(10)
		if err != nil {
			t.Fatal(err)
		}
		for m := range batch.Messages() {
			if m.Subject() == last || m.Headers().Get(jetsheet.HeaderAttempt) == "" {
				_ = m.Nak()
			}
		}
		m, err := s.GetLastMsgForSubject(t.Context(), first)
		return err == nil && m.Header.Get(jetsheet.HeaderAttempt) == "1" && len(r.subjects(jetsheet.StreamFailed)) == 2
	})
	if f := r.failures()[site(id, 2).Address().Key()]; f.Cause != jetsheet.CauseDeadRequest || f.Attempts != 3 || f.Retrying() {
		t.Errorf("failure is %+v, want dead_request after 3 attempts", f)
	}
	if n := len(r.subjects(jetsheet.StreamConversions)); n != 1 {
		t.Errorf("%d requests, want only the one queued again", n)
	}
}
