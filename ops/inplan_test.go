package ops

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// plannedOf writes who is planned by an answer: "a yes, b no", or why it is not known.
func plannedOf(answer *RoutesAnswer) string {
	if answer.PlanUnknown != nil {
		return answer.PlanUnknown.Error()
	}
	var each []string
	for _, t := range answer.Tenants {
		each = append(each, fmt.Sprintf("%s %t", t.Tenant, *t.Planned))
	}
	return strings.Join(each, ", ")
}

// plan gives a frozen run a plan of these targets.
func (r *rig) plan(id jetsheet.RunID, targets ...jetsheet.Target) *jetsheet.Run {
	r.t.Helper()
	run, err := r.reader.Record(r.t.Context(), id)
	r.check(err)
	run.Plan, run.State = r.storePlan(id, targets...), jetsheet.RunOpen
	r.put(run)
	return run
}

// TestRoutesSayWhoIsPlanned: a tenant that the targets query does not return has a route,
// and nobody who would make its workbook.
func TestRoutesSayWhoIsPlanned(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	ask := RoutesRequest{Report: "orders", Period: "2026-10", Tenants: []string{"unknown", "a", "bad", "legacy", "a "}}
	frozen, err := client.Routes(t.Context(), ask)
	r.check(err)
	if got, want := plannedOf(frozen), "run 20261031T200000Z-orders-0 is not planned; next: ask again when it is; how it stands shows: jetsheet runs show 20261031T200000Z-orders-0"; got != want {
		t.Errorf("before it is planned: %q, want %q", got, want)
	}
	for _, tenant := range frozen.Tenants {
		if tenant.Planned != nil {
			t.Errorf("before it is planned: %+v, want nothing said", tenant)
		}
	}

	broken, legacy := target("bad", "1"), target("legacy", "1")
	broken.Problem = &jetsheet.TargetProblem{Cause: jetsheet.CauseTargetInvalid, Message: "no name"}
	legacy.Route = jetsheet.RouteLegacy
	run := r.plan(frozen.Run, target("a", "1"), target("a", "2"), broken, legacy)
	answer, err := client.Routes(t.Context(), ask)
	r.check(err)
	if got, want := plannedOf(answer), "unknown false, a true, bad true, legacy true, a  false"; got != want {
		t.Errorf("planned: %q, want %q", got, want)
	}

	again, err := client.Start(t.Context(), StartRequest{Report: "orders", Tick: tick.Format(time.RFC3339), Again: true, Tenant: "unknown", Unplanned: true})
	r.check(err)
	r.plan(again.Run, target("unknown", "1"))
	for _, id := range []jetsheet.RunID{frozen.Run, again.Run} {
		answer, err = client.Routes(t.Context(), RoutesRequest{Run: id.String(), Tenants: ask.Tenants})
		r.check(err)
		if got, want := plannedOf(answer), "unknown true, a true, bad true, legacy true, a  false"; got != want {
			t.Errorf("%s, when one was made again: %q, want %q", id, got, want)
		}
	}

	r.check(r.plans.Delete(t.Context(), run.Plan.Object))
	answer, err = client.Routes(t.Context(), ask)
	r.check(err)
	if got := plannedOf(answer); !strings.HasPrefix(got, "read plan "+run.Plan.Object) || len(answer.Tenants) != len(ask.Tenants) {
		t.Errorf("without its plan: %q and %d routes, want that it cannot be read, and all routes", got, len(answer.Tenants))
	}
}
