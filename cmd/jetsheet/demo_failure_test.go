package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// TestDemoTellsFailures makes more failures of a run than are told.
func TestDemoTellsFailures(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{WorkbooksBytes: 1 << 20}), false); err != nil {
		t.Fatal(err)
	}
	tick := time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC)
	id := jetsheet.RunID{Tick: tick, Report: "cleaning-monthly"}
	for _, target := range []string{"retried", "a", "b", "c", "d", "e", "f"} {
		failure := jetsheet.Failure{
			Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseStatement, Message: "column \u202ex does not exist", Attempts: 1,
			Worker: "w", Version: "v", At: tick,
		}
		if target == "retried" {
			failure.RetryAt = tick.Add(time.Minute)
		}
		conversion := jetsheet.Conversion{Run: id, Tenant: "10000", Target: target}
		if _, err := js.PublishMsg(t.Context(), failure.Msg(jetsheet.FailedSubject(conversion))); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr strings.Builder
	d := &demo{app: &app{stdout: &stdout, stderr: &stderr}, dir: "made", began: time.Now()}
	if err := d.sayFailures(t.Context(), js, id); err != nil {
		t.Fatal(err)
	}
	said := stderr.String()
	if strings.Count(said, "\n") != demoFailures || strings.Contains(said, "retried") || strings.Contains(said, "\u202e") ||
		!strings.Contains(said, `cleaning-monthly 10000.a failed: column \u202ex does not exist (statement_invalid)`) {
		t.Errorf("the demo says\n%s\nwant the first %d failures that are not tried again", said, demoFailures)
	}

	result := &demoResult{Dir: "made"}
	result.add(&demoRun{Report: "cleaning-monthly", Planned: 9, Published: 2, Skipped: 1, Failed: 6})
	if err := d.print(result); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"deploy/runbook/first-report.md", "--tenants 300"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the demo prints\n%s\nwant %q in it", stdout.String(), want)
		}
	}
	if _, err := os.Stat("../../deploy/runbook/first-report.md"); err != nil {
		t.Errorf("the page that the demo names: %v", err)
	}
	if text := stdout.String(); !result.incomplete() || !strings.Contains(text, "6 workbooks failed") || strings.Contains(text, "Every") {
		t.Errorf("with 6 failures the demo prints\n%s\nand is incomplete: %v; want both to say so", text, result.incomplete())
	}
}
