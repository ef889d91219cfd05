package exclusive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// tenants are named as users name them.
var tenants = [...]string{"7", "42", "東京 支店", "a.b/c"}

var routes = [...]jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteHold}

// document is a flag document that routes each tenant as told.
func document(of [len(tenants)]int) []byte {
	var cases []string
	for i, tenant := range tenants {
		cases = append(cases, fmt.Sprintf(`{"in": [{"var": "targetingKey"}, [%q]]}, %q`, tenant, routes[of[i]]))
	}
	return fmt.Appendf(nil, `{"flags": {"cutover": {"state": "ENABLED", "defaultVariant": "legacy", "targeting": {"if": [%s]},
		"variants": {"legacy": "legacy", "shadow": "shadow", "new": "new", "hold": "hold"}}}}`, strings.Join(cases, ", "))
}

// ask is how a process learns what a run is frozen with.
type ask func(run jetsheet.RunID) (*jetsheet.Frozen, error)

func (w *world) stores() flags.Stores {
	return flags.Stores{Runs: w.runs, Flags: w.flags, Records: w.objects.records()}
}

// freezing asks as both systems do.
func freezing(w *world, stores flags.Stores) ask {
	return func(run jetsheet.RunID) (*jetsheet.Frozen, error) {
		frozen, err := flags.Freeze(context.Background(), stores, flags.Request{
			Run: run, Definition: definition(w.schedule), By: w.running.name, Now: run.Tick.Add(time.Duration(w.turns) * time.Second),
		})
		w.checkAnswer(run, frozen, err)
		return frozen, err
	}
}

// previousSystem makes the workbooks of each tick that the routes leave to it.
func previousSystem(w *world, find find, ask ask) func() {
	return w.eachTick(func(tick int) error {
		run, err := find(tick)
		if err != nil {
			return err
		}
		return w.make(ask, run, previously)
	})
}

// pipelineSystem plans each tick, and makes what the routes give to it.
func pipelineSystem(w *world, ask ask) func() {
	return w.eachTick(func(tick int) error { return w.make(ask, w.runOf(tick, 0), pipeline) })
}

// eachTick does something about each tick until it is done, and about all of them
// again now and then, as whoever is asked a second time.
func (w *world) eachTick(do func(tick int) error) func() {
	return func() {
		for {
			for tick := range ticks {
				w.sleep(max(0, dueAt(tick)-w.turns))
				for do(tick) != nil {
					w.sleep(1 + w.rng.IntN(10))
				}
			}
			w.finish()
			w.sleep(20 + w.rng.IntN(60))
		}
	}
}

// finish notes that the running process has nothing left to do. What it did while
// there were faults does not count.
func (w *world) finish() { w.running.finished = !w.faulty }

// again is somebody who makes runs again: all that the routes give to the pipeline.
func again(w *world, ask ask) func() {
	return func() {
		for {
			w.sleep(10 + w.rng.IntN(80))
			tick := w.rng.IntN(ticks)
			if w.reruns == maxReruns || w.turns < dueAt(tick) {
				w.finish()
				continue
			}
			w.reruns++
			for run := w.runOf(tick, w.reruns); w.make(ask, run, pipeline) != nil; {
				w.sleep(1 + w.rng.IntN(10))
			}
		}
	}
}

// reader looks at runs and changes nothing.
func reader(w *world) func() {
	return w.eachTick(func(tick int) error {
		frozen, err := flags.Load(context.Background(), w.stores(), w.runOf(tick, 0))
		w.checkAnswer(w.runOf(tick, 0), frozen, err)
		return err
	})
}

// make has a system make what is its own by a run's routes.
func (w *world) make(ask ask, run jetsheet.RunID, by system) error {
	frozen, err := ask(run)
	if err != nil {
		return err
	}
	compiled, err := w.compile(frozen.Flags)
	if err != nil {
		w.violate("%s: routes cannot be read: %v", run, err)
		return err
	}
	for i, tenant := range tenants {
		if !by.makes(compiled, tenant) {
			continue
		}
		_, err := call(w, toS3, fmt.Sprintf("makes %s of %s", tenant, run), errNoAnswer, func() (bool, error) {
			w.checkMade(run, i, by)
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// planning asks as the pipeline does: it gives out routes when the run has a plan, and
// a plan is recorded only in a run that is frozen as it was planned.
func planning(w *world, ask ask) ask {
	return func(run jetsheet.RunID) (*jetsheet.Frozen, error) {
		frozen, err := ask(run)
		if err != nil {
			return nil, err
		}
		entry, err := w.runs.Get(context.Background(), jetsheet.RunKey(run))
		if err != nil {
			return nil, err
		}
		var record jetsheet.Run
		if err := jetsheet.Decode(entry.Value(), &record); err != nil || record.Plan != nil {
			return frozen, err
		}
		if !record.Frozen.DecidesAs(frozen) {
			return nil, errors.New("it is frozen otherwise by now")
		}
		record.State, record.Plan = jetsheet.RunPublishing, &jetsheet.PlanSummary{Object: "plan/" + run.String()}
		body, err := json.Marshal(record)
		if err != nil {
			return nil, err
		}
		_, err = w.runs.Update(context.Background(), jetsheet.RunKey(run), body, entry.Revision())
		return frozen, err
	}
}
