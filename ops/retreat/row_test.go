package retreat

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

// TestFewEachDay: a report of a few workbooks never fails often enough in one run.
func TestFewEachDay(t *testing.T) {
	t.Parallel()
	const day = 20
	for name, c := range map[string]struct {
		// play is what becomes of a day's run, the last of ids, of three workbooks of a group.
		play func(r *rig, n int, ids []jetsheet.RunID)
		want string // the routes of group 2 after each day
	}{
		"all fail":  {func(r *rig, n int, ids []jetsheet.RunID) { r.fail(ids[n], "g2", 3, 1, jetsheet.CauseStatement) }, "new legacy"},
		"most fail": {func(r *rig, n int, ids []jetsheet.RunID) { r.fail(ids[n], "g2", 2, 1, jetsheet.CauseStatement) }, "new new legacy"},
		"the newest is well": {func(r *rig, n int, ids []jetsheet.RunID) {
			if r.fail(ids[n], "g1", 1, 1, jetsheet.CauseStatement); n == 2 { // as late as this
				r.fail(ids[0], "g2", 3, 1, jetsheet.CauseStatement)
				r.fail(ids[1], "g2", 3, 1, jetsheet.CauseStatement)
			}
		}, "new new new new"},
		"one customer's data": {func(r *rig, n int, ids []jetsheet.RunID) {
			tenants := 1
			if n == 1 {
				tenants = 2
			}
			r.fail(ids[n], "g2", tenants, 1, jetsheet.CauseStatement)
		}, "new new new new"},
		"made by a run that was started again": {func(r *rig, n int, ids []jetsheet.RunID) {
			r.fail(ids[n], "g2", 3, 1, jetsheet.CauseStatement)
			r.startAgain(ids[n], "g2", 3)
		}, "new new new new"},
		"decided between two runs": {func(r *rig, n int, ids []jetsheet.RunID) {
			if r.fail(ids[n], "g2", 3, 1, jetsheet.CauseStatement); n == 0 {
				r.promote("g2", jetsheet.RouteHold)
				r.promote("g2", jetsheet.RouteNew)
			}
		}, "new new"},
		"held for a run": {func(r *rig, n int, ids []jetsheet.RunID) {
			switch n {
			case 0:
				r.fail(ids[n], "g2", 3, 1, jetsheet.CauseStatement)
				r.promote("g2", jetsheet.RouteHold)
			case 1:
				r.promote("g2", jetsheet.RouteNew)
			default:
				r.fail(ids[n], "g2", 3, 1, jetsheet.CauseStatement)
			}
		}, "hold new new legacy"},
		"promoted again in the period": {func(r *rig, n int, ids []jetsheet.RunID) {
			if r.fail(ids[n], "g2", 3, 1, jetsheet.CauseStatement); n == 2 {
				r.promote("g2", jetsheet.RouteNew)
			}
		}, "new legacy new new new"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			var ids []jetsheet.RunID
			var got []string
			for n := range strings.Fields(c.want) {
				ids = append(ids, r.planOn(day+n, "orders", 3, 1))
				c.play(r, n, ids)
				r.check(r.watch().look(t.Context()))
				got = append(got, strings.Fields(r.routes())[1])
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("group 2 is routed %v after the days, want %s", got, c.want)
			}
		})
	}
}

// TestRowSaysWhy: whoever reads the history finds the runs.
func TestRowSaysWhy(t *testing.T) {
	t.Parallel()
	r := setup(t)
	for day := range 2 {
		id := r.planOn(30+day, "orders", 3, 1)
		r.fail(id, "g1", 3, 1, jetsheet.CauseStatement)
		r.startAgain(id, "g2", 1) // is no run more
	}
	r.check(r.watch().look(t.Context()))
	newest, err := r.ledger.Newest(t.Context())
	r.check(err)
	const want = "group g1, period 2026-10: 6 of 6 conversions of 2 runs from 20261030T200000Z-orders-0 to 20261031T200000Z-orders-0 failed, of 3 of 3 tenants: " +
		"more than 35.7 % with 99.9 % confidence, the limit is 2.0 %; most of all statement_invalid (6)"
	if newest.By.Reason != want {
		t.Errorf("reason\n%s, want\n%s", newest.By.Reason, want)
	}
}

