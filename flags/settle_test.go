package flags_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// disagreement leaves the scheduled run in the KV as legacy and in the record store
// as new, as two freezers do between which NATS was lost.
func disagreement(t *testing.T) (stores flags.Stores, records *memoryRecords, stored *jetsheet.Frozen) {
	t.Helper()
	elsewhere, otherRecords := newStores(t)
	putFlags(t, elsewhere.Flags, jetsheet.RouteNew)
	req := request(scheduled())
	req.By = "elsewhere"
	stored = freeze(t, elsewhere, req)
	stores, records = halfFrozen(t, jetsheet.RouteLegacy)
	records.objects = otherRecords.objects
	return stores, records, stored
}

// edit changes a run's record in the KV as the producer of a newer version might.
func edit(tb testing.TB, stores flags.Stores, change func(record map[string]any)) {
	tb.Helper()
	key := jetsheet.RunKey(scheduled())
	entry, err := stores.Runs.Get(tb.Context(), key)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := stores.Runs.Update(tb.Context(), key, rework(tb, entry.Value(), change), entry.Revision()); err != nil {
		tb.Fatal(err)
	}
}

func TestTheRecordStoreWinsOverTheKV(t *testing.T) {
	t.Parallel()
	stores, records, want := disagreement(t)
	edit(t, stores, func(record map[string]any) { record["later"] = map[string]any{"kept": true} })
	loaded, err := flags.Load(t.Context(), stores, scheduled())
	if err != nil || asJSON(loaded) != asJSON(want) {
		t.Errorf("Load = %s, %v, want %s", asJSON(loaded), err, asJSON(want))
	}
	if by := storedRun(t, stores.Runs, scheduled()).Frozen.FrozenBy; by != "test" {
		t.Errorf("Load changed the KV: it is frozen by %q now", by)
	}
	got := freeze(t, stores, request(scheduled()))
	if asJSON(got) != asJSON(want) || routeOf(t, got, "42") != jetsheet.RouteNew {
		t.Errorf("Freeze = %s, want the stored %s", asJSON(got), asJSON(want))
	}
	wantAgreement(t, stores, records, want)
	entry, err := stores.Runs.Get(t.Context(), jetsheet.RunKey(scheduled()))
	if err != nil || !strings.Contains(string(entry.Value()), `"later":{"kept":true}`) || storedRun(t, stores.Runs, scheduled()).State != jetsheet.RunPlanning {
		t.Errorf("the KV lost what it held besides: %s, %v", entry.Value(), err)
	}
}

func TestTheKVIsMendedThroughFaultsAndOtherWriters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		onUpdate func(t *testing.T, stores flags.Stores) func() fault
		answered bool
	}{
		"reply lost":   {func(*testing.T, flags.Stores) func() fault { return once(failsAfter) }, true},
		"never got in": {func(*testing.T, flags.Stores) func() fault { return once(failsBefore) }, false},
		"overtaken twice": {func(t *testing.T, stores flags.Stores) func() fault {
			times := 0
			return func() fault {
				if times++; times <= 2 {
					edit(t, stores, func(record map[string]any) { record["times"] = times })
				}
				return works
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stores, records, want := disagreement(t)
			faulty := stores
			faulty.Runs = &faultyKV{KeyValue: stores.Runs, onUpdate: c.onUpdate(t, stores)}
			got, err := flags.Freeze(t.Context(), faulty, request(scheduled()))
			if (err == nil) != c.answered || (got != nil) != c.answered || (err != nil && !errors.Is(err, errFault)) {
				t.Fatalf("Freeze = %s, %v, want an answer: %v", asJSON(got), err, c.answered)
			}
			if got = freeze(t, stores, request(scheduled())); asJSON(got) != asJSON(want) {
				t.Errorf("Freeze = %s, want %s", asJSON(got), asJSON(want))
			}
			wantAgreement(t, stores, records, want)
		})
	}
}

func TestAPlannedRunNeverChangesItsRoutes(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(record map[string]any){
		"with a plan": func(r map[string]any) { r["plan"] = jetsheet.PlanSummary{Object: "plan/x"} },
		"publishing":  func(r map[string]any) { r["state"] = jetsheet.RunPublishing },
		"closed":      func(r map[string]any) { r["state"] = jetsheet.RunClosed },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stores, _, _ := disagreement(t)
			edit(t, stores, change)
			for call, ask := range map[string]func() (*jetsheet.Frozen, error){
				"Freeze": func() (*jetsheet.Frozen, error) {
					return flags.Freeze(t.Context(), stores, request(scheduled()))
				},
				"Load": func() (*jetsheet.Frozen, error) { return flags.Load(t.Context(), stores, scheduled()) },
			} {
				frozen, err := ask()
				if frozen != nil || !errors.Is(err, flags.ErrConflict) || !strings.Contains(err.Error(), jetsheet.RecordKey(scheduled())) {
					t.Errorf("%s = %v, %v, want ErrConflict that names the object", call, frozen, err)
				}
			}
			if by := storedRun(t, stores.Runs, scheduled()).Frozen.FrozenBy; by != "test" {
				t.Errorf("the planned run's record was changed to that of %q", by)
			}
		})
	}
}

