package main

import (
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/faults"
)

// faultKind is a kind of world: what is there, and the scenarios on it.
type faultKind struct {
	name string
	// schema makes the database, report is what is made of it.
	schema, report string
	// flags are a role's besides those of [faultRoles].
	flags map[string][]string
	// furnish, if there is one, adds what else is there before the roles start.
	furnish   func(w *faultWorld)
	scenarios []*faultScenario
	// workers is how many worlds of the kind there are at a time.
	workers int
	// share bounds the kind where only a share is played.
	share faultShare
}

// faultShare bounds a kind.
type faultShare struct {
	// workers is how many worlds there are at a time, scenarios how many of the kind's
	// are made, plays how many plays there are; 0 means all, as long as there is time.
	workers, scenarios, plays int
}

// bounded is the kind where only a share is played.
func (k faultKind) bounded() faultKind {
	k.workers = k.share.workers
	if k.share.scenarios > 0 {
		k.scenarios = k.scenarios[:k.share.scenarios]
	}
	return k
}

// faultKinds returns the kinds of worlds, the quickest first. A point is played in the
// first scenario that meets it.
func faultKinds(t *testing.T) []faultKind {
	t.Helper()
	return []faultKind{smallKind(t), formsKind(t), largeKind(t), toldKind(t)}
}

// smallKind is the everyday: small workbooks, and one of every kind that is none.
func smallKind(t *testing.T) faultKind {
	t.Helper()
	keys := []string{"t3/2026-10/{report}/wide.xlsx", "t2/2026-10/{report}/slow.xlsx"}
	for _, tenant := range []string{"t1", "t2", "t3"} {
		for _, site := range []string{"s1", "s2", "s3"} {
			keys = append(keys, tenant+"/2026-10/{report}/"+site+".xlsx")
		}
	}
	want := jetsheet.Counts{Expected: 14, Done: 12, Failed: 2}
	return faultKind{
		name: "small", schema: readTestdata(t, "faults", "schema.sql"), report: readTestdata(t, "faults", "report.yaml"),
		workers: 6, share: faultShare{workers: 3},
		scenarios: []*faultScenario{
			{name: "by the calendar", begin: byCalendar, want: want, keys: keys},
			{name: "asked for, older workbooks there, a failure replayed", begin: byRequest, follow: replayed, want: want, keys: keys},
			{name: "renderer stopped at work", begin: byCalendar, midway: rendererStopped, want: want, keys: keys},
		},
	}
}

// largeKind has a workbook that is uploaded in parts. One takes both processors for
// seconds, so there is one world at a time, and a share has two plays.
func largeKind(t *testing.T) faultKind {
	t.Helper()
	keys := []string{"t1/2026-10/{report}/s1.xlsx", "t2/2026-10/{report}/s1.xlsx", "t3/2026-10/{report}/huge.xlsx"}
	want := jetsheet.Counts{Expected: 3, Done: 3}
	part := faults.Fault{Point: faults.Point{Role: "uploader", Wire: faults.WireS3, Effect: "put part"}, Action: faults.Fail, Nth: 3}
	return faultKind{
		name: "large", schema: readTestdata(t, "faults", "large.sql"), report: readTestdata(t, "faults", "report.yaml"),
		workers: 1, share: faultShare{workers: 1, scenarios: 1, plays: 2},
		scenarios: []*faultScenario{
			{name: "a workbook in parts", begin: byCalendar, want: want, keys: keys},
			{name: "a part refused", base: []faults.Fault{part}, begin: byCalendar, want: want, keys: keys},
		},
	}
}
