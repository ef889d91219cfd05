package flags_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
)

// TestFreezeAfterAFaultAtEveryStep plays each step with a failure before and after
// it takes effect. The caller gets either the stored answer or an error and no
// routes; the next one, with another definition and a newer flag document, agrees
// with whatever had been stored.
func TestFreezeAfterAFaultAtEveryStep(t *testing.T) {
	t.Parallel()
	type step func(*flags.Stores, *memoryRecords, fault)
	kv := func(set func(*faultyKV, fault)) step {
		return func(s *flags.Stores, _ *memoryRecords, f fault) {
			faulty := &faultyKV{KeyValue: s.Runs}
			set(faulty, f)
			s.Runs = faulty
		}
	}
	for name, c := range map[string]struct {
		step step
		// answers says for each fault whether the caller is answered all the same.
		answers map[fault]bool
		// keeps says whether the first caller's record stands.
		keeps map[fault]bool
	}{
		"read the KV": {
			kv(func(k *faultyKV, f fault) { k.onGet = once(f) }), nil, nil,
		},
		"read the record store": {
			func(_ *flags.Stores, m *memoryRecords, f fault) { m.onRead = once(f) }, nil, nil,
		},
		"read the flag document": {
			func(s *flags.Stores, _ *memoryRecords, f fault) {
				s.Flags = &faultyKV{KeyValue: s.Flags, onGet: once(f)}
			}, nil, nil,
		},
		"create": {
			kv(func(k *faultyKV, f fault) { k.onCreate = once(f) }),
			map[fault]bool{failsAfter: true},
			map[fault]bool{failsAfter: true},
		},
		"create, and read back": {
			kv(func(k *faultyKV, f fault) {
				k.onCreate = once(f)
				calls := 0
				k.onGet = func() fault {
					if calls++; calls == 2 {
						return failsBefore
					}
					return works
				}
			}), nil, map[fault]bool{failsAfter: true},
		},
		"write the record store": {
			func(_ *flags.Stores, m *memoryRecords, f fault) { m.onWrite = once(f) },
			nil,
			map[fault]bool{failsBefore: true, failsAfter: true},
		},
	} {
		for f, moment := range map[fault]string{failsBefore: "before", failsAfter: "after"} {
			t.Run(name+", fails "+moment, func(t *testing.T) {
				t.Parallel()
				healthy, records := newStores(t)
				putFlags(t, healthy.Flags, jetsheet.RouteNew)
				faulty := healthy
				c.step(&faulty, records, f)
				first, err := flags.Freeze(t.Context(), faulty, request(scheduled()))
				if answered := err == nil; answered != c.answers[f] || answered != (first != nil) || (err != nil && !errors.Is(err, errFault)) {
					t.Fatalf("Freeze = %s, %v, want an answer: %v", asJSON(first), err, c.answers[f])
				}
				putFlags(t, healthy.Flags, jetsheet.RouteLegacy)
				req := request(scheduled())
				req.Definition, req.By = "report: later\n", "later"
				later := freeze(t, healthy, req)
				if first != nil && asJSON(later) != asJSON(first) {
					t.Errorf("the next caller got %s, the first one %s", asJSON(later), asJSON(first))
				}
				if kept := later.FrozenBy == "test"; kept != c.keeps[f] {
					t.Errorf("the record of %q stands, want the first one's: %v", later.FrozenBy, c.keeps[f])
				}
				wantAgreement(t, healthy, records, later)
			})
		}
	}
}

// wantAgreement fails the test unless both stores hold the record.
func wantAgreement(t *testing.T, stores flags.Stores, records *memoryRecords, frozen *jetsheet.Frozen) {
	t.Helper()
	want := asJSON(frozen)
	if got := asJSON(storedRun(t, stores.Runs, frozen.Run).Frozen); got != want {
		t.Errorf("KV holds %s, want %s", got, want)
	}
	if got := string(records.objects[jetsheet.RecordKey(frozen.Run)]); got != want {
		t.Errorf("record store holds %s, want %s", got, want)
	}
}

func TestFreezeSurvivesTheLossOfNATS(t *testing.T) {
	t.Parallel()
	before, records := newStores(t)
	putFlags(t, before.Flags, jetsheet.RouteNew)
	want := freeze(t, before, request(scheduled()))

	for name, route := range map[string]jetsheet.Route{"another flag document": jetsheet.RouteLegacy, "no flag document": ""} {
		after := flags.Stores{Records: records}
		after.Runs, after.Flags = newBuckets(t)
		if route != "" {
			putFlags(t, after.Flags, route)
		}
		req := request(scheduled())
		req.Definition = "report: later\n"
		got := freeze(t, after, req)
		if asJSON(got) != asJSON(want) || routeOf(t, got, "42") != jetsheet.RouteNew {
			t.Errorf("%s: frozen again as %s, want %s", name, asJSON(got), asJSON(want))
		}
		wantAgreement(t, after, records, got)
	}

	after := flags.Stores{Records: records}
	after.Runs, after.Flags = newBuckets(t)
	rerun := scheduled()
	rerun.Rerun = 1
	if got := freeze(t, after, request(rerun)); string(got.Flags) != string(want.Flags) {
		t.Errorf("a re-run after the loss carries %s, want the scheduled run's %s", got.Flags, want.Flags)
	}
}

