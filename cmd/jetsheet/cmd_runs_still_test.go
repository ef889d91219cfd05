package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/ops"
)

func TestStandstillLastsOnlyAfterATry(t *testing.T) {
	t.Parallel()
	type look struct {
		at      time.Duration
		problem string // "" goes on, "~" before a temporary one
		want    bool
	}
	for name, looks := range map[string][]look{
		"met before we came":       {{0, "no table", false}, {problemPatience, "no table", false}, {problemPatience + 1, "no table", true}},
		"comes up while we look":   {{0, "", false}, {time.Second, "no table", true}},
		"another after a try":      {{0, "no table", false}, {10 * time.Second, "no column", true}},
		"mended":                   {{0, "no table", false}, {10 * time.Second, "", false}, {time.Hour, "", false}},
		"temporary":                {{0, "~away", false}, {time.Hour, "~away", false}},
		"temporary, then for good": {{0, "~away", false}, {time.Hour, "no table", true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s standstill
			began := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
			for _, l := range looks {
				run := &ops.RunInfo{State: jetsheet.RunPlanning}
				if message, temporary := strings.CutPrefix(l.problem, "~"); l.problem != "" {
					run.Problem = &jetsheet.RunProblem{Class: jetsheet.ClassPermanent, Message: message}
					if temporary {
						run.Problem.Class = jetsheet.ClassTransient
					}
				}
				if got := s.lasting(run, began.Add(l.at)); got != l.want {
					t.Errorf("after %s with problem %q: got %t, want %t", l.at, l.problem, got, l.want)
				}
			}
		})
	}
}

// stuckRun is a run of the report orders that cannot be planned.
func stuckRun(rerun int64) *jetsheet.Run {
	stuck := &jetsheet.Run{Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunPlanning}
	stuck.Frozen.Run = jetsheet.RunID{Tick: time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC), Report: "orders", Rerun: rerun}
	stuck.Problem = &jetsheet.RunProblem{Class: jetsheet.ClassPermanent, Cause: jetsheet.CauseStatement, Message: "there is no such table"}
	return stuck
}

// installed starts NATS, set up.
func installed(t *testing.T) (url string, js jetstream.JetStream) {
	t.Helper()
	server := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0"})
	_, js = localtest.Connect(t, server)
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	return server.URL(), js
}

// TestRunsWaitSeesARunHeal: the table comes back and the producer goes on by itself.
func TestRunsWaitSeesARunHeal(t *testing.T) {
	t.Parallel()
	url, js := installed(t)
	run1 := stuckRun(0)
	putRun(t, js, run1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stdout, stderr lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"runs", "wait", "orders"}, strings.NewReader(""), &stdout, &stderr, []string{"JETSHEET_NATS_URL=" + url})
	}()
	awaitPrinted(ctx, t, &stderr, "it cannot be planned: there is no such table; it is tried again by itself")
	run1.State, run1.Plan, run1.Problem = jetsheet.RunClosed, &jetsheet.PlanSummary{}, nil
	putRun(t, js, run1)
	if code := <-ended; code != exitNothing || !strings.Contains(stdout.String(), "the targets query returned no row") {
		t.Errorf("exit code %d, want %d, and that no row came\n%s%s", code, exitNothing, stdout.String(), stderr.String())
	}
}

// TestRunsWaitAllLeavesOutWhatANewerRunMakes: run 0 cannot be planned for ever, and was
// started again with a right definition.
func TestRunsWaitAllLeavesOutWhatANewerRunMakes(t *testing.T) {
	t.Parallel()
	again := func(scope jetsheet.Scope, planned bool) *jetsheet.Run {
		rerun := stuckRun(1794268800000)
		rerun.Frozen.Scope = scope
		if planned {
			rerun.State, rerun.Plan, rerun.Problem = jetsheet.RunClosed, &jetsheet.PlanSummary{}, nil
		}
		return rerun
	}
	for name, test := range map[string]struct {
		rerun *jetsheet.Run
		left  string
	}{
		"all of it":          {again(jetsheet.Scope{}, true), ""},
		"a part":             {again(jetsheet.Scope{Tenant: "a"}, true), "20261031T200000Z-orders-0"},
		"not planned either": {again(jetsheet.Scope{}, false), "20261031T200000Z-orders-1794268800000 20261031T200000Z-orders-0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, js := installed(t)
			putRun(t, js, stuckRun(0))
			putRun(t, js, test.rerun)
			reader, err := ops.NewReader(t.Context(), js)
			if err != nil {
				t.Fatal(err)
			}
			var stderr lockedBuffer
			ids, err := unfinished(t.Context(), &app{stderr: &stderr}, reader)
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, id := range ids {
				left = append(left, id.String())
			}
			if got := strings.Join(left, " "); got != test.left {
				t.Errorf("waits for %q, want %q", got, test.left)
			}
			const said = "20261031T200000Z-orders-0: not waited for: it cannot be planned, and 20261031T200000Z-orders-1794268800000 made its workbooks again\n"
			if got := stderr.String(); (got == said) != (test.left == "") {
				t.Errorf("says %q, where %q is left", got, test.left)
			}
		})
	}
}
