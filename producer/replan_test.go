package producer

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// planned freezes and plans a run; no producer works on it yet.
func (r *rig) planned() (*Producer, jetsheet.RunID) {
	r.t.Helper()
	id := r.applyDaily()
	if _, err := r.cfg.Freezer.Freeze(r.t.Context(), id, daily, jetsheet.Scope{}); err != nil {
		r.t.Fatal(err)
	}
	p, err := New(r.t.Context(), r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := p.plan(r.t.Context(), r.run(id)); err != nil {
		r.t.Fatal(err)
	}
	return p, id
}

func (r *rig) plans() jetstream.ObjectStore {
	r.t.Helper()
	plans, err := r.js.ObjectStore(r.t.Context(), jetsheet.StorePlans)
	if err != nil {
		r.t.Fatal(err)
	}
	return plans
}

// However a stored plan is lost, the next producer plans the run again.
func TestLostPlanIsMadeAgain(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(r *rig, object string){
		"deleted": func(r *rig, object string) {
			if err := r.plans().Delete(r.t.Context(), object); err != nil {
				r.t.Fatal(err)
			}
		},
		"bucket made anew": func(r *rig, _ string) {
			if err := r.js.DeleteObjectStore(r.t.Context(), jetsheet.StorePlans); err != nil {
				r.t.Fatal(err)
			}
			r.provision()
		},
		"cut short": func(r *rig, object string) {
			whole, err := r.plans().GetBytes(r.t.Context(), object)
			if err != nil {
				r.t.Fatal(err)
			}
			if _, err := r.plans().PutBytes(r.t.Context(), object, whole[:len(whole)-20]); err != nil {
				r.t.Fatal(err)
			}
		},
		"chunks purged": func(r *rig, object string) {
			info, err := r.plans().GetInfo(r.t.Context(), object)
			if err != nil {
				r.t.Fatal(err)
			}
			r.drop(jetsheet.StoreStream(jetsheet.StorePlans), jetsheet.ObjectChunkSubject(jetsheet.StorePlans, info.NUID))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.sites(3, 1, "a")
			_, id := r.planned()
			lost := r.run(id).Plan.Object
			lose(r, lost)
			// Done before the plan was lost, and no target any more: it stays, and counts for
			// nothing.
			if err := r.done(site(id, 3)); err != nil {
				t.Fatal(err)
			}
			r.exec(`delete from sites where target = 's3'`)
			r.sites(1, 1, "b")
			w := r.work(nil)
			r.start()
			var told string
			r.eventually("the run is closed", func() bool {
				run := r.run(id)
				if run.Problem != nil {
					told = run.Problem.Message
				}
				return run.State == jetsheet.RunClosed
			})
			run := r.run(id)
			if want := (jetsheet.Counts{Expected: 3, Done: 3}); *run.Closed != want || run.Problem != nil || run.Plan.Object == lost {
				t.Errorf("closed with %+v, problem %+v and plan %s; want %+v, none and another plan", *run.Closed, run.Problem, run.Plan.Object, want)
			}
			if !strings.Contains(told, lost) {
				t.Errorf("meanwhile the problem was %q, want one that names %s", told, lost)
			}
			if n := w.takenOnce(t); n != 3 {
				t.Errorf("%d conversions were requested, want 3: not the one that is done", n)
			}
			r.eventually("the new plan is stored", func() bool {
				objects, err := r.plans().List(t.Context())
				return err == nil && slices.ContainsFunc(objects, func(o *jetstream.ObjectInfo) bool { return o.Name == run.Plan.Object })
			})
		})
	}
}

