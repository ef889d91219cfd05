package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/faults/model"
)

// enough is how many schedules a planted bug may take until it is found.
const enough = 200

func TestRulesHold(t *testing.T) {
	t.Parallel()
	seeds := uint64(6000)
	if testing.Short() {
		seeds = 1000
	}
	for seed := range seeds {
		if r := model.Run(seed, model.Options{}); r.Violation != "" {
			t.Fatal(explain(seed, model.Options{}))
		}
	}
}

func TestPlantedBugsAreFound(t *testing.T) {
	t.Parallel()
	for _, bug := range model.Bugs() {
		t.Run(bug.String(), func(t *testing.T) {
			t.Parallel()
			find(t, model.Options{Bug: bug}, enough)
		})
	}
}

// Some bugs show only where all data of JetStream is lost in an unlucky moment.
func TestRareBugsAreFound(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes thousands of schedules; without -short it runs")
	}
	for _, bug := range model.Rare() {
		t.Run(bug.String(), func(t *testing.T) {
			t.Parallel()
			find(t, model.Options{Bug: bug}, 40_000)
		})
	}
}

// After a loss of all data an open run does not always come back by itself, which is
// why the operator starts it again.
func TestLostRunsNeedAnOperator(t *testing.T) {
	t.Parallel()
	find(t, model.Options{Unattended: true}, 2000)
}

func find(t *testing.T, o model.Options, most uint64) {
	t.Helper()
	for seed := range most {
		if r := model.Run(seed, o); r.Violation != "" {
			t.Logf("seed %d: %s", seed, r.Violation)
			return
		}
	}
	t.Fatalf("no violation in %d schedules with %+v", most, o)
}

func TestSeedRepeatsItself(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		first, second := model.Run(seed, model.Options{Trace: true}), model.Run(seed, model.Options{Trace: true})
		if !slices.Equal(first.Trace, second.Trace) {
			t.Fatalf("seed %d has two traces, of %d and %d lines", seed, len(first.Trace), len(second.Trace))
		}
		if quiet := model.Run(seed, model.Options{}); quiet.Steps != first.Steps || quiet.Seconds != first.Seconds {
			t.Fatalf("seed %d without a trace took %d steps and %d s, with it %d and %d", seed, quiet.Steps, quiet.Seconds, first.Steps, first.Seconds)
		}
	}
}

func TestBugNames(t *testing.T) {
	t.Parallel()
	if n := len(model.Bugs()); n < 15 {
		t.Errorf("%d bugs are planted, want at least 15", n)
	}
	for _, bug := range append(model.Bugs(), model.Rare()...) {
		if got, err := model.ParseBug(bug.String()); err != nil || got != bug {
			t.Errorf("ParseBug(%q) = %v, %v, want %v", bug.String(), got, err, bug)
		}
	}
	if got, err := model.ParseBug("no-such"); err == nil {
		t.Errorf("ParseBug of an unknown name = %v, want an error", got)
	}
}

// explain runs a seed again with its trace.
func explain(seed uint64, o model.Options) string {
	o.Trace = true
	r := model.Run(seed, o)
	return fmt.Sprintf("seed %d: %s\nreplay it with: go run ./deploy/faults/model/explore --seed %d --seeds 1\n%s",
		seed, r.Violation, seed, strings.Join(r.Trace, "\n"))
}
