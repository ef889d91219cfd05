package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// TestRunsWaitOutlivesARestartOfNATS: a person who waits for an hour is not to lose
// that to a restart.
func TestRunsWaitOutlivesARestartOfNATS(t *testing.T) {
	t.Parallel()
	options := local.NATSOptions{Dir: t.TempDir(), Addr: "127.0.0.1:0"}
	server := localtest.StartNATS(t, options)
	url := server.URL()
	_, js := localtest.Connect(t, server)
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	run1 := &jetsheet.Run{Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunPlanning}
	run1.Frozen.Run = jetsheet.RunID{Tick: time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC), Report: "orders"}
	putRun(t, js, run1)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stdout, stderr lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"runs", "wait", "orders"}, strings.NewReader(""), &stdout, &stderr, []string{"JETSHEET_NATS_URL=" + url})
	}()
	awaitPrinted(ctx, t, &stderr, "its targets are being read")
	server.Shutdown()
	awaitPrinted(ctx, t, &stderr, "NATS does not answer, waiting")
	options.Addr = strings.TrimPrefix(url, "nats://")
	_, js = localtest.Connect(t, localtest.StartNATS(t, options))
	run1.State, run1.Plan = jetsheet.RunClosed, &jetsheet.PlanSummary{}
	putRun(t, js, run1)
	if code := <-ended; code != exitNothing || !strings.Contains(stdout.String(), "the targets query returned no row") {
		t.Errorf("exit code %d, want %d, and that no row came\n%s%s", code, exitNothing, stdout.String(), stderr.String())
	}
}

func putRun(t *testing.T, js jetstream.JetStream, run *jetsheet.Run) {
	t.Helper()
	kv, err := js.KeyValue(t.Context(), jetsheet.BucketRuns)
	if err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), jetsheet.RunKey(run.ID()), value); err != nil {
		t.Fatal(err)
	}
}

// awaitPrinted waits until a command in this process prints something.
func awaitPrinted(ctx context.Context, t *testing.T, b *lockedBuffer, part string) {
	t.Helper()
	for !strings.Contains(b.String(), part) {
		select {
		case <-ctx.Done():
			t.Fatalf("%q is never printed, but\n%s", part, b.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestWorseExitCode(t *testing.T) {
	t.Parallel()
	order := []int{-1, exitNothing, exitDone, exitDifferences, exitFailure}
	for i, a := range order {
		for j, b := range order {
			if got, want := worse(a, b), order[max(i, j)]; got != want {
				t.Errorf("worse(%d, %d) = %d, want %d", a, b, got, want)
			}
		}
	}
}

// TestRunsWaitForWhatWasReplayed waits for a closed run of which one conversion was asked for
// again, and of another nothing is known any more. With exit code 0 a script would go on to
// hand out workbooks that nobody has made.
func TestRunsWaitForWhatWasReplayed(t *testing.T) {
	t.Parallel()
	server := localtest.StartNATS(t, local.NATSOptions{Dir: t.TempDir(), Addr: "127.0.0.1:0"})
	_, js := localtest.Connect(t, server)
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	record := &jetsheet.Run{
		Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunClosed, Plan: &jetsheet.PlanSummary{Targets: 2, Expected: 2},
		Closed: &jetsheet.Counts{Expected: 2, Failed: 2},
	}
	record.Frozen.Run = jetsheet.RunID{Tick: time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC), Report: "orders"}
	putRun(t, js, record)
	replayed := jetsheet.Conversion{Run: record.ID(), Tenant: "aoba", Target: "1"}
	if _, err := js.Publish(t.Context(), jetsheet.RequestSubject(jetsheet.LaneExpress, replayed), []byte("{}")); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stdout, stderr lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"runs", "wait", "orders"}, strings.NewReader(""), &stdout, &stderr, []string{"JETSHEET_NATS_URL=" + server.URL()})
	}()
	awaitPrinted(ctx, t, &stderr, "2 pending")
	if stdout.String() != "" {
		t.Errorf("it has ended before the replayed one had an outcome\n%s", stdout.String())
	}
	if _, err := js.Publish(t.Context(), jetsheet.DoneSubject(replayed), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), jetsheet.StreamConversions)
	if err == nil {
		err = stream.Purge(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != exitDifferences || !strings.Contains(stdout.String(), "no longer has the outcome of 1") {
		t.Errorf("exit code %d, want %d, and that one outcome is gone\n%s%s", code, exitDifferences, stdout.String(), stderr.String())
	}
}