// A plan that is lost while a producer has it is stored again as it was: publishing
// and open.
func TestLostPlanIsStoredAgain(t *testing.T) {
	t.Parallel()
	for _, state := range []jetsheet.RunState{jetsheet.RunPublishing, jetsheet.RunOpen} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			if state == jetsheet.RunPublishing {
				r.cfg.LaneWindow = 10
			}
			r.sites(30, 1, "a")
			id := r.applyDaily()
			r.start()
			r.eventually("requests are queued", func() bool { return len(r.subjects(jetsheet.StreamConversions)) >= 10 })
			before := r.until(id, state)
			if before.State != state {
				t.Fatalf("the run is %s, want %s", before.State, state)
			}
			if err := r.plans().Delete(t.Context(), before.Plan.Object); err != nil {
				t.Fatal(err)
			}
			r.exec(`delete from sites`)
			var after *jetsheet.Run
			r.eventually("the plan is stored again", func() bool {
				after = r.run(id)
				return after.Plan.Object != before.Plan.Object
			})
			if after.Plan.SHA256 != before.Plan.SHA256 || after.Plan.Expected != 30 {
				t.Errorf("the plan is %+v, want the one of before, %+v", *after.Plan, *before.Plan)
			}
			if whole, err := r.plans().GetBytes(t.Context(), after.Plan.Object); err != nil || int64(len(whole)) != before.Plan.SizeBytes {
				t.Errorf("stored %d bytes, %v; want %d", len(whole), err, before.Plan.SizeBytes)
			}
			w := r.work(nil)
			if run := r.until(id, jetsheet.RunClosed); run.Closed.Done != 30 {
				t.Errorf("closed with %+v, want 30 done", *run.Closed)
			}
			w.takenOnce(t)
		})
	}
}

// A plan that is lost while nobody has it, in a run that is open: another producer
// plans again, and the conversions that the new plan has and the old one had not are
// asked for.
func TestPlanLostWhileOpen(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(4, 1, "a")
	id := r.applyDaily()
	stop := r.start()
	lost := r.until(id, jetsheet.RunOpen).Plan.Object
	stop()
	if err := r.plans().Delete(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	r.exec(`delete from sites where target = 's1'`)
	r.sites(2, 1, "b")
	r.start()
	r.eventually("the run has another plan", func() bool { return r.run(id).Plan.Object != lost })
	if run := r.run(id); run.State != jetsheet.RunOpen {
		t.Errorf("the run is %s, want open: states move forward only", run.State)
	}
	w := r.work(nil)
	if run := r.until(id, jetsheet.RunClosed); *run.Closed != (jetsheet.Counts{Expected: 5, Done: 5}) {
		t.Errorf("closed with %+v, want 5 done", *run.Closed)
	}
	// s1 was queued by the old plan.
	r.eventually("all six are taken", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.taken) == 6
	})
	w.takenOnce(t)
}

func TestTwoProducersPlanAgainAtOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.ClaimTTL = time.Minute // neither of them is silent
	r.sites(20, 1, "a")
	p, id := r.planned()
	before := r.run(id)
	if err := r.plans().Delete(t.Context(), before.Plan.Object); err != nil {
		t.Fatal(err)
	}
	ours := make(chan bool, 4)
	var group sync.WaitGroup
	for range cap(ours) {
		group.Go(func() {
			seen := *before
			won, err := p.plan(t.Context(), &seen)
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
	after := r.run(id).Plan.Object
	objects, err := r.plans().List(t.Context())
	if err != nil || winners != 1 || len(objects) != 1 || objects[0].Name != after || after == before.Plan.Object {
		t.Errorf("%d won, plans %v (%v); want the new plan %s alone", winners, objects, err, after)
	}
	// One that still has the lost plan obeys the new one.
	late := *before
	if won, err := p.plan(t.Context(), &late); err != nil || won || r.run(id).Plan.Object != after {
		t.Errorf("who comes late: won %t, %v; want to obey %s", won, err, after)
	}
	// Both work on it at once.
	r.sites(1, 1, "b")
	w := r.work(nil)
	other := r.cfg
	other.Worker, other.TempDir = "producer-2", t.TempDir()
	r.startWith(other)
	r.start()
	if run := r.until(id, jetsheet.RunClosed); *run.Closed != (jetsheet.Counts{Expected: 20, Done: 20}) {
		t.Errorf("closed with %+v, want 20 done", *run.Closed)
	}
	w.takenOnce(t)
}

// A plan that one look misses may be on its way to a replica.
func TestPlanIsLostOnlyAfterAWhile(t *testing.T) {
	t.Parallel()
	var l lostPlan
	now := noon
	for _, look := range []struct {
		after  time.Duration
		object string
		want   bool
	}{
		{0, "x", false}, {lostPace - 1, "x", false}, {1, "x", true}, {0, "y", false}, {lostPace, "y", true},
	} {
		now = now.Add(look.after)
		if got := l.see(look.object, now); got != look.want {
			t.Errorf("%s lost for %s: %t, want %t", look.object, now.Sub(l.since), got, look.want)
		}
	}
}

// Everything is lost, somebody else freezes the run again and cancels it, and only then
// its runner looks: it has a plan that is no longer the run's.
func TestPlanOfALostRecordIsDropped(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(3, 1, "a")
	p, id := r.planned()
	runner := newRunner(p, id)
	if _, _, err := runner.step(t.Context()); err != nil || runner.plan == nil {
		t.Fatalf("step: plan %v, %v", runner.plan, err)
	}
	t.Cleanup(runner.dropPlan)
	if err := r.kv(jetsheet.BucketRuns).Purge(t.Context(), jetsheet.RunKey(id)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.cfg.Freezer.Freeze(t.Context(), id, daily, jetsheet.Scope{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.updateRun(t.Context(), id, func(run *jetsheet.Run) bool {
		run.Cancelled = &jetsheet.Mark{By: "test"}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := runner.step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if run := r.run(id); run.State != jetsheet.RunClosed || *run.Closed != (jetsheet.Counts{}) {
		t.Errorf("the run is %s with %+v, want it closed with nothing expected", run.State, run.Closed)
	}
}

// The record of a closed run is lost and somebody starts the run again: what has failed is
// left to a replay, as it was before.
func TestLostRecordOfAClosedRunTriesNothingAgain(t *testing.T) {
	t.Parallel()
	r := setup(t)
	var again atomic.Int32
	id, _ := r.closedWithFailures(5, func(request jetsheet.Request, m jetstream.Msg) error {
		again.Add(1)
		return r.fail(m, request.Conversion(), jetsheet.MaxAttempts, time.Time{})
	})
	if err := r.kv(jetsheet.BucketRuns).Purge(t.Context(), jetsheet.RunKey(id)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.cfg.Freezer.Freeze(t.Context(), id, daily, jetsheet.Scope{}); err != nil {
		t.Fatal(err)
	}
	if run := r.until(id, jetsheet.RunClosed); *run.Closed != (jetsheet.Counts{Expected: 5, Failed: 5}) || again.Load() != 0 {
		t.Errorf("closed with %+v after %d requests more, want 5 failed and none", run.Closed, again.Load())
	}
}

// A plan is not recorded in a run that is frozen with other routes by now: nobody could
// make its record and S3 agree again.
func TestPlanOfOtherRoutesIsNotRecorded(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(3, 1, "a")
	id := r.applyDaily()
	if _, err := r.cfg.Freezer.Freeze(t.Context(), id, daily, jetsheet.Scope{}); err != nil {
		t.Fatal(err)
	}
	p, err := New(t.Context(), r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	planned := *r.run(id)
	planned.Frozen.FlagsSHA256 = "of an older document"
	if won, err := p.plan(t.Context(), &planned); err != nil || won {
		t.Errorf("plan: won %t, %v; want it refused", won, err)
	}
	if run := r.run(id); run.Plan != nil || run.State != jetsheet.RunPlanning {
		t.Errorf("the run is %s with plan %+v, want it planning", run.State, run.Plan)
	}
	if objects, err := r.plans().List(t.Context()); !errors.Is(err, jetstream.ErrNoObjectsFound) {
		t.Errorf("plans %v, %v; want none", objects, err)
	}
}
