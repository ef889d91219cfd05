package ops

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// shadowRun stores a run, months before the newest tick, in which a tenant has one
// target for each result; "" is one without an outcome, and skipped one without records.
func (r *rig) shadowRun(months int, rerun int64, route jetsheet.Route, tenant string, results ...string) jetsheet.RunID {
	r.t.Helper()
	id := jetsheet.RunID{Tick: tick.AddDate(0, -months, -tick.Day()+1), Report: "temperature", Rerun: rerun}
	targets := []jetsheet.Target{target("somebody-else", "x")}
	for i := range results {
		t := target(tenant, string(rune('a'+i)))
		t.Route, t.Period.Label = route, id.Tick.Format("2006-01")
		targets = append(targets, t)
	}
	r.store(id, jetsheet.Scope{}, targets...)
	for i, result := range results {
		if result == "" {
			continue
		}
		d := jetsheet.Done{Envelope: jetsheet.CurrentEnvelope(), Run: id, Tenant: tenant, Target: targets[i+1].Target, State: jetsheet.DoneCompared}
		if result == string(jetsheet.DoneSkipped) {
			d.State = jetsheet.DoneSkipped
		} else {
			d.Comparison = &jetsheet.Comparison{Result: jetsheet.ComparisonResult(result)}
		}
		r.publish(&nats.Msg{Subject: jetsheet.DoneSubject(d.Conversion()), Data: r.json(&d)})
	}
	return id
}

// losePlan deletes a run's plan.
func (r *rig) losePlan(id jetsheet.RunID) {
	r.t.Helper()
	r.check(r.plans.Delete(r.t.Context(), jetsheet.PlanObject(id, "test")))
}

// TestLostPlanIsOfItsReport: whom a report never had, its lost plan does not concern.
func TestLostPlanIsOfItsReport(t *testing.T) {
	t.Parallel()
	r := setup(t)
	for _, report := range []string{"temperature", "other"} {
		r.apply(report, "")
	}
	r.shadowRun(0, 0, jetsheet.RouteShadow, "t", "equal")
	r.store(later("other", 0), jetsheet.Scope{}, target("else", "1"))
	r.store(later("other", 1), jetsheet.Scope{}, target("else", "1"))
	r.losePlan(later("other", 1))
	for tenant, ready := range map[string]bool{"t": true, "else": false} {
		list, err := r.reader.Shadow(t.Context(), ShadowFilter{Tenants: []string{tenant}, Periods: 1})
		if err != nil || len(list) != 1 || list[0].Ready() != ready || !ready && !strings.Contains(list[0].Missing, later("other", 1).String()) {
			t.Errorf("%s stands %+v, %v, want one standing, ready %t", tenant, list, err, ready)
		}
	}
}

// What came of each comparison is told, counted, and can be listed by.
func TestComparisonsAreTold(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := r.shadowRun(0, 0, jetsheet.RouteShadow, "t1", "equal", "waived", "different", "incomparable", "")
	all := map[jetsheet.ComparisonResult]struct{ why, next string }{
		jetsheet.ResultEqual:        {"equal to the previous system's workbook in 0 cells", ""},
		jetsheet.ResultWaived:       {"equal to the previous system's workbook but for 0 differences", ""},
		jetsheet.ResultDifferent:    {"0 differ", "jetsheet workbooks get --previous " + id.String() + "/t1/c -o previous.xlsx"},
		jetsheet.ResultIncomparable: {"incomparable", "jetsheet runs start temperature --tick 2026-10-01T20:00:00Z --tenant=t1 --target=d --again"},
	}
	for result, want := range all {
		found, _ := r.list(WorkbookFilter{Run: id.String(), State: string(result)})
		if len(found) != 1 || found[0].Comparison == nil || found[0].Comparison.Result != result ||
			!strings.HasPrefix(found[0].Why, want.why) || !strings.Contains(found[0].Next, want.next) || (found[0].Next == "") != (want.next == "") {
			t.Errorf("%s: got %+v, want one that says %+v", result, found, want)
		}
	}
	d, err := r.reader.Run(t.Context(), id)
	r.check(err)
	if len(d.Compared) != len(all) || d.Compared[jetsheet.ResultWaived] != 1 || d.Outcomes[jetsheet.DoneCompared] != 4 || d.Rows != 0 {
		t.Errorf("run has %v compared of %v with %d published rows, want one of each result and no rows", d.Compared, d.Outcomes, d.Rows)
	}
	text := DifferenceText(&jetsheet.Difference{Sheet: "Data", Cell: "B3", Column: "Size", What: jetsheet.DifferentValue, Ours: "30", Previous: "31"})
	if want := `Data!B3 (Size) value "30" here, "31" there`; text != want {
		t.Errorf("a difference reads %s, want %s", text, want)
	}
}

