package notify

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// runBook is what is known of runs, brought up to date by reading what was written
// since. Records hold definitions and flag documents, so only a little is kept of each.
type runBook struct {
	kv   jetstream.KeyValue
	from uint64
	runs map[string]runSeen // by the id's text
	// ticks are the newest tick with a scheduled run, reruns the known runs of one tick;
	// both by report, reruns by the id of the scheduled run.
	ticks  map[string]time.Time
	reruns map[string][]jetsheet.RunID
}

// runSeen is what is kept of a run.
type runSeen struct {
	id       jetsheet.RunID
	planning bool
	frozenAt time.Time
	scope    jetsheet.Scope
	problem  *jetsheet.RunProblem
}

func newRunBook(kv jetstream.KeyValue) *runBook {
	return &runBook{kv: kv, runs: map[string]runSeen{}, ticks: map[string]time.Time{}, reruns: map[string][]jetsheet.RunID{}}
}

// refresh reads what was written since.
func (b *runBook) refresh(ctx context.Context) error {
	last, err := readKeys(ctx, b.kv, b.from, func(e jetstream.KeyValueEntry) {
		id, err := jetsheet.ParseRunID(e.Key())
		if err == nil && e.Operation() == jetstream.KeyValuePut {
			b.see(id, e.Value())
		}
	})
	if err == nil && last > 0 {
		b.from = last + 1
	}
	return err
}

func (b *runBook) see(id jetsheet.RunID, value []byte) {
	text := id.String()
	if _, known := b.runs[text]; !known {
		first := id.First().String()
		b.reruns[first] = append(b.reruns[first], id)
	}
	if id.Rerun == 0 && id.Tick.After(b.ticks[id.Report]) {
		b.ticks[id.Report] = id.Tick
	}
	seen := runSeen{id: id}
	var run jetsheet.Run
	// A record of a newer build is a run all the same.
	if jetsheet.Decode(value, &run) == nil {
		seen.planning = run.State == jetsheet.RunPlanning && run.Cancelled == nil
		seen.frozenAt, seen.scope, seen.problem = run.Frozen.FrozenAt, run.Frozen.Scope, run.Problem
	}
	b.runs[text] = seen
}

// mending lists the runs whose workbooks stand in for those of a run: itself and the
// later ones of the same tick.
func (b *runBook) mending(id jetsheet.RunID) []jetsheet.RunID {
	runs := []jetsheet.RunID{id}
	for _, other := range b.reruns[id.First().String()] {
		if other.Rerun > id.Rerun {
			runs = append(runs, other)
		}
	}
	return runs
}
