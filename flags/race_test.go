package flags_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// TestConcurrentFreezersAgree lets two systems freeze the same run with different
// definitions and different flag documents, through stores that lose calls and
// replies. Both get the same answer, and both stores hold it.
func TestConcurrentFreezersAgree(t *testing.T) {
	t.Parallel()
	const tries = 300
	stores, records := newStores(t)
	putFlags(t, stores.Flags, jetsheet.RouteLegacy)
	winners, routed := map[string]int{}, map[string]int{}
	for i := range tries {
		run := scheduled()
		run.Tick = run.Tick.Add(time.Duration(i) * time.Hour)
		answers := newRace(i).run(t, stores, run)
		stored := storedRun(t, stores.Runs, run).Frozen
		kept := string(records.objects[jetsheet.RecordKey(run)])
		if answers[0] != answers[1] || asJSON(stored) != answers[0] || kept != answers[0] {
			t.Fatalf("try %d: the systems got\n%s\n%s\nKV holds\n%s\nand the record store\n%s", i, answers[0], answers[1], asJSON(stored), kept)
		}
		winners[stored.FrozenBy]++
		routed[string(stored.Flags)]++
	}
	if len(winners) != 2 || len(routed) != 2 {
		t.Errorf("of %d races one system won all, or with one document: %v, %v", tries, winners, routed)
	}
}

// race is one try: both systems stand before their first create, each with another
// document, before either goes on.
type race struct {
	try      int
	ready    [2]chan struct{}
	answered [2]chan struct{}
}

func newRace(try int) *race {
	r := &race{try: try}
	for s := range r.ready {
		r.ready[s], r.answered[s] = make(chan struct{}), make(chan struct{})
	}
	return r
}

func (r *race) run(t *testing.T, stores flags.Stores, run jetsheet.RunID) (answers [2]string) {
	t.Helper()
	var systems sync.WaitGroup
	for s := range answers {
		req := request(run)
		req.By = fmt.Sprintf("system %d", s)
		req.Definition = fmt.Sprintf("report: of-system-%d\n", s)
		isReady := sync.OnceFunc(func() { close(r.ready[s]) })
		unreliable := flags.Stores{
			Runs:    &faultyKV{KeyValue: stores.Runs, onCreate: r.beforeCreate(s, isReady)},
			Flags:   &faultyKV{KeyValue: stores.Flags, onGet: r.beforeFlags(t, s, stores)},
			Records: &losingRecords{RecordStore: stores.Records, fault: once(fault(r.try / (9 + 18*s) % 3))},
		}
		systems.Go(func() {
			defer close(r.answered[s])
			defer isReady()
			answers[s] = insist(t, unreliable, req)
		})
	}
	systems.Wait()
	return answers
}

// beforeFlags changes the document between the reads of the two systems.
func (r *race) beforeFlags(t *testing.T, s int, stores flags.Stores) func() fault {
	return func() fault {
		if s == 0 {
			return works
		}
		<-r.ready[0]
		route := []jetsheet.Route{jetsheet.RouteNew, jetsheet.RouteLegacy}[r.try%2]
		if _, err := stores.Flags.Put(t.Context(), jetsheet.FlagsKey, flags.InitialDocument(route)); err != nil {
			t.Errorf("change the flag document: %v", err)
		}
		return works
	}
}

// beforeCreate holds the systems until both are there. In two tries of three one of
// them is let through to its end first, in the third they run for it. Then the call
// or its reply may be lost.
func (r *race) beforeCreate(s int, isReady func()) func() fault {
	lose := once(fault(r.try / (1 + 2*s) % 3))
	return func() fault {
		isReady()
		other := 1 - s
		<-r.ready[other]
		if r.try%3 == other {
			<-r.answered[other]
		}
		return lose()
	}
}

// insist freezes as a real caller does: again until there is an answer.
func insist(t *testing.T, stores flags.Stores, req flags.Request) string {
	t.Helper()
	for {
		frozen, err := flags.Freeze(t.Context(), stores, req)
		switch {
		case err == nil:
			return asJSON(frozen)
		case frozen != nil:
			t.Errorf("Freeze returned routes with the error %v", err)
			return ""
		case !errors.Is(err, errFault):
			t.Errorf("Freeze: %v", err)
			return ""
		}
	}
}
