package flags_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

func TestFreezeWritesTheSameRecordToBothStores(t *testing.T) {
	t.Parallel()
	stores, records := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteHold)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	req := request(scheduled())
	req.Definition = "targets: select 1 < 2 & '東京'\n"
	frozen := freeze(t, stores, req)

	document, err := flags.ParseDocument(flags.InitialDocument(jetsheet.RouteNew))
	if err != nil {
		t.Fatal(err)
	}
	if frozen.Run != req.Run || frozen.Definition != req.Definition || frozen.FlagsRevision != 2 || frozen.FlagsSHA256 != document.SHA256() ||
		string(frozen.Flags) != string(document.JSON()) || !frozen.FrozenAt.Equal(req.Now) || frozen.FrozenBy != "test" || frozen.Schema != jetsheet.SchemaVersion {
		t.Errorf("Freeze = %s", asJSON(frozen))
	}
	run := storedRun(t, stores.Runs, req.Run)
	if run.State != jetsheet.RunPlanning || run.Plan != nil {
		t.Errorf("state %q with plan %v, want planning without one", run.State, run.Plan)
	}
	want := asJSON(frozen)
	if got := asJSON(run.Frozen); got != want {
		t.Errorf("KV holds %s, want %s", got, want)
	}
	if got := string(records.objects[jetsheet.RecordKey(req.Run)]); got != want {
		t.Errorf("record store holds %s, want %s", got, want)
	}
	loaded, err := flags.Load(t.Context(), stores, req.Run)
	if err != nil || asJSON(loaded) != want {
		t.Errorf("Load = %s, %v, want %s", asJSON(loaded), err, want)
	}
}

func TestFreezeOfAFrozenRunIsCheapAndObeys(t *testing.T) {
	t.Parallel()
	stores, records := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	first := freeze(t, stores, request(scheduled()))
	putFlags(t, stores.Flags, jetsheet.RouteLegacy)

	gets, writes, reads := 0, 0, records.reads
	count := func(n *int) func() fault { return func() fault { *n++; return works } }
	stores.Runs = &faultyKV{KeyValue: stores.Runs, onGet: count(&gets), onCreate: count(&writes), onUpdate: count(&writes)}
	stores.Flags = &faultyKV{KeyValue: stores.Flags, onGet: count(&gets)}
	records.onWrite = count(&writes)
	again := freeze(t, stores, flags.Request{Run: scheduled(), Definition: "something: else\n", By: "another"})
	if got, want := asJSON(again), asJSON(first); got != want {
		t.Errorf("second Freeze = %s, want the first one's %s", got, want)
	}
	if gets != 1 || writes != 0 || records.reads-reads != 1 {
		t.Errorf("%d KV reads, %d writes and %d record reads, want 1, 0 and 1", gets, writes, records.reads-reads)
	}
}

func TestFreezeWithoutAUsableFlagDocumentFreezesNothing(t *testing.T) {
	t.Parallel()
	targeted := document(`{"state": "ENABLED", "variants": {"go": "new"}, "targeting": {"if": [true, "gone"]}}`)
	for name, c := range map[string]struct {
		put  func(t *testing.T, kv jetstream.KeyValue) error
		want error
		text string
	}{
		"missing": {func(*testing.T, jetstream.KeyValue) error { return nil }, flags.ErrNoFlagDocument, "jetsheet setup"},
		"deleted": {func(t *testing.T, kv jetstream.KeyValue) error {
			putFlags(t, kv, jetsheet.RouteNew)
			return kv.Delete(t.Context(), jetsheet.FlagsKey)
		}, flags.ErrNoFlagDocument, "jetsheet setup"},
		"not JSON": {func(t *testing.T, kv jetstream.KeyValue) error {
			_, err := kv.PutString(t.Context(), jetsheet.FlagsKey, "new")
			return err
		}, flags.ErrDocument, "revision 1"},
		"with a rule that fails": {func(t *testing.T, kv jetstream.KeyValue) error {
			_, err := kv.PutString(t.Context(), jetsheet.FlagsKey, targeted)
			return err
		}, flags.ErrDocument, "flags.cutover.targeting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stores, records := newStores(t)
			if err := c.put(t, stores.Flags); err != nil {
				t.Fatal(err)
			}
			frozen, err := flags.Freeze(t.Context(), stores, request(scheduled()))
			if frozen != nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), scheduled().String()) {
				t.Errorf("Freeze = %v, %v, want %v with %q", frozen, err, c.want, c.text)
			}
			wantNothing(t, stores, records)
			putFlags(t, stores.Flags, jetsheet.RouteShadow)
			if got := routeOf(t, freeze(t, stores, request(scheduled())), "42"); got != jetsheet.RouteShadow {
				t.Errorf("once there is a document, Route = %q, want shadow", got)
			}
		})
	}
}

