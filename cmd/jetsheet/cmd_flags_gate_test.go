package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// gateReport is a report whose plans have only who is due.
const gateReport = `report: due
schedule: {cron: "0 5 * * *", timeZone: UTC}
period: month
timeZone: UTC
targets: select 'a' as tenant, 'b' as target
queries:
  rows: select @tenant as t
workbook: {sheets: [{name: s, rows: rows}]}
output: {key: "{tenant}/{period}/{target}.xlsx", previous: "old/{tenant}/{period}/{target}.xlsx"}
`

const gateDocument = `{
	"$evaluators": {"g": {"starts_with": [{"var": "targetingKey"}, "g-"]}},
	"flags": {"cutover": {"state": "ENABLED", "variants": {"legacy": "legacy", "shadow": "shadow", "new": "new"}, "defaultVariant": "legacy",
		"targeting": {"if": [{"$ref": "g"}, "shadow"]}}}
}`

// TestGate promotes tenants of whom each was due on another day.
func TestGate(t *testing.T) {
	t.Parallel()
	i := install(t, "")
	dir := t.TempDir()
	report, document := filepath.Join(dir, "due.yaml"), filepath.Join(dir, "document.json")
	err := errors.Join(os.WriteFile(report, []byte(gateReport), 0o600), os.WriteFile(document, []byte(gateDocument), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	i.run(exitDone, "reports", "apply", report, "--from=2099-01-01T00:00:00Z")
	i.run(exitDone, "flags", "set", document, "--reason=start", "--force")
	for month := range 3 {
		for day, of := range map[int]struct {
			tenant string
			state  jetsheet.DoneState
		}{1: {"g-equal", jetsheet.DoneCompared}, 2: {"g-empty", jetsheet.DoneSkipped}, 3: {"other", jetsheet.DoneCompared}} {
			i.shadowRun(time.Date(2026, time.Month(8+month), day, 5, 0, 0, 0, time.UTC), of.tenant, of.state)
		}
	}

	// None of them is in the newest plan.
	out, _ := i.run(exitFailure, "flags", "promote", "g", "new", "--dry-run", "--max-change=1")
	if !strings.Contains(out, "2 of 3 known tenants (from 9 plans of 1 report, the document) change route: shadow to new 2 (g)") {
		t.Errorf("the dry run says\n%s, want both tenants of the group", out)
	}
	_, said := i.run(exitFailure, "flags", "promote", "g", "new", "--reason=x")
	if !strings.Contains(said, "g-empty due: only 0 of 3 periods were compared so far, in 3 jetsheet found no records") || strings.Contains(said, "g-equal") {
		t.Errorf("the gate says %s, want only g-empty in the way", said)
	}
	i.run(exitDone, "flags", "promote", "g", "new", "--reason=looked", "--without-records", "--dry-run")
	i.run(exitDone, "flags", "promote", "g", "new", "--reason=looked", "--without-records", "--max-change=2")
	out, _ = i.run(exitDone, "flags", "history", "--limit=1", "--json")
	if !strings.Contains(out, "--without-records, periods in which nothing was found: g-empty due 3 of 3") {
		t.Errorf("the history says %s, want of whom nothing was found", out)
	}

	// A plan that is lost is in the way of those who may be in it, and of nobody by force.
	i.run(exitDone, "flags", "rollback", "--reason=again")
	lost := jetsheet.RunID{Report: "due", Tick: time.Date(2026, 10, 1, 5, 0, 0, 0, time.UTC)}
	plans, err := i.js.ObjectStore(t.Context(), jetsheet.StorePlans)
	if err == nil {
		err = plans.Delete(t.Context(), jetsheet.PlanObject(lost, "bench"))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, said = i.run(exitFailure, "flags", "promote", "g", "new", "--reason=x", "--without-records")
	if !strings.Contains(said, "g-equal due: run "+lost.String()+" is no evidence: ") || !strings.Contains(said, jetsheet.StartAgain(lost, jetsheet.Scope{})) {
		t.Errorf("the gate says %s, want the run and what helps", said)
	}
	i.run(exitDone, "flags", "promote", "g", "new", "--reason=x", "--without-records", "--force")
}

// shadowRun stores a run of the report due with one workbook in shadow, and its outcome.
func (i *installation) shadowRun(tick time.Time, tenant string, state jetsheet.DoneState) {
	i.t.Helper()
	id := jetsheet.RunID{Report: "due", Tick: tick}
	target := jetsheet.Target{
		Tenant: tenant, Target: "t", Route: jetsheet.RouteShadow, Lane: jetsheet.LaneSmall,
		Period: jetsheet.Period{From: tick.AddDate(0, -1, 0), Until: tick, Label: tick.Format("2006-01")},
	}
	var plan bytes.Buffer
	w := jetsheet.NewPlanWriter(&plan)
	err := w.Write(&target)
	if err != nil {
		i.t.Fatal(err)
	}
	summary, err := w.Close()
	if err == nil {
		err = storePlanned(i.t.Context(), i.js, id, summary, plan.Bytes(), []byte("{}"))
	}
	if err != nil {
		i.t.Fatal(err)
	}
	done := jetsheet.Done{Envelope: jetsheet.CurrentEnvelope(), Run: id, Tenant: tenant, Target: "t", State: state}
	if state == jetsheet.DoneCompared {
		done.Comparison = &jetsheet.Comparison{Result: jetsheet.ResultEqual}
	}
	body, err := json.Marshal(&done)
	if err == nil {
		_, err = i.js.Publish(i.t.Context(), jetsheet.DoneSubject(done.Conversion()), body)
	}
	if err != nil {
		i.t.Fatal(err)
	}
}
