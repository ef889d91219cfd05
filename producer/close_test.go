package producer

import (
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// stepper is a runner that the test lets go step by step.
func (r *rig) stepper(p *Producer, id jetsheet.RunID) *runner {
	r.t.Helper()
	runner := newRunner(p, id)
	r.t.Cleanup(func() {
		runner.ear.close()
		if runner.plan != nil {
			runner.plan.close()
		}
	})
	return runner
}

func (r *rig) step(runner *runner) (pause time.Duration, closed bool) {
	r.t.Helper()
	pause, closed, err := runner.step(r.t.Context())
	if err != nil {
		r.t.Fatalf("step: %v", err)
	}
	return pause, closed
}

// Outcomes of conversions that the plan does not have close nothing, however many.
func TestOutcomesOutsideThePlanCloseNothing(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = time.Hour
	r.sites(3, 1, "a")
	p, id := r.planned()
	runner := r.stepper(p, id)
	for i := 2; i <= 9; i++ { // s1 is left out, s4 to s9 are not in the plan
		if err := r.done(site(id, i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		if _, closed := r.step(runner); closed {
			t.Fatalf("step %d closed the run with %+v; s1 is missing", i, *r.run(id).Closed)
		}
		if err := r.done(site(id, 10+i)); err != nil { // more of the same
			t.Fatal(err)
		}
	}
	if r.run(id).State != jetsheet.RunOpen {
		t.Fatalf("the run is %s, want open", r.run(id).State)
	}
	if err := r.done(site(id, 1)); err != nil {
		t.Fatal(err)
	}
	r.eventually("the run closes", func() bool {
		_, closed := r.step(runner)
		return closed
	})
	if run := r.run(id); *run.Closed != (jetsheet.Counts{Expected: 3, Done: 3}) {
		t.Errorf("closed with %+v, want 3 done", *run.Closed)
	}
}

// A failure whose request has not left its lane yet counts as pending; the run closes
// soon after it has, without any news.
func TestRunClosesWhenTheLastRequestIsGone(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = time.Hour
	r.sites(1, 1, "a")
	p, id := r.planned()
	runner := r.stepper(p, id)
	r.step(runner)
	f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseInternal, Attempts: 1, At: time.Now(), Request: []byte("{}")}
	if _, err := r.js.PublishMsg(t.Context(), f.Msg(jetsheet.FailedSubject(site(id, 1)))); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, closed := r.step(runner); closed {
			t.Fatal("closed while the request is in its lane")
		}
	}
	r.drop(jetsheet.StreamConversions, jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, 1)))
	r.eventually("the run closes", func() bool {
		_, closed := r.step(runner)
		return closed
	})
}

// A run whose runner has gone to the longest pause wakes up for its last outcome, done
// or failed.
func TestLastOutcomeWakesTheRunner(t *testing.T) {
	t.Parallel()
	for name, settle := range map[string]func(r *rig, c jetsheet.Conversion) error{
		"done": func(r *rig, c jetsheet.Conversion) error { return r.done(c) },
		"failed": func(r *rig, c jetsheet.Conversion) error {
			f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseInternal, Attempts: 1, At: time.Now(), Request: []byte("{}")}
			_, err := r.js.PublishMsg(r.t.Context(), f.Msg(jetsheet.FailedSubject(c)))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.cfg.Interval = time.Hour
			r.sites(2, 1, "a")
			p, id := r.planned()
			sub, err := r.conn.Subscribe(jetsheet.SubjectFailed, p.hearFailure)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = sub.Unsubscribe() })
			runner := r.stepper(p, id)
			p.runners[id] = runner
			r.eventually("the runner pauses", func() bool {
				pause, _ := r.step(runner)
				return pause == idlePace
			})
			r.drop(jetsheet.StreamConversions, jetsheet.SubjectRequests)
			for i := 1; i <= 2; i++ {
				if err := settle(r, site(id, i)); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case <-runner.wake:
			case <-time.After(30 * time.Second):
				t.Fatal("the runner was not woken")
			}
			// Where counting took long, the next comes a while later.
			pause, closed := r.step(runner)
			for ; !closed && pause < idlePace; pause, closed = r.step(runner) {
				<-time.After(pause)
			}
			if !closed {
				t.Errorf("not closed after it was woken; tally %+v", runner.tally)
			}
		})
	}
}

// A failure that a person asked for again is pending while its request waits in a lane of
// people, so its run is not closed with it.
func TestReplayKeepsItsRunOpen(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = time.Hour
	r.sites(2, 1, "a")
	p, id := r.planned()
	runner := r.stepper(p, id)
	r.step(runner)
	f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseInternal, Attempts: 1, At: time.Now(), Request: mustJSON(t, jetsheet.NewRequest(id, &jetsheet.Target{Tenant: "a", Target: "s1"}))}
	if _, err := r.js.PublishMsg(t.Context(), f.Msg(jetsheet.FailedSubject(site(id, 1)))); err != nil {
		t.Fatal(err)
	}
	r.replay(jetsheet.LaneBulk, site(id, 1))
	for _, c := range []jetsheet.Conversion{site(id, 1), site(id, 2)} {
		r.drop(jetsheet.StreamConversions, jetsheet.RequestSubject(jetsheet.LaneSmall, c))
	}
	if err := r.done(site(id, 2)); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, closed := r.step(runner); closed {
			t.Fatalf("closed with %+v while the replay waits", *r.run(id).Closed)
		}
	}
	if err := r.done(site(id, 1)); err != nil {
		t.Fatal(err)
	}
	r.eventually("the run closes", func() bool {
		_, closed := r.step(runner)
		return closed
	})
	if run := r.run(id); *run.Closed != (jetsheet.Counts{Expected: 2, Done: 2}) {
		t.Errorf("closed with %+v, want 2 done", *run.Closed)
	}
}
