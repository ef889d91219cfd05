package flags_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
)

func TestMain(m *testing.M) { localtest.Main(m) }

var tick = time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC)

// scheduled is the run that most tests freeze.
func scheduled() jetsheet.RunID { return jetsheet.RunID{Tick: tick, Report: "temperature-monthly"} }

func request(run jetsheet.RunID) flags.Request {
	return flags.Request{Run: run, Definition: "report: temperature-monthly\n", By: "test", Now: tick.Add(time.Second)}
}

// newStores provisions the two buckets on a server of the test's own, with an
// empty record store beside it.
func newStores(tb testing.TB) (flags.Stores, *memoryRecords) {
	tb.Helper()
	records := &memoryRecords{objects: map[string][]byte{}}
	runs, document := newBuckets(tb)
	return flags.Stores{Runs: runs, Flags: document, Records: records}, records
}

// newLedger is newStores with the ledger of its flag document.
func newLedger(tb testing.TB) (flags.Stores, *flags.Ledger, *faultyJetStream) {
	tb.Helper()
	_, js := localtest.NATS(tb)
	faulty := &faultyJetStream{JetStream: js}
	runs, document := provision(tb, js)
	ledger, err := flags.OpenLedger(tb.Context(), faulty)
	if err != nil {
		tb.Fatal(err)
	}
	return flags.Stores{Runs: runs, Flags: document, Records: &memoryRecords{objects: map[string][]byte{}}}, ledger, faulty
}

func newBuckets(tb testing.TB) (runs, document jetstream.KeyValue) {
	tb.Helper()
	_, js := localtest.NATS(tb)
	return provision(tb, js)
}

func provision(tb testing.TB, js jetstream.JetStream) (runs, document jetstream.KeyValue) {
	tb.Helper()
	ctx := tb.Context()
	var topology jetsheet.Topology
	for _, b := range jetsheet.NewTopology(jetsheet.TopologyOptions{}).Buckets {
		if b.Config.Bucket == jetsheet.BucketRuns || b.Config.Bucket == jetsheet.BucketFlags {
			topology.Buckets = append(topology.Buckets, b)
		}
	}
	if _, err := deploy.Provision(ctx, js, topology, false); err != nil {
		tb.Fatal(err)
	}
	open := func(name string) jetstream.KeyValue {
		kv, err := js.KeyValue(ctx, name)
		if err != nil {
			tb.Fatal(err)
		}
		return kv
	}
	return open(jetsheet.BucketRuns), open(jetsheet.BucketFlags)
}

// putFlags makes a document with one route for everybody the newest one.
func putFlags(tb testing.TB, kv jetstream.KeyValue, route jetsheet.Route) {
	tb.Helper()
	if _, err := kv.Put(tb.Context(), jetsheet.FlagsKey, flags.InitialDocument(route)); err != nil {
		tb.Fatal(err)
	}
}

func freeze(tb testing.TB, stores flags.Stores, req flags.Request) *jetsheet.Frozen {
	tb.Helper()
	frozen, err := flags.Freeze(tb.Context(), stores, req)
	if err != nil {
		tb.Fatalf("Freeze(%s): %v", req.Run, err)
	}
	return frozen
}

// routeOf returns the route that a frozen record gives to a tenant.
func routeOf(tb testing.TB, frozen *jetsheet.Frozen, tenant string) jetsheet.Route {
	tb.Helper()
	routes, err := flags.Compile(frozen.Flags)
	if err != nil {
		tb.Fatalf("Compile(%s): %v", frozen.Flags, err)
	}
	defer func() {
		if err := routes.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	}()
	return routes.Route(tenant)
}

// asJSON never ends a test, so that goroutines may call it.
func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// storedRun reads a run's record as it lies in the KV.
func storedRun(tb testing.TB, kv jetstream.KeyValue, run jetsheet.RunID) jetsheet.Run {
	tb.Helper()
	entry, err := kv.Get(tb.Context(), jetsheet.RunKey(run))
	if err != nil {
		tb.Fatalf("record of %s: %v", run, err)
	}
	var r jetsheet.Run
	if err := jetsheet.Decode(entry.Value(), &r); err != nil {
		tb.Fatalf("record of %s: %v", run, err)
	}
	return r
}

// rework changes fields of a JSON object and leaves the bytes of the others.
func rework(tb testing.TB, data []byte, change func(map[string]any)) []byte {
	tb.Helper()
	raw := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &raw); err != nil {
		tb.Fatal(err)
	}
	fields := make(map[string]any, len(raw))
	for name, value := range raw {
		fields[name] = value
	}
	change(fields)
	return []byte(asJSON(fields))
}