// TestRowIsBounded: what failed two months ago says nothing of today.
func TestRowIsBounded(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fail(r.planOn(-30, "orders", 3, 1), "g1", 3, 1, jetsheet.CauseStatement)
	r.fail(r.planOn(31, "orders", 3, 1), "g1", 3, 1, jetsheet.CauseStatement)
	r.fail(r.planOn(1, "notes", 3, 1), "g2", 3, 1, jetsheet.CauseStatement)
	for day := range 7 {
		r.planOn(2+day, "notes", 3, 1)
	}
	r.fail(r.planOn(30, "notes", 3, 1), "g2", 3, 1, jetsheet.CauseStatement)
	r.check(r.watch().look(t.Context()))
	if got, want := r.routes(), "new new shadow"; got != want {
		t.Errorf("groups are routed %s, want %s", got, want)
	}
}

// TestLostPlanIsInNobodysWay: what cannot be read of one report does not keep a group of
// another from going back.
func TestLostPlanIsInNobodysWay(t *testing.T) {
	t.Parallel()
	r := setup(t)
	lost := r.planOn(31, "notes", 10, 1)
	r.fail(lost, "g1", 10, 1, jetsheet.CauseStatement)
	plans, err := r.js.ObjectStore(t.Context(), jetsheet.StorePlans)
	r.check(err)
	r.check(plans.Delete(t.Context(), "plan/"+lost.String()))
	r.fail(r.planOn(30, "orders", 10, 1), "g2", 10, 1, jetsheet.CauseStatement)
	if err := r.watch().look(t.Context()); err == nil || !strings.Contains(err.Error(), lost.String()) {
		t.Errorf("look = %v, want an error about run %s", err, lost)
	}
	if got, want := r.routes(), "new legacy shadow"; got != want {
		t.Errorf("groups are routed %s, want %s", got, want)
	}
}

// startAgain has a re-run make the workbooks of tenants of a group.
func (r *rig) startAgain(id jetsheet.RunID, group string, tenants int) {
	r.t.Helper()
	runs, err := r.js.KeyValue(r.t.Context(), jetsheet.BucketRuns)
	r.check(err)
	entry, err := runs.Get(r.t.Context(), jetsheet.RunKey(id))
	r.check(err)
	var run jetsheet.Run
	r.check(json.Unmarshal(entry.Value(), &run))
	run.Frozen.Run.Rerun = 1
	value, err := json.Marshal(&run)
	r.check(err)
	_, err = runs.Put(r.t.Context(), jetsheet.RunKey(run.Frozen.Run), value)
	r.check(err)
	for i := range tenants {
		c := jetsheet.Conversion{Run: run.Frozen.Run, Tenant: fmt.Sprintf("%s-%d", group, i), Target: "0"}
		_, err := r.js.Publish(r.t.Context(), jetsheet.DoneSubject(c), []byte("{}"))
		r.check(err)
	}
}

// TestRowsOfHealthyGroups: each month has 30 runs of a few workbooks, and each run is weighed
// with those before it. A group in which as much fails as may, 2 %, goes back in one month of
// a hundred at most; one in which one in two fails goes back within a week.
func TestRowsOfHealthyGroups(t *testing.T) {
	t.Parallel()
	settings := Settings{Share: 0.02, Failures: 5, Tenants: 2}
	random := rand.New(rand.NewPCG(3, 4))
	const months, tenants = 1000, 6
	back := func(share float64, runs int) (back int) {
		for range months {
			var failed [][tenants]bool
			for range runs {
				var run [tenants]bool
				for i := range run {
					run[i] = random.Float64() < share
				}
				failed = append(failed, run)
				e := newEvidence("g", jetsheet.RunID{})
				e.Runs = make([]jetsheet.RunID, min(len(failed), rowRuns))
				for _, run := range failed[len(failed)-len(e.Runs):] {
					for i, failed := range run {
						if e.plan(strconv.Itoa(i), 1); failed {
							e.fail(strconv.Itoa(i), jetsheet.CausePanic)
						}
					}
				}
				if settings.EnoughInRow(e) {
					back++
					break
				}
			}
		}
		return back
	}
	if got := back(0.02, 30); got > months/100 {
		t.Errorf("at 2 %% a group goes back in %d of %d months, want one in a hundred at most", got, months)
	}
	if got := back(0.5, 7); got < months*99/100 {
		t.Errorf("at 50 %% a group goes back in %d of %d weeks, want 99 of a hundred", got, months)
	}
}