// TestAPlannedRunMayNameAnotherFreezer: two programs froze the run, with all of NATS lost
// in between, by the same flags and definition.
func TestAPlannedRunMayNameAnotherFreezer(t *testing.T) {
	t.Parallel()
	stores, records := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	freeze(t, stores, request(scheduled()))
	records.edit(t, jetsheet.RecordKey(scheduled()), func(f map[string]any) { f["frozenBy"], f["flagsRevision"] = "another", 7 })
	edit(t, stores, func(record map[string]any) { record["plan"] = jetsheet.PlanSummary{Object: "plan/x"} })
	if got := freeze(t, stores, request(scheduled())); got.FrozenBy != "another" || got.FlagsRevision != 7 {
		t.Errorf("Freeze = %s, want what the record store holds", asJSON(got))
	}
	if got, err := flags.Load(t.Context(), stores, scheduled()); err != nil || got.FrozenBy != "another" {
		t.Errorf("Load = %s, %v, want what the record store holds", asJSON(got), err)
	}
}

func TestRecordsThatMustNotBeRead(t *testing.T) {
	t.Parallel()
	frozenPart := func(change func(map[string]any)) func(map[string]any) {
		return func(record map[string]any) {
			if part, ok := record["frozen"].(json.RawMessage); ok {
				record["frozen"] = json.RawMessage(rework(t, part, change))
			} else {
				change(record)
			}
		}
	}
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   error
	}{
		"newer schema":             {func(r map[string]any) { r["minReader"], r["schema"] = 9, 9 }, jetsheet.ErrNewerSchema},
		"newer schema of the part": {frozenPart(func(f map[string]any) { f["minReader"] = 9 }), jetsheet.ErrNewerSchema},
		"no schema":                {frozenPart(func(f map[string]any) { delete(f, "schema") }), jetsheet.ErrMessage},
		"another run":              {frozenPart(func(f map[string]any) { f["run"] = "20261031T200000Z-other-0" }), flags.ErrRecord},
		"flags edited":             {frozenPart(func(f map[string]any) { f["flags"] = json.RawMessage(flags.InitialDocument("new")) }), flags.ErrRecord},
		"flags missing":            {frozenPart(func(f map[string]any) { delete(f, "flags") }), flags.ErrRecord},
		"definition edited":        {frozenPart(func(f map[string]any) { f["definition"] = "report: x\n" }), flags.ErrRecord},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, place := range []string{"KV", "record store"} {
				stores, records := newStores(t)
				putFlags(t, stores.Flags, jetsheet.RouteLegacy)
				freeze(t, stores, request(scheduled()))
				if place == "KV" {
					edit(t, stores, c.change)
				} else {
					records.edit(t, jetsheet.RecordKey(scheduled()), c.change)
				}
				if frozen, err := flags.Freeze(t.Context(), stores, request(scheduled())); frozen != nil || !errors.Is(err, c.want) {
					t.Errorf("in the %s: Freeze = %v, %v, want %v", place, frozen, err, c.want)
				}
				if frozen, err := flags.Load(t.Context(), stores, scheduled()); frozen != nil || !errors.Is(err, c.want) {
					t.Errorf("in the %s: Load = %v, %v, want %v", place, frozen, err, c.want)
				}
			}
		})
	}
}

func TestFieldsOfANewerVersionSurviveTheLossOfNATS(t *testing.T) {
	t.Parallel()
	before, records := newStores(t)
	putFlags(t, before.Flags, jetsheet.RouteNew)
	freeze(t, before, request(scheduled()))
	records.edit(t, jetsheet.RecordKey(scheduled()), func(f map[string]any) { f["later"] = "kept" })
	after := flags.Stores{Records: records}
	after.Runs, after.Flags = newBuckets(t)
	freeze(t, after, request(scheduled()))
	entry, err := after.Runs.Get(t.Context(), jetsheet.RunKey(scheduled()))
	if err != nil || !strings.Contains(string(entry.Value()), `"later":"kept"`) {
		t.Errorf("the KV holds %s, %v, want the field later in it", entry.Value(), err)
	}
}
