package ops

import (
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

func TestStartRefusesAScopeThatNobodyPlanned(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	first := runOf("orders", 0)
	r.store(first, jetsheet.Scope{}, target("acme", "north"), target("acme", "south"), target("zeta", "1"))
	// The later run made a tenant that had come since.
	r.store(runOf("orders", 7), jetsheet.Scope{Tenant: "late"}, target("late", "north"))

	for _, test := range []struct {
		name  string
		scope jetsheet.Scope
		want  string // nothing where it is started
	}{
		{"tenant", jetsheet.Scope{Tenant: "acme"}, ""},
		{"target", jetsheet.Scope{Tenant: "acme", Target: "south"}, ""},
		{"tenant of the later run", jetsheet.Scope{Tenant: "late"}, ""},
		{"unknown tenant", jetsheet.Scope{Tenant: "zetta"}, `no run of 2026-10-31T20:00:00Z has a tenant "zetta"; there are "zeta", "acme"`},
		{"unknown tenant's target", jetsheet.Scope{Tenant: "zetta", Target: "1"}, `has a tenant "zetta"`},
		{"unknown target", jetsheet.Scope{Tenant: "acme", Target: "1"}, `tenant "acme" has a target "1"; there are "north", "south"`},
		{"target of the later run's tenant", jetsheet.Scope{Tenant: "late", Target: "south"}, `there are "north"`},
	} {
		req := StartRequest{Report: "orders", Again: true, DryRun: true, Tenant: test.scope.Tenant, Target: test.scope.Target}
		_, err := client.Start(t.Context(), req)
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: got %v, want a run", test.name, err)
			}
			continue
		}
		refusedWith(t, test.name, err, CodeUnknown, test.want)
		var refusal *Error
		if errors.As(err, &refusal) && !strings.HasSuffix(refusal.Next, jetsheet.StartAgain(first, test.scope)+" --unplanned") {
			t.Errorf("%s: got next %q, want the command for what has come since", test.name, refusal.Next)
		}
		req.Unplanned = true
		if _, err := client.Start(t.Context(), req); err != nil {
			t.Errorf("%s, which has come since: got %v, want a run", test.name, err)
		}
	}
}

// TestStartBelievesAScopeWherePlansAreGone: a run can be made again in parts when the plan
// that would say who there was is lost.
func TestStartBelievesAScopeWherePlansAreGone(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	run := r.store(runOf("orders", 0), jetsheet.Scope{}, target("acme", "north"))
	req := StartRequest{Report: "orders", Again: true, DryRun: true, Tenant: "late"}
	_, err := client.Start(t.Context(), req)
	refusedWith(t, "with its plan", err, CodeUnknown, `has a tenant "late"`)
	r.check(r.plans.Delete(t.Context(), run.Plan.Object))
	if _, err := client.Start(t.Context(), req); err != nil {
		t.Errorf("without its plan: got %v, want a run", err)
	}
	run.Plan, run.State = nil, jetsheet.RunPlanning
	r.put(run)
	if _, err := client.Start(t.Context(), req); err != nil {
		t.Errorf("while it is planned: got %v, want a run", err)
	}
}