func TestShadowCountsPeriodsInARow(t *testing.T) {
	t.Parallel()
	const tenant = "tenant 1"
	for name, test := range map[string]struct {
		plant  func(r *rig)
		passed int
		// periods are those named, missing is part of what is missing.
		periods int
		missing string
		// withoutRecords counts periods without records too.
		withoutRecords bool
	}{
		"three in a row, and the fourth is not looked at": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal", "waived")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal", "skipped")
			r.shadowRun(2, 0, jetsheet.RouteShadow, tenant, "waived")
			r.shadowRun(3, 0, jetsheet.RouteShadow, tenant, "different")
		}, 3, 3, "", false},
		"too few": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 2, 2, "only 2 of 3 periods", false},
		"a difference ends the row": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal", "different", "incomparable")
			r.shadowRun(2, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 1, 2, "2026-09: 1 different, 1 incomparable; look with: jetsheet workbooks list --run 20260901T200000Z-temperature-0 --tenant='tenant 1'", false},
		"incomparable ends the row": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "incomparable")
		}, 0, 1, "1 incomparable", false},
		"what is not finished ends the row": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal", "")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 0, 1, "1 not compared yet", false},
		"another route ends the row": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteLegacy, tenant, "")
			r.shadowRun(2, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 1, 2, "routed legacy", false},
		"periods without records or workbooks are passed over": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "skipped")
			r.shadowRun(2, 0, jetsheet.RouteShadow, tenant)
			r.shadowRun(3, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(4, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 3, 3, "", false},
		"the newest run of a tick decides, target by target": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "different", "equal")
			r.shadowRun(0, 5, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 7, jetsheet.RouteShadow, tenant, "different")
		}, 1, 2, "temperature-7", false},
		"without any run": {func(*rig) {}, 0, 0, "no recent run of an applied report had a workbook of it", false},
		"never any records": {func(r *rig) {
			for months := range 3 {
				r.shadowRun(months, 0, jetsheet.RouteShadow, tenant, "skipped")
			}
		}, 0, 0, "only 0 of 3 periods were compared so far, in 3 jetsheet found no records; where the previous system made no workbook either, they count with: --without-records", false},
		"never any records, and somebody has looked": {func(r *rig) {
			for months := range 3 {
				r.shadowRun(months, 0, jetsheet.RouteShadow, tenant, "skipped")
			}
		}, 3, 3, "", true},
		"a difference is one, whoever has looked": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "skipped")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "skipped", "different")
		}, 1, 2, "2026-09: 1 different", true},
		"a lost plan ends the row": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.losePlan(r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal"))
			r.shadowRun(2, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 1, 1, "run 20260901T200000Z-temperature-0 is no evidence: read plan", false},
		"a damaged record ends the row, with what helps": {func(r *rig) {
			id := r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			_, err := r.runs.PutString(r.t.Context(), jetsheet.RunKey(id), "damaged")
			r.check(err)
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 0, 0, "compare its workbooks anew with: jetsheet runs start temperature --tick 2026-10-01T20:00:00Z --again", false},
		"a lost plan behind the row": {func(r *rig) {
			for months := range 3 {
				r.shadowRun(months, 0, jetsheet.RouteShadow, tenant, "equal")
			}
			r.losePlan(r.shadowRun(3, 0, jetsheet.RouteShadow, tenant, "equal"))
		}, 3, 3, "", false},
		"a lost plan that was made again": {func(r *rig) {
			r.losePlan(r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "different"))
			for rerun, months := range map[int64]int{7: 0, 0: 1, 1: 2} {
				r.shadowRun(months, rerun, jetsheet.RouteShadow, tenant, "equal")
			}
		}, 3, 3, "", false},
		"an outcome that cannot be read": {func(r *rig) {
			id := r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "")
			c := jetsheet.Conversion{Run: id, Tenant: tenant, Target: "a"}
			r.publish(&nats.Msg{Subject: jetsheet.DoneSubject(c), Data: []byte("damaged")})
		}, 0, 1, "1 not compared yet, or failed", false},
		"a report that is applied no more": {func(r *rig) {
			for months := range 3 {
				r.shadowRun(months, 0, jetsheet.RouteShadow, tenant, "equal")
			}
			r.store(runOf("gone", 0), jetsheet.Scope{}, target(tenant, "a"))
		}, 3, 3, "", false},
		"longer ago than twice the periods": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(7, 0, jetsheet.RouteShadow, tenant, "different")
		}, 1, 1, "only 1 of 3 periods", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.apply("temperature", "")
			test.plant(r)
			list, err := r.reader.Shadow(t.Context(), ShadowFilter{Tenants: []string{tenant}, WithoutRecords: test.withoutRecords})
			r.check(err)
			if len(list) != 1 {
				t.Fatalf("standings are %+v, want one", list)
			}
			got := list[0]
			if got.Passed != test.passed || len(got.Periods) != test.periods || !strings.Contains(got.Missing, test.missing) ||
				got.Ready() != (test.missing == "") || (got.Missing == "") != got.Ready() {
				t.Errorf("got %+v, want %d passed of %d periods, missing %q", got, test.passed, test.periods, test.missing)
			}
		})
	}
}

func TestShadowOfManyTenantsAndReports(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("temperature", "")
	r.shadowRun(0, 0, jetsheet.RouteShadow, "t1", "equal")
	id := r.shadowRun(1, 0, jetsheet.RouteShadow, "t2", "different")
	tenants := []string{"t2", "t1"}
	for len(tenants) <= fewTenants {
		tenants = append(tenants, strings.Repeat("z", len(tenants)))
	}
	list, err := r.reader.Shadow(t.Context(), ShadowFilter{Tenants: tenants, Reports: []string{"temperature", "unknown"}, Periods: 1})
	r.check(err)
	if len(list) != len(tenants) || list[0].Tenant != "t1" || !list[0].Ready() || list[1].Tenant != "t2" || list[1].Ready() ||
		len(list[1].Periods) != 1 || list[1].Periods[0].Run != id || list[1].Periods[0].Different != 1 {
		t.Errorf("standings are %+v, want t1 ready, t2 different in %s, and all others named as unknown", list, id)
	}
	if last := list[len(list)-1]; last.Report != "" || last.Ready() {
		t.Errorf("a tenant without workbooks is %+v, want it not ready", last)
	}
}
