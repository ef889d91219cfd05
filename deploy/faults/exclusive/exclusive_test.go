package exclusive_test

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) { localtest.Main(m) }

// Settings of a longer search, see the package comment.
const (
	schedulesVariable = "JETSHEET_TEST_SCHEDULES"
	seedVariable      = "JETSHEET_TEST_SEED"
)

// enough is how many schedules a mutation may take until it is found.
const enough = 200

func setting(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q: %v", variable, text, err)
	}
	return value
}

// TestExclusive: each workbook is made by exactly one system, and everybody who is told
// routes is told the same.
func TestExclusive(t *testing.T) {
	t.Parallel()
	most := uint64(600) // the rarest mistake that was tried by hand takes 514
	if testing.Short() {
		most = 200
	}
	first, schedules := setting(t, seedVariable, 0), setting(t, schedulesVariable, most)
	if os.Getenv(seedVariable) != "" && os.Getenv(schedulesVariable) == "" {
		schedules = 1 // of a report
	}
	var (
		turns   atomic.Int64
		next    atomic.Uint64
		players sync.WaitGroup
	)
	for range runtime.GOMAXPROCS(0) {
		players.Go(func() {
			for !t.Failed() {
				seed := first + next.Add(1) - 1
				if seed >= first+schedules {
					return
				}
				r := play(seed, mutation{}, false)
				turns.Add(int64(r.turns))
				if r.violation != "" {
					t.Error(explain(seed, mutation{}))
				}
			}
		})
	}
	players.Wait()
	if !t.Failed() {
		t.Logf("%d schedules, %d turns: no workbook was made by both systems, none by neither", schedules, turns.Load())
	}
}

func TestMutationsAreFound(t *testing.T) {
	t.Parallel()
	for _, m := range mutations() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(enough) {
				if r := play(seed, m, false); r.violation != "" {
					t.Logf("seed %d: %s", seed, r.violation)
					return
				}
			}
			t.Errorf("%d schedules do not show it", enough)
		})
	}
}

// TestHarmless shows what is not relied on: no rule need be added for it.
func TestHarmless(t *testing.T) {
	t.Parallel()
	for _, m := range harmless() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(enough) {
				if r := play(seed, m, false); r.violation != "" {
					t.Fatal(explain(seed, m))
				}
			}
		})
	}
}

func TestSeedRepeatsItself(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		one, other := play(seed, mutation{}, true), play(seed, mutation{}, true)
		if len(one.trace) == 0 || !slices.Equal(one.trace, other.trace) {
			t.Fatalf("seed %d has two traces:\n%s\n\n%s", seed, strings.Join(one.trace, "\n"), strings.Join(other.trace, "\n"))
		}
	}
}

// explain plays a schedule again and returns its turns.
func explain(seed uint64, m mutation) string {
	r := play(seed, m, true)
	return "seed " + strconv.FormatUint(seed, 10) + ": " + r.violation + "\n" + strings.Join(r.trace, "\n")
}
