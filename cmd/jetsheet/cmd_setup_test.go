package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jetsheet/jetsheet"
)

// storeFlags makes a file the flag document: flagdocument FILE.
func storeFlags(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: flagdocument FILE")
	}
	conn, err := nats.Connect(ts.Getenv("JETSHEET_NATS_URL"))
	ts.Check(err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	kv, err := js.KeyValue(ctx, jetsheet.BucketFlags)
	ts.Check(err)
	_, err = kv.PutString(ctx, jetsheet.FlagsKey, ts.ReadFile(args[0]))
	ts.Check(err)
}

// TestSetupAfterTheFirstRun: what a run was frozen with is not replaced, and the command
// that setup prints is one that a shell and NATS take.
func TestSetupAfterTheFirstRun(t *testing.T) {
	t.Parallel()
	i := install(t, "") // with --no-previous-system
	kv, err := i.js.KeyValue(t.Context(), jetsheet.BucketFlags)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := i.run(exitDone, "setup")
	store := func(text string) {
		t.Helper()
		_, document, _ := strings.Cut(text, "nats kv put flags cutover '")
		document, _, found := strings.Cut(document, "'")
		if !found {
			t.Fatalf("got %q, want it to end with: nats kv put flags cutover '<document>'", text)
		}
		if _, err := kv.PutString(t.Context(), jetsheet.FlagsKey, document); err != nil {
			t.Fatal(err)
		}
	}
	store(out) // legacy, as nobody but setup could have written it
	runs, err := i.js.KeyValue(t.Context(), jetsheet.BucketRuns)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runs.PutString(t.Context(), "20261031T200000Z-orders-0", "{}"); err != nil {
		t.Fatal(err)
	}
	_, complaint := i.run(exitFailure, "setup", "--no-previous-system")
	if !strings.Contains(complaint, "because runs have been frozen with it") {
		t.Errorf("setup --no-previous-system after a run says %q, want the reason", complaint)
	}
	store(complaint)
	i.run(exitDone, "setup", "--no-previous-system")
}
