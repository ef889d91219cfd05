package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// newerSchema is what the next version writes.
const newerSchema = jetsheet.SchemaVersion + 1

// buildNewer builds jetsheet as a later version would be: it writes messages of the next
// schema, which this version must not read.
func buildNewer(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	envelope, err := filepath.Abs(filepath.Join("..", "..", "envelope.go"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(envelope)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for was, is := range map[string]string{
		fmt.Sprintf("const SchemaVersion = %d\n", jetsheet.SchemaVersion): fmt.Sprintf("const SchemaVersion = %d\n", newerSchema),
		"MinReader: 1}": fmt.Sprintf("MinReader: %d}", newerSchema),
	} {
		if strings.Count(text, was) != 1 {
			t.Fatalf("%s does not have %q once, as it did", envelope, was)
		}
		text = strings.Replace(text, was, is, 1)
	}
	later := filepath.Join(dir, "envelope.go")
	if err := os.WriteFile(later, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {envelope: later}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "jetsheet-newer")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-overlay", file, "-o", binary, ".")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the newer jetsheet: %v\n%s", err, output)
	}
	return binary
}

// TestOldAndNewSideBySide deploys a version whose messages the old one must not read, in
// the middle of a run: for a while both are there, then the old ones are stopped. Nothing
// is lost, nothing fails, and both have worked.
func TestOldAndNewSideBySide(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds a second binary")
	}
	newer := buildNewer(t)
	i := install(t, killSchema)
	old := i.startRoles("producer", "renderer", "uploader")
	// Every reading shares a lock, which the test holds alone until the newer ones are there.
	gated := strings.Replace(killReport, "select n, site from records", "with l as materialized (select pg_advisory_xact_lock_shared(1)::text as had) select n, site, had from records, l", 1)
	id := i.apply(gated, killTick())
	i.await("the old ones work", time.Minute, func() bool { return i.done(id) >= 40 })
	gate, err := pgx.Connect(t.Context(), i.database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Exec(t.Context(), "select pg_advisory_lock(1)"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"uploader", "renderer", "producer"} {
		r := i.startBinary(newer, name, roleFlags[name]...)
		i.await("the newer "+name+" is there", time.Minute, func() bool { return strings.Contains(r.log.String(), "role started") })
	}
	if err := gate.Close(t.Context()); err != nil { // and with it the lock
		t.Fatal(err)
	}
	schemas := map[int]int{}
	i.await("both have rendered", time.Minute, func() bool {
		schemas = i.doneSchemas(id)
		return schemas[jetsheet.SchemaVersion] > 60 && schemas[newerSchema] > 20
	})
	for _, name := range []string{"producer", "renderer", "uploader"} {
		if code := old[name].stop(); code != exitDone {
			t.Errorf("the old %s ended with exit code %d, want 0", name, code)
		}
	}
	i.await("all is done", time.Minute, func() bool { return i.done(id) == 400 })
	t.Logf("done records by schema when both had worked: %v, at the end: %v", schemas, i.doneSchemas(id))
	failed, err := i.js.Stream(t.Context(), jetsheet.StreamFailed)
	if err != nil {
		t.Fatal(err)
	}
	if last := failed.CachedInfo().State.LastSeq; last != 0 {
		t.Errorf("%d failures were recorded, want none", last)
	}
	i.await("the run is closed by the newer producer", time.Minute, func() bool { return i.rawState(id) == jetsheet.RunClosed })
	if got := len(i.objects()); got != 400 {
		t.Errorf("%d objects, want 400", got)
	}
}

// doneSchemas counts the done records of a run by the schema of their writer.
func (i *installation) doneSchemas(id jetsheet.RunID) map[int]int {
	i.t.Helper()
	counts := map[int]int{}
	err := delivery.Scan(i.t.Context(), i.js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		var e jetsheet.Envelope
		err := json.Unmarshal(m.Data(), &e) // Decode would refuse the newer ones
		counts[e.Schema]++
		return err
	}, jetsheet.RunDoneSubjects(id))
	if err != nil {
		i.t.Fatal(err)
	}
	return counts
}

// rawState is the state in a run's record, whoever wrote it.
func (i *installation) rawState(id jetsheet.RunID) jetsheet.RunState {
	i.t.Helper()
	kv, err := i.js.KeyValue(i.t.Context(), jetsheet.BucketRuns)
	if err != nil {
		i.t.Fatal(err)
	}
	entry, err := kv.Get(i.t.Context(), jetsheet.RunKey(id))
	if err != nil {
		i.t.Fatal(err)
	}
	var run struct{ State jetsheet.RunState }
	if err := json.Unmarshal(entry.Value(), &run); err != nil {
		i.t.Fatal(err)
	}
	return run.State
}
