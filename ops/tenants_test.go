package ops

import (
	"maps"
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

// TestKnownTenantsAreThoseOfTheLastPeriods: a report that comes daily may have each tenant
// in one plan of a month.
func TestKnownTenantsAreThoseOfTheLastPeriods(t *testing.T) {
	t.Parallel()
	r := setup(t)
	for _, report := range []string{"orders", "notes", "lost", "idle"} {
		r.apply(report, "")
	}
	r.store(later("orders", -5), jetsheet.Scope{}, target("long-ago", "1"))
	r.store(later("orders", -1), jetsheet.Scope{}, target("before", "1"))
	r.store(runOf("orders", 0), jetsheet.Scope{}, target("not-due", "1"))
	r.store(later("orders", 1), jetsheet.Scope{}, target("b", "1"), target("a", "1"), target("a", "2"), jetsheet.Target{
		Tenant: "", Target: "x", Route: jetsheet.RouteNew, Problem: &jetsheet.TargetProblem{Cause: jetsheet.CauseTenantID, Message: "empty"},
	})
	rerun := later("orders", 1)
	rerun.Rerun = 7
	r.store(rerun, jetsheet.Scope{Tenant: "z"}, target("z", "1"))
	planning := r.store(later("orders", 2), jetsheet.Scope{}, target("soon", "1"))
	planning.Plan, planning.State = nil, jetsheet.RunPlanning
	r.put(planning)
	r.store(runOf("notes", 0), jetsheet.Scope{}, target("c", "1"), target("b", "1"))
	r.store(runOf("removed", 0), jetsheet.Scope{}, target("of-removed", "1"))
	r.store(runOf("lost", 0), jetsheet.Scope{}, target("d", "1"))
	r.losePlan(runOf("lost", 0))
	_, err := r.runs.PutString(t.Context(), jetsheet.RunKey(later("notes", 1)), "damaged")
	r.check(err)

	known, err := r.reader.KnownTenants(t.Context(), 0)
	r.check(err)
	if want := []string{"a", "b", "before", "c", "not-due", "z"}; !slices.Equal(known.Tenants, want) {
		t.Errorf("tenants %q, want %q", known.Tenants, want)
	}
	byReport := map[string][]string{"orders": {"a", "b", "before", "not-due", "z"}, "notes": {"b", "c"}}
	if !maps.EqualFunc(known.ByReport, byReport, slices.Equal) {
		t.Errorf("by report %q, want %q", known.ByReport, byReport)
	}
	for _, c := range []struct {
		what      string
		got, want []jetsheet.RunID
	}{
		{"read", known.Runs, []jetsheet.RunID{runOf("notes", 0), rerun, later("orders", 1), runOf("orders", 0), later("orders", -1)}},
		{"not read", known.Unread, []jetsheet.RunID{runOf("lost", 0), later("notes", 1)}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	soon, err := r.reader.KnownTenants(t.Context(), time.Nanosecond)
	r.check(err)
	if want := []jetsheet.RunID{runOf("notes", 0), rerun}; !soon.Cut || known.Cut || !slices.Equal(soon.Runs, want) {
		t.Errorf("without time it reads %v, cut %t, want %v and to say so", soon.Runs, soon.Cut, want)
	}
	if counts, err := r.reader.PlannedTenants(t.Context(), later("orders", 1)); err != nil || len(counts) != 2 || counts["a"] != 2 {
		t.Errorf("PlannedTenants = %v, %v, want 2 of a and 1 of b", counts, err)
	}
}

// TestLookBackGoesByThePeriods: days are looked at for a month all the same, longer periods
// for as many of them as are wanted.
func TestLookBackGoesByThePeriods(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct{ period, last time.Duration }{{0, shortestLookBack}, {day, shortestLookBack}, {31 * day, 124 * day}, {366 * day, 4 * 366 * day}} {
		back := lookBack{periods: 4}
		back.see(&jetsheet.Target{Period: jetsheet.Period{From: tick.Add(-c.period), Until: tick}})
		if back.over(tick) || back.over(tick.Add(-c.last)) || !back.over(tick.Add(-c.last-time.Second)) {
			t.Errorf("periods of %s: want to look back %s", c.period, c.last)
		}
	}
}
