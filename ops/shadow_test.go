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
	}{
		"three in a row, and the fourth is not looked at": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal", "waived")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal", "skipped")
			r.shadowRun(2, 0, jetsheet.RouteShadow, tenant, "waived")
			r.shadowRun(3, 0, jetsheet.RouteShadow, tenant, "different")
		}, 3, 3, ""},
		"too few": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 2, 2, "only 2 of 3 periods"},
		"a difference ends the row": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal", "different", "incomparable")
			r.shadowRun(2, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 1, 2, "2026-09: 1 different, 1 incomparable; look with: jetsheet workbooks list --run 20260901T200000Z-temperature-0 --tenant='tenant 1'"},
		"incomparable ends the row": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "incomparable")
		}, 0, 1, "1 incomparable"},
		"what is not finished ends the row": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal", "")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 0, 1, "1 not compared yet"},
		"another route ends the row": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteLegacy, tenant, "")
			r.shadowRun(2, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 1, 2, "routed legacy"},
		"periods without records or workbooks are passed over": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "skipped")
			r.shadowRun(2, 0, jetsheet.RouteShadow, tenant)
			r.shadowRun(3, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(4, 0, jetsheet.RouteShadow, tenant, "equal")
		}, 3, 3, ""},
		"the newest run of a tick decides, target by target": {func(r *rig) {
			r.shadowRun(0, 0, jetsheet.RouteShadow, tenant, "different", "equal")
			r.shadowRun(0, 5, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 0, jetsheet.RouteShadow, tenant, "equal")
			r.shadowRun(1, 7, jetsheet.RouteShadow, tenant, "different")
		}, 1, 2, "temperature-7"},
		"without any run": {func(*rig) {}, 0, 0, "no run of a report had a workbook of it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			test.plant(r)
			list, err := r.reader.Shadow(t.Context(), ShadowFilter{Tenants: []string{tenant}})
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
