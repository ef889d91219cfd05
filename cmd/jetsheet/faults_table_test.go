package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/jetsheet/jetsheet/deploy/faults"
)

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
	if os.Getenv(faultsOnlyVariable) != "" {
		return
	}
	if g.all && never > 0 {
		g.t.Errorf("%d plays never fired", never)
	}
	for kind, begun := range g.begun {
		if begun == 0 {
			g.t.Errorf("nothing was played in a world of the kind %s", g.kinds[kind].name)
		}
	}
}
