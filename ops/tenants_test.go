package ops

import (
	"slices"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// later is runOf some months later.
func later(report string, months int) jetsheet.RunID {
	id := runOf(report, 0)
	id.Tick = id.Tick.AddDate(0, months, 0)
	return id
}

func TestKnownTenantsAreThoseOfTheNewestPlans(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.store(runOf("orders", 0), jetsheet.Scope{}, target("gone", "1"))
	r.store(later("orders", 1), jetsheet.Scope{}, target("b", "1"), target("a", "1"), target("a", "2"), jetsheet.Target{
		Tenant: "", Target: "x", Route: jetsheet.RouteNew, Problem: &jetsheet.TargetProblem{Cause: jetsheet.CauseTenantID, Message: "empty"},
	})
	rerun := later("orders", 1)
	rerun.Rerun = 7
	r.store(rerun, jetsheet.Scope{Tenant: "z"}, target("z", "1"))
	planning := r.store(later("orders", 2), jetsheet.Scope{}, target("soon", "1"))
	planning.Plan, planning.State = nil, jetsheet.RunPlanning
	r.put(planning)
	r.store(runOf("notes", 0), jetsheet.Scope{}, target("c", "1"))
	lost := r.store(runOf("lost", 0), jetsheet.Scope{}, target("d", "1"))
	r.check(r.plans.Delete(t.Context(), lost.Plan.Object))
	_, err := r.runs.PutString(t.Context(), jetsheet.RunKey(later("notes", 1)), "damaged")
	r.check(err)

	known, err := r.reader.KnownTenants(t.Context())
	r.check(err)
	if want := []string{"a", "b", "c"}; !slices.Equal(known.Tenants, want) {
		t.Errorf("tenants %q, want %q", known.Tenants, want)
	}
	ids := func(runs []jetsheet.RunID) (names []string) {
		for _, id := range runs {
			names = append(names, id.Report+" "+id.Tick.Format(time.DateOnly))
		}
		slices.Sort(names)
		return names
	}
	if got, want := ids(known.Runs), ids([]jetsheet.RunID{later("orders", 1), runOf("notes", 0)}); !slices.Equal(got, want) {
		t.Errorf("read from %q, want %q", got, want)
	}
	if got, want := ids(known.Unread), ids([]jetsheet.RunID{runOf("lost", 0), later("notes", 1)}); !slices.Equal(got, want) {
		t.Errorf("not read from %q, want %q", got, want)
	}
	if counts, err := r.reader.PlannedTenants(t.Context(), later("orders", 1)); err != nil || len(counts) != 2 || counts["a"] != 2 {
		t.Errorf("PlannedTenants = %v, %v, want 2 of a and 1 of b", counts, err)
	}
}
