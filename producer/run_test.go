package producer

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

func TestRunFromTickToClose(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(30, 10, "a", "b")
	r.sites(2, 5000, "c")
	id := r.applyDaily()
	w := r.work(nil)
	r.start()
	run := r.until(id, jetsheet.RunClosed)
	want := jetsheet.Counts{Expected: 62, Done: 62}
	if run.Closed == nil || *run.Closed != want {
		t.Errorf("closed with %+v, want %+v", run.Closed, want)
	}
	if n := w.takenOnce(t); n != 62 {
		t.Errorf("%d conversions were requested, want 62", n)
	}
	if run.Plan.Lanes[jetsheet.LaneLarge] != 2 || run.Plan.Lanes[jetsheet.LaneSmall] != 60 {
		t.Errorf("lanes are %v, want 2 large and 60 small", run.Plan.Lanes)
	}
	if run.Plan.Snapshot.ID == "" || run.Plan.Snapshot.At.IsZero() {
		t.Errorf("the plan's snapshot is %+v, want the database's", run.Plan.Snapshot)
	}
}

func TestRouteDecidesWhatIsExpected(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(3, 1, "legacy", "shadow", "new", "hold")
	r.routes(map[string]jetsheet.Route{"legacy": jetsheet.RouteLegacy, "shadow": jetsheet.RouteShadow, "hold": jetsheet.RouteHold})
	id := r.applyDaily()
	w := r.work(nil)
	r.start()
	run := r.until(id, jetsheet.RunClosed)
	want := jetsheet.Counts{Expected: 9, Done: 6, Failed: 3}
	if *run.Closed != want {
		t.Errorf("closed with %+v, want %+v", *run.Closed, want)
	}
	if n := w.takenOnce(t); n != 6 {
		t.Errorf("%d requests, want 6", n)
	}
	failures := r.failures()
	for i := 1; i <= 3; i++ {
		key := jetsheet.Conversion{Run: id, Tenant: "hold", Target: fmt.Sprintf("s%d", i)}.Address().Key()
		if failures[key].Cause != jetsheet.CauseHeld {
			t.Errorf("failure of %s is %+v, want cause held", key, failures[key])
		}
	}
	if len(failures) != 3 {
		t.Errorf("%d failures, want 3", len(failures))
	}
}

func TestRunWithoutExpectedClosesAtOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.flags(jetsheet.RouteLegacy)
	r.sites(5, 1, "a")
	id := r.applyDaily()
	r.start()
	run := r.until(id, jetsheet.RunClosed)
	if *run.Closed != (jetsheet.Counts{}) || run.Plan.Targets != 5 || run.Plan.Routes[jetsheet.RouteLegacy] != 5 {
		t.Errorf("closed with %+v and plan %+v, want nothing expected of 5 targets", *run.Closed, run.Plan)
	}
	if n := r.subjects(jetsheet.StreamConversions); len(n) != 0 {
		t.Errorf("requests %v, want none", n)
	}
}

func TestSeveralReports(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(5, 1, "a")
	var ids []jetsheet.RunID
	for i := range 4 {
		name := fmt.Sprintf("report-%d", i)
		r.apply(name, "report: "+name+daily[len("report: daily"):], midnight.Add(-time.Hour))
		ids = append(ids, jetsheet.RunID{Tick: midnight, Report: name})
	}
	r.apply("broken", "report: broken\nnonsense: 1\n", midnight.Add(-time.Hour))
	r.work(nil)
	r.start()
	for _, id := range ids {
		if run := r.until(id, jetsheet.RunClosed); run.Closed.Done != 5 {
			t.Errorf("run %s closed with %+v, want 5 done", id, *run.Closed)
		}
	}
}

// The counts that people see hold at every moment.
func TestExpectedIsDonePlusFailedPlusPending(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(400, 1, "a", "b", "c")
	r.cfg.LaneWindow = 100
	id := r.applyDaily()
	p, err := New(t.Context(), r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	r.work(func(request jetsheet.Request, m jetstream.Msg) error {
		if n++; n%7 == 0 {
			return r.fail(m, request.Conversion(), 3, time.Time{})
		}
		return errors.Join(r.done(request.Conversion()), m.Ack())
	})
	r.start()
	r.until(id, jetsheet.RunPublishing)
	sampler := newRunner(p, id)
	if sampler.plan, err = p.openPlan(t.Context(), r.run(id)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sampler.plan.close)
	samples := 0
	r.eventually("the run closes", func() bool {
		s, err := sampler.survey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counts, err := sampler.compare(s)
		if err != nil {
			t.Fatal(err)
		}
		if sum := counts.Done + counts.Failed + counts.Pending; sum != 1200 {
			t.Fatalf("done + failed + pending = %d (%+v), want 1200", sum, counts)
		}
		samples++
		return r.run(id).State == jetsheet.RunClosed
	})
	if run := r.run(id); run.Closed.Done+run.Closed.Failed != 1200 || run.Closed.Failed < 100 || samples < 2 {
		t.Errorf("closed with %+v after %d samples, want 1200 with over 100 failed", *run.Closed, samples)
	}
}

func TestCancelledRun(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(300, 1, "a")
	r.cfg.LaneWindow = 50
	id := r.applyDaily()
	r.start()
	r.eventually("the window is full", func() bool { return len(r.subjects(jetsheet.StreamConversions)) == 50 })
	r.change(id, func(run *jetsheet.Run) { run.Cancelled = &jetsheet.Mark{By: "me", Reason: "wrong month"} })
	r.eventually("what was not queued has failed", func() bool { return len(r.subjects(jetsheet.StreamFailed)) == 250 })
	for key, f := range r.failures() {
		if f.Cause != jetsheet.CauseCancelled || f.Trace == "" {
			t.Fatalf("failure of %s is %+v, want cause cancelled and a trace", key, f)
		}
	}
	r.work(func(request jetsheet.Request, m jetstream.Msg) error {
		return r.fail(m, request.Conversion(), 1, time.Time{})
	})
	if run := r.until(id, jetsheet.RunClosed); run.Closed.Failed != 300 {
		t.Errorf("closed with %+v, want 300 failed", *run.Closed)
	}
}

func TestCancelledBeforeItsPlan(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.exec(`drop table sites`)
	id := r.applyDaily()
	r.start()
	r.eventually("the problem is recorded", func() bool { run := r.run(id); return run != nil && run.Problem != nil })
	r.change(id, func(run *jetsheet.Run) { run.Cancelled = &jetsheet.Mark{By: "me"} })
	if run := r.until(id, jetsheet.RunClosed); run.Plan != nil || *run.Closed != (jetsheet.Counts{}) {
		t.Errorf("closed with %+v and plan %v, want nothing", *run.Closed, run.Plan)
	}
}

// change edits a run's record as a command does.
func (r *rig) change(id jetsheet.RunID, change func(*jetsheet.Run)) {
	r.t.Helper()
	p, err := New(r.t.Context(), r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := p.updateRun(r.t.Context(), id, func(run *jetsheet.Run) bool { change(run); return true }); err != nil {
		r.t.Fatal(err)
	}
}
