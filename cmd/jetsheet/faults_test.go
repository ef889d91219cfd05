package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
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
	// faultsShare is played where nothing is said, behind a clean run of each scenario.
	faultsShare = 45 * time.Second
	// faultWorkers is how many worlds of a kind there are at a time.
	faultWorkers = 6
)

// TestFaultPoints lists every effect that the roles have on what they are connected to,
// and plays each with every action, to settlement.
func TestFaultPoints(t *testing.T) {
	t.Parallel()
	g := newFaultGame(t)
	g.record()
	g.deal()
	g.until = time.Now().Add(g.share)
	t.Run("plays", func(t *testing.T) {
		for kind := range g.kinds {
			workers := faultWorkers
			if g.kinds[kind].name == "large" {
				workers = 1
			}
			for range workers {
				t.Run(g.kinds[kind].name, func(t *testing.T) {
					t.Parallel()
					g.work(t, kind)
				})
			}
		}
	})
	g.report()
}

// faultGame is what is played, and what became of it.
type faultGame struct {
	t     *testing.T
	kinds []faultKind
	all   bool // every action at every point is asked for
	share time.Duration
	until time.Time // when no further play begins
	rng   *rand.Rand

	points map[faults.Point]*faultPoint

	mu    sync.Mutex
	plays [][]*faultPlay // by kind
	rest  [][]*faultPlay // what is played next when that is done
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
	share := faultsShare
	switch text := os.Getenv(faultsVariable); text {
	case "":
		g.kinds = g.kinds[:1] // the large workbook takes half a minute to begin with
	case "all":
		g.all, share = true, 24*time.Hour
	default:
		var err error
		if share, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s: %v", faultsVariable, err)
		}
	}
	g.share = share
	return g
}

// record makes clean runs and notes which points they meet, and which of them only as a
// role starts.
func (g *faultGame) record() {
	for kind := range g.kinds {
		g.t.Run("record "+g.kinds[kind].name, func(t *testing.T) {
			w := newFaultWorld(t, g.kinds[kind].schema)
			w.ready()
			before := map[faults.Point]int{}
			for _, s := range g.kinds[kind].scenarios {
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
					if g.points[p] == nil {
						g.points[p] = &faultPoint{count: n - before[p], restart: n == before[p], kind: kind, in: s, played: map[faults.Action]string{}}
					}
				}
			}
			if w.samples == 0 {
				t.Error("no sample of the conservation law was taken")
			}
		})
	}
}

// deal makes the plays, in an order that the seed decides.
func (g *faultGame) deal() {
	g.plays, g.rest = make([][]*faultPlay, len(g.kinds)), make([][]*faultPlay, len(g.kinds))
	counts := map[faults.Point]int{}
	for p, known := range g.points {
		counts[p] = known.count
	}
	only := strings.Split(os.Getenv(faultsOnlyVariable), ";")
	for _, p := range faults.SortPoints(counts) {
		known := g.points[p]
		for _, action := range faults.Actions() {
			play := &faultPlay{scenario: known.in, restart: known.restart, fault: faults.Fault{Point: p, Action: action, Nth: 1, Late: faultLate}}
			if !p.Takes(action) {
				known.played[action] = "none"
			} else if slices.ContainsFunc(only, func(text string) bool { return strings.Contains(play.String(), text) }) {
				g.plays[known.kind] = append(g.plays[known.kind], play)
			}
		}
	}
	for kind, plays := range g.plays {
		g.shuffle(plays)
		if g.all {
			continue
		}
		for range 100 {
			for _, play := range plays {
				other := *play
				other.fault.Nth = 1 + g.rng.IntN(max(1, counts[play.fault.Point]))
				g.rest[kind] = append(g.rest[kind], &other)
			}
		}
		g.shuffle(g.rest[kind])
	}
}

func (g *faultGame) shuffle(plays []*faultPlay) {
	g.rng.Shuffle(len(plays), func(i, j int) { plays[i], plays[j] = plays[j], plays[i] })
}

// next takes the next play of a kind; nil when it is over.
func (g *faultGame) next(kind int) *faultPlay {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().After(g.until) {
		return nil
	}
	from := &g.plays[kind]
	if len(*from) == 0 {
		from = &g.rest[kind]
	}
	if len(*from) == 0 {
		return nil
	}
	play := (*from)[0]
	*from = (*from)[1:]
	return play
}

// mostTries is how often a play is begun whose point is not met.
const mostTries = 4

// work plays in a world of its own until it is over.
func (g *faultGame) work(t *testing.T, kind int) {
	w := newFaultWorld(t, g.kinds[kind].schema)
	w.ready()
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

// leastPoints is how many points there must be.
const leastPoints = 40

// report prints the table and fails where something was never played that should be.
func (g *faultGame) report() {
	counts := map[faults.Point]int{}
	hops := map[string]int{}
	for p, known := range g.points {
		counts[p] = known.count
		hops[p.Hop()]++
	}
	var table strings.Builder
	never, total := 0, 0
	for _, hop := range faults.Hops() {
		if hops[hop] == 0 {
			g.t.Errorf("no point is of the hop %q", hop)
		}
		for _, p := range faults.SortPoints(counts) {
			if p.Hop() != hop {
				continue
			}
			fmt.Fprintf(&table, "%-13s %-80s %4d", hop, p, counts[p])
			for _, action := range faults.Actions() {
				result := g.points[p].played[action]
				fmt.Fprintf(&table, " %-6s", result)
				if total++; result == "" || result == "never" {
					never++
				}
			}
			table.WriteByte('\n')
		}
	}
	g.t.Logf("%d points of %d hops; %d of %d plays were not played; once in a clean run, and %v:\n%s", len(counts), len(hops), never, total, faults.Actions(), &table)
	if len(counts) < leastPoints {
		g.t.Errorf("%d points, want at least %d", len(counts), leastPoints)
	}
	if g.all && never > 0 && os.Getenv(faultsOnlyVariable) == "" {
		g.t.Errorf("%d plays never fired", never)
	}
}