// wantNothing fails the test if anything about the scheduled run was stored.
func wantNothing(t *testing.T, stores flags.Stores, records *memoryRecords) {
	t.Helper()
	if entry, err := stores.Runs.Get(t.Context(), jetsheet.RunKey(scheduled())); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("the KV holds %v, %v, want no record", entry, err)
	}
	if n := records.count(); n != 0 {
		t.Errorf("the record store holds %d records, want 0", n)
	}
	if frozen, err := flags.Load(t.Context(), stores, scheduled()); !errors.Is(err, flags.ErrNotFrozen) {
		t.Errorf("Load = %v, %v, want ErrNotFrozen", frozen, err)
	}
}

func TestFreezeRefusesRequestsThatCannotBeARun(t *testing.T) {
	t.Parallel()
	stores, records := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	for name, change := range map[string]func(*flags.Request){
		"report name":            func(r *flags.Request) { r.Run.Report = "A" },
		"no tick":                func(r *flags.Request) { r.Run.Tick = time.Time{} },
		"tick within a second":   func(r *flags.Request) { r.Run.Tick = tick.Add(time.Millisecond) },
		"negative rerun":         func(r *flags.Request) { r.Run.Rerun = -1 },
		"scope of scheduled run": func(r *flags.Request) { r.Scope.Tenant = "42" },
		"no definition":          func(r *flags.Request) { r.Definition = "" },
		"definition not UTF-8":   func(r *flags.Request) { r.Definition = "a: \xff" },
		"definition too large":   func(r *flags.Request) { r.Definition = strings.Repeat("x", 1<<20) },
	} {
		req := request(scheduled())
		change(&req)
		if frozen, err := flags.Freeze(t.Context(), stores, req); frozen != nil || err == nil {
			t.Errorf("%s: Freeze = %v, %v, want an error", name, frozen, err)
		}
	}
	wantNothing(t, stores, records)
}

func TestFreezeReadsTheTickInAnyZone(t *testing.T) {
	t.Parallel()
	stores, _ := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	first := freeze(t, stores, request(scheduled()))
	req := request(scheduled())
	req.Run.Tick = tick.In(time.FixedZone("JST", 9*3600))
	if got, want := asJSON(freeze(t, stores, req)), asJSON(first); got != want {
		t.Errorf("Freeze with the tick in another zone = %s, want %s", got, want)
	}
}

func TestFreezeCopiesTheScheduledRunsFlags(t *testing.T) {
	t.Parallel()
	stores, records := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	rerun := scheduled()
	rerun.Rerun = 1793476800000
	if frozen, err := flags.Freeze(t.Context(), stores, request(rerun)); !errors.Is(err, flags.ErrNoFirstRun) || !strings.Contains(err.Error(), "jetsheet runs start") {
		t.Fatalf("Freeze of a re-run without a scheduled run = %v, %v, want ErrNoFirstRun and the command", frozen, err)
	}
	wantNothing(t, stores, records)

	first := freeze(t, stores, request(scheduled()))
	putFlags(t, stores.Flags, jetsheet.RouteLegacy)
	req := request(rerun)
	req.Definition, req.Scope = "report: mended\n", jetsheet.Scope{Tenant: "42", Target: "7"}
	again := freeze(t, stores, req)
	if string(again.Flags) != string(first.Flags) || again.FlagsRevision != first.FlagsRevision || again.FlagsSHA256 != first.FlagsSHA256 {
		t.Errorf("the re-run carries %s of revision %d, want %s of %d", again.Flags, again.FlagsRevision, first.Flags, first.FlagsRevision)
	}
	if again.Definition != req.Definition || again.Scope != req.Scope || again.Run != rerun {
		t.Errorf("Freeze = %s, want the request's run, definition and scope", asJSON(again))
	}
	if keys := []string{jetsheet.RecordKey(scheduled()), jetsheet.RecordKey(rerun)}; records.count() != 2 || slices.ContainsFunc(keys, func(k string) bool { return records.objects[k] == nil }) {
		t.Errorf("the record store holds %d records, want %v", records.count(), keys)
	}
}
