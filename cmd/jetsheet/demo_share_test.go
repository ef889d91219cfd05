package main

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

// TestDemoTellsWhoMadeWhat changes each count of a sound division.
func TestDemoTellsWhoMadeWhat(t *testing.T) {
	t.Parallel()
	sound := map[jetsheet.Route]demoShare{
		jetsheet.RouteNew:    {Route: jetsheet.RouteNew, Customers: 2, Workbooks: 5, Jetsheet: 5},
		jetsheet.RouteShadow: {Route: jetsheet.RouteShadow, Customers: 2, Workbooks: 5, Previous: 5, Compared: 5},
		jetsheet.RouteLegacy: {Route: jetsheet.RouteLegacy, Customers: 2, Workbooks: 5, Previous: 5},
		jetsheet.RouteHold:   {Route: jetsheet.RouteHold, Customers: 2, Workbooks: 5, Missing: 5},
	}
	for route, share := range sound {
		told, divided := tellShare(t, share)
		if !divided || !strings.Contains(told, "exactly one system") || !strings.Contains(told, string(route)) {
			t.Errorf("of %+v the demo tells\n%s\nand that all is well: %v; want both to say so", share, told, divided)
		}
		for name, change := range map[string]func(*demoShare){
			"one by the other system": func(s *demoShare) { s.Previous, s.Jetsheet = s.Jetsheet, s.Previous+1 },
			"one twice":               func(s *demoShare) { s.Twice++ },
			"one missing":             func(s *demoShare) { s.Missing++ },
			"one not compared":        func(s *demoShare) { s.Compared-- },
			"one different":           func(s *demoShare) { s.Different++ },
			"one too many":            func(s *demoShare) { s.Workbooks++ },
		} {
			changed := share
			change(&changed)
			if told, divided := tellShare(t, changed); divided || strings.Contains(told, "exactly one system") || !strings.Contains(told, "In 1 line something is wrong") {
				t.Errorf("with %s, %+v, the demo tells\n%s\nand that all is well: %v; want neither", name, changed, told, divided)
			}
		}
	}
}

// tellShare is what the demo prints of one share, and whether it ends well.
func tellShare(t *testing.T, share demoShare) (told string, divided bool) {
	t.Helper()
	var stdout strings.Builder
	d := &demo{app: &app{stdout: &stdout}}
	if err := d.printShares([]*demoShare{&share}); err != nil {
		t.Fatal(err)
	}
	return stdout.String(), (&demoResult{Cutover: []*demoShare{&share}}).divided()
}
