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
// that setup prints replaces it.
func TestSetupAfterTheFirstRun(t *testing.T) {
	t.Parallel()
	i := install(t, "") // with --no-previous-system
	out, _ := i.run(exitDone, "setup")
	i.typed(out) // legacy, as nobody but setup could have written it
	runs, err := i.js.KeyValue(t.Context(), jetsheet.BucketRuns)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runs.PutString(t.Context(), "20261031T200000Z-orders-0", "{}"); err != nil {
		t.Fatal(err)
	}
	_, complaint := i.run(exitFailure, "setup", "--no-previous-system")
	if !strings.Contains(complaint, "because somebody has changed it") {
		t.Errorf("setup --no-previous-system after a run says %q, want the reason", complaint)
	}
	i.typed(complaint)
	i.run(exitDone, "setup", "--no-previous-system")
}

// typed runs the command of flags that a text ends with.
func (i *installation) typed(text string) {
	i.t.Helper()
	_, command, found := strings.Cut(text, ": jetsheet flags ")
	command, _, _ = strings.Cut(command, "\n")
	if !found {
		i.t.Fatalf("got %q, want it to end with a command of jetsheet flags", text)
	}
	i.run(exitDone, append([]string{"flags"}, strings.Fields(command)...)...)
}
