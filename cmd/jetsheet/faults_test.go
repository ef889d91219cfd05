package main

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/deploy/faults"
)

const (
	// faultsVariable says how much is played: "all" is every action at every point once;
	// a time such as 90s or 8h is as much as it allows, other occurrences included.
	faultsVariable = "JETSHEET_TEST_FAULTS"
	// faultsSeedVariable repeats an order.
	faultsSeedVariable = "JETSHEET_TEST_FAULTS_SEED"
	// faultsOnlyVariable plays only what holds one of these texts, separated by semicolons.
	faultsOnlyVariable = "JETSHEET_TEST_FAULTS_ONLY"
	// faultsTime is for how long a share is played where nothing is said, behind clean runs.
	faultsTime = 45 * time.Second
	// faultWorkers is how many worlds there are at a time.
	faultWorkers = 8
)

// TestFaultPoints lists every effect that the roles have on what they are connected to,
// and plays each with every action, to settlement.
func TestFaultPoints(t *testing.T) {
	t.Parallel()
	g := newFaultGame(t)
	g.record()
	g.deal()
	g.until = time.Now().Add(g.time)
	t.Run("plays", func(t *testing.T) {
		for number := range faultWorkers {
			t.Run(strconv.Itoa(number), func(t *testing.T) {
				t.Parallel()
				for kind := g.enter(); kind >= 0; kind = g.enter() {
					t.Run(g.kinds[kind].name, func(t *testing.T) { g.work(t, kind) })
				}
			})
		}
	})
	g.report()
}

// faultGame is what is played, and what became of it.
type faultGame struct {
	t     *testing.T
	kinds []faultKind
	all   bool // every action at every point is asked for
	share bool // no more is asked for than fits into a test
	time  time.Duration
	until time.Time // when no further play begins
	rng   *rand.Rand

	points map[faults.Point]*faultPoint

	mu    sync.Mutex
	plays [][]*faultPlay // by kind
	rest  [][]*faultPlay // what is played next when that is done
	begun []int          // plays of each kind
	open  []int          // worlds of each kind
}

// faultPoint is a point with what was played at it.
type faultPoint struct {
	count   int // in a clean run
	restart bool
	kind    int
	in      *faultScenario
	played  map[faults.Action]string
}

func newFaultGame(t *testing.T) *faultGame {
	t.Helper()
	g := &faultGame{t: t, kinds: faultKinds(t), points: map[faults.Point]*faultPoint{}}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(faultsSeedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", faultsSeedVariable, err)
		}
	}
	t.Logf("play the same again: %s=%d", faultsSeedVariable, seed)
	g.rng = rand.New(rand.NewPCG(seed, 0))
	switch text := os.Getenv(faultsVariable); text {
	case "":
		g.time = faultsTime
		if g.share = os.Getenv(faultsOnlyVariable) == ""; g.share {
			for i, kind := range g.kinds {
				g.kinds[i] = kind.bounded()
			}
		}
	case "all":
		g.all, g.time = true, 24*time.Hour
	default:
		var err error
		if g.time, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s: %v", faultsVariable, err)
		}
	}
	return g
}

// record makes clean runs and notes which points they meet, and which of them only as a
// role starts.
func (g *faultGame) record() {
	found := make([]map[faults.Point]*faultPoint, len(g.kinds))
	g.t.Run("record", func(t *testing.T) {
		for kind := range slices.Backward(g.kinds) {
			t.Run(g.kinds[kind].name, func(t *testing.T) {
				t.Parallel()
				found[kind] = recorded(t, kind, &g.kinds[kind])
			})
		}
	})
	for _, points := range found {
		for p, known := range points {
			if g.points[p] == nil {
				g.points[p] = known
			}
		}
	}
}

// recorded are the points that the scenarios of a kind meet.
func recorded(t *testing.T, number int, kind *faultKind) map[faults.Point]*faultPoint {
	t.Helper()
	points := map[faults.Point]*faultPoint{}
	w := newFaultWorld(t, kind)
	before := map[faults.Point]int{}
	for _, s := range kind.scenarios {
		// The first run has effects that come once in a role's life.
		for range 2 {
			for _, f := range s.base {
				w.director.Arm(f)
			}
			before = w.director.Counts()
			if err := w.makeRun(t.Context(), s, nil); err != nil {
				t.Fatal(err)
			}
		}
		for p, n := range w.director.Counts() {
			if points[p] == nil {
				points[p] = &faultPoint{count: n - before[p], restart: n == before[p], kind: number, in: s, played: map[faults.Action]string{}}
			}
		}
	}
	return points
}

// mostTries is how often a play is begun whose point is not met.
const mostTries = 4

// work plays in a world of its own until it is over.
func (g *faultGame) work(t *testing.T, kind int) {
	w := newFaultWorld(t, &g.kinds[kind])
	for play := g.next(kind); play != nil; play = g.next(kind) {
		began := time.Now()
		err := w.play(t.Context(), play)
		for range mostTries - 1 {
			if !errors.Is(err, errNotFired) {
				break
			}
			// The role had done it before, and does it once; or nobody asked it in time.
			play.restart = true
			err = w.play(t.Context(), play)
		}
		g.note(play, err)
		switch {
		case errors.Is(err, errNotFired):
			t.Logf("%s: %v", play, err)
		case err != nil:
			t.Errorf("%s: %v", play, err)
			// What went wrong is not to be found again by the next play.
			for _, role := range w.roles {
				role.crash()
			}
		default:
			t.Logf("%s: %.1f s", play, time.Since(began).Seconds())
		}
	}
}

func (g *faultGame) note(play *faultPlay, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	result := "ok"
	switch {
	case errors.Is(err, errNotFired):
		result = "never"
	case err != nil:
		result = "FAILED"
	}
	played := g.points[play.fault.Point].played
	if was := played[play.fault.Action]; was != "FAILED" && (was != "ok" || result == "FAILED") {
		played[play.fault.Action] = result
	}
}
