package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/deploy/faults"
)

// deal makes the plays, in an order that the seed decides.
func (g *faultGame) deal() {
	g.plays, g.rest = make([][]*faultPlay, len(g.kinds)), make([][]*faultPlay, len(g.kinds))
	g.begun, g.open = make([]int, len(g.kinds)), make([]int, len(g.kinds))
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

// enter opens a world of a kind in which there is something to play and room for one more,
// of the slowest that there is; -1 for none.
func (g *faultGame) enter() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	for kind := range slices.Backward(g.kinds) {
		if g.open[kind] < g.kinds[kind].workers && g.left(kind) != nil {
			g.open[kind]++
			return kind
		}
	}
	return -1
}

// left is where the next play of a kind comes from; nil when it is over, or gives way:
// other occurrences wait until each point of every kind has had its turn.
func (g *faultGame) left(kind int) *[]*faultPlay {
	switch {
	case g.isOver(kind):
		return nil
	case len(g.plays[kind]) > 0:
		return &g.plays[kind]
	case len(g.rest[kind]) == 0 || g.firstElsewhere():
		return nil
	}
	return &g.rest[kind]
}

// isOver says that no further play of a kind begins. There is one of every kind, whatever
// time it is.
func (g *faultGame) isOver(kind int) bool {
	most := g.kinds[kind].share.plays
	return g.begun[kind] > 0 && (time.Now().After(g.until) || g.share && most > 0 && g.begun[kind] >= most)
}

// firstElsewhere says whether a kind has room for one more world, and points to play in it.
func (g *faultGame) firstElsewhere() bool {
	for kind := range g.kinds {
		if len(g.plays[kind]) > 0 && g.open[kind] < g.kinds[kind].workers && !g.isOver(kind) {
			return true
		}
	}
	return false
}

// next takes the next play of a kind, or closes the world of whoever asks and returns nil.
func (g *faultGame) next(kind int) *faultPlay {
	g.mu.Lock()
	defer g.mu.Unlock()
	from := g.left(kind)
	if from == nil {
		g.open[kind]--
		return nil
	}
	play := (*from)[0]
	*from = (*from)[1:]
	g.begun[kind]++
	return play
}

// TestFaultGamePlaysEachPointFirst has a quick kind and a slow one, of which the quick one
// would have other occurrences to play for as long as there is time.
func TestFaultGamePlaysEachPointFirst(t *testing.T) {
	t.Parallel()
	plays := func(n int) (some []*faultPlay) {
		for range n {
			some = append(some, &faultPlay{})
		}
		return some
	}
	g := &faultGame{
		kinds: []faultKind{{name: "many", workers: 2}, {name: "few", workers: 1}}, until: time.Now().Add(time.Hour),
		plays: [][]*faultPlay{plays(5), plays(1)}, rest: [][]*faultPlay{plays(3), plays(3)},
		begun: make([]int, 2), open: make([]int, 2),
	}
	if kind := g.enter(); kind != 1 || g.next(1) == nil {
		t.Fatalf("first comes kind %d, want the last one", kind)
	}
	if g.next(1) != nil {
		t.Error("other occurrences of one kind come before points of another one")
	}
	for range 2 {
		if kind := g.enter(); kind != 0 {
			t.Fatalf("then comes kind %d, want the one with points left", kind)
		}
	}
	if kind := g.enter(); kind != 1 || g.next(1) == nil {
		t.Errorf("got kind %d, want another occurrence while no points are left that there is room for", kind)
	}
	for range 5 + 3 {
		if g.next(0) == nil {
			t.Fatal("the game ends before everything is played")
		}
	}
	if g.next(0) != nil {
		t.Error("there is a play more than was dealt")
	}
}