func TestFreezeSurvivesTheLossOfTheRecordStore(t *testing.T) {
	t.Parallel()
	stores, _ := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	want := freeze(t, stores, request(scheduled()))
	putFlags(t, stores.Flags, jetsheet.RouteLegacy)
	empty := &memoryRecords{objects: map[string][]byte{}}
	stores.Records = empty
	if got := freeze(t, stores, request(scheduled())); asJSON(got) != asJSON(want) {
		t.Errorf("frozen again as %s, want %s", asJSON(got), asJSON(want))
	}
	wantAgreement(t, stores, empty, want)
}

// halfFrozen leaves a run in the KV alone: its freezer was stopped before it wrote
// the record store.
func halfFrozen(t *testing.T, route jetsheet.Route) (flags.Stores, *memoryRecords) {
	t.Helper()
	stores, records := newStores(t)
	putFlags(t, stores.Flags, route)
	records.onWrite = once(failsBefore)
	if frozen, err := flags.Freeze(t.Context(), stores, request(scheduled())); !errors.Is(err, errFault) {
		t.Fatalf("Freeze = %v, %v, want the fault", frozen, err)
	}
	return stores, records
}

func TestLoadOfAHalfFrozenRunGivesNoRoutes(t *testing.T) {
	t.Parallel()
	stores, records := halfFrozen(t, jetsheet.RouteNew)
	if frozen, err := flags.Load(t.Context(), stores, scheduled()); frozen != nil || !errors.Is(err, flags.ErrNotFrozen) {
		t.Errorf("Load = %v, %v, want ErrNotFrozen", frozen, err)
	}
	if n := records.count(); n != 0 {
		t.Errorf("Load wrote %d records", n)
	}
}

func TestFreezeOfARerunSettlesTheScheduledRun(t *testing.T) {
	t.Parallel()
	stores, records := halfFrozen(t, jetsheet.RouteNew)
	putFlags(t, stores.Flags, jetsheet.RouteLegacy)
	rerun := scheduled()
	rerun.Rerun = 1
	again := freeze(t, stores, request(rerun))
	if got := routeOf(t, again, "42"); got != jetsheet.RouteNew {
		t.Errorf("the re-run routes %q, want the scheduled run's new", got)
	}
	first, err := flags.Load(t.Context(), stores, scheduled())
	if err != nil || string(first.Flags) != string(again.Flags) {
		t.Fatalf("the scheduled run is %s, %v, want it frozen with %s", asJSON(first), err, again.Flags)
	}
	wantAgreement(t, stores, records, first)
}

func TestFreezeAfterTheRunsKeyWasDeleted(t *testing.T) {
	t.Parallel()
	stores, records := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	want := freeze(t, stores, request(scheduled()))
	if err := stores.Runs.Delete(t.Context(), jetsheet.RunKey(scheduled())); err != nil {
		t.Fatal(err)
	}
	putFlags(t, stores.Flags, jetsheet.RouteLegacy)
	if got := freeze(t, stores, request(scheduled())); asJSON(got) != asJSON(want) {
		t.Errorf("frozen again as %s, want %s", asJSON(got), asJSON(want))
	}
	wantAgreement(t, stores, records, want)
}

func TestFreezeOnAServerWithoutBucketsNamesTheCommand(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	stores := flags.Stores{Records: &memoryRecords{objects: map[string][]byte{}}}
	stores.Runs, stores.Flags = provision(t, js)
	for _, lost := range []string{jetsheet.BucketFlags, jetsheet.BucketRuns} {
		if err := js.DeleteKeyValue(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
		if frozen, err := flags.Freeze(t.Context(), stores, request(scheduled())); frozen != nil || err == nil || !strings.Contains(err.Error(), "jetsheet setup") {
			t.Errorf("without the bucket %s: Freeze = %v, %v, want an error that names jetsheet setup", lost, frozen, err)
		}
	}
}

// forgetful is a record store that breaks its contract: it keeps nothing.
type forgetful struct{}

func (forgetful) Record(context.Context, string, []byte) ([]byte, error) { return nil, nil }

func TestFreezeGivesNoRoutesWhenTheRecordStoreKeepsNothing(t *testing.T) {
	t.Parallel()
	stores, _ := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	stores.Records = forgetful{}
	if frozen, err := flags.Freeze(t.Context(), stores, request(scheduled())); frozen != nil || err == nil {
		t.Errorf("Freeze = %v, %v, want an error", frozen, err)
	}
}
