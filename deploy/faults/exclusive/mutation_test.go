package exclusive_test

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// mutation is a mistake in how a system asks for its routes; the zero value is none. It
// is planted around the code, which is as it ships.
type mutation struct {
	name string
	// stores changes what flags.Freeze works with.
	stores func(w *world, stores flags.Stores) flags.Stores
	// latest says which processes ask the newest document instead of freezing.
	latestPrevious, latestPipeline, latestAgain bool
	// todaysSchedule says that the previous system does not look for the runs that a day
	// was frozen with.
	todaysSchedule bool
}

// mutations are what the schedules must show.
func mutations() []mutation {
	return []mutation{
		{name: "the previous system asks the newest document", latestPrevious: true},
		{name: "the pipeline asks the newest document", latestPipeline: true},
		{name: "a run made again asks the newest document", latestAgain: true},
		{name: "a day's run is the one of today's schedule", todaysSchedule: true},
		{name: "a write without an answer is believed", stores: func(_ *world, s flags.Stores) flags.Stores {
			return flags.Stores{Runs: believingKV{s.Runs}, Flags: s.Flags, Records: believingRecords{s.Records}}
		}},
		{name: "the record is deleted and created", stores: func(w *world, s flags.Stores) flags.Stores {
			w.objects.ignoresConditions = true
			return flags.Stores{Runs: replacingKV{s.Runs}, Flags: s.Flags, Records: s.Records}
		}},
		{name: "a missing document is frozen as all legacy", stores: func(_ *world, s flags.Stores) flags.Stores {
			return flags.Stores{Runs: s.Runs, Flags: assumingKV{s.Flags}, Records: s.Records}
		}},
		{name: "routes are given out before the record lies on S3", stores: func(_ *world, s flags.Stores) flags.Stores {
			return flags.Stores{Runs: s.Runs, Flags: s.Flags, Records: hastyRecords{s.Records}}
		}},
	}
}

// harmless are mistakes that the rules bear: the record on S3 decides.
func harmless() []mutation {
	return []mutation{
		{name: "reads come from a replica that lags", stores: func(w *world, s flags.Stores) flags.Stores {
			w.runs.late, w.flags.late = true, true
			return s
		}},
		{name: "the record in KV alone is deleted and created", stores: func(_ *world, s flags.Stores) flags.Stores {
			return flags.Stores{Runs: replacingKV{s.Runs}, Flags: s.Flags, Records: s.Records}
		}},
		{name: "a write to KV alone is believed without an answer", stores: func(_ *world, s flags.Stores) flags.Stores {
			return flags.Stores{Runs: believingKV{s.Runs}, Flags: s.Flags, Records: s.Records}
		}},
	}
}

func (m mutation) freezing(w *world) ask {
	stores := w.stores()
	if m.stores != nil {
		stores = m.stores(w, stores)
	}
	return freezing(w, stores)
}

func (m mutation) previous(w *world) func() {
	var runs jetstream.KeyValue = w.runs
	if m.todaysSchedule {
		runs = emptyKV{runs}
	}
	ask := m.freezing(w)
	if m.latestPrevious {
		ask = newest(w.stores())
	}
	return previousSystem(w, byDay(w, runs), ask)
}

func (m mutation) pipeline(w *world) func() {
	if m.latestPipeline {
		return pipelineSystem(w, newest(w.stores()))
	}
	return pipelineSystem(w, planning(w, m.freezing(w)))
}

func (m mutation) again(w *world) func() {
	if m.latestAgain {
		return again(w, newest(w.stores()))
	}
	return again(w, planning(w, m.freezing(w)))
}

// newest asks the newest document, whatever the run is frozen with.
func newest(stores flags.Stores) ask {
	return func(jetsheet.RunID) (*jetsheet.Frozen, error) {
		entry, err := stores.Flags.Get(context.Background(), flagsKey)
		if err != nil {
			return nil, err
		}
		document, err := flags.ParseDocument(entry.Value())
		if err != nil {
			return nil, err
		}
		return &jetsheet.Frozen{Flags: document.JSON(), FlagsSHA256: document.SHA256()}, nil
	}
}

// emptyKV lists no key.
type emptyKV struct{ jetstream.KeyValue }

func (emptyKV) WatchAll(context.Context, ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	return watcherOf(nil), nil
}

// believingKV takes a create without an answer for done.
type believingKV struct{ jetstream.KeyValue }

func (k believingKV) Create(ctx context.Context, key string, value []byte, options ...jetstream.KVCreateOpt) (uint64, error) {
	revision, err := k.KeyValue.Create(ctx, key, value, options...)
	if err != nil && !errors.Is(err, jetstream.ErrKeyExists) {
		return 0, nil
	}
	return revision, err
}

// believingRecords takes a write without an answer for done.
type believingRecords struct{ flags.RecordStore }

func (r believingRecords) Record(ctx context.Context, key string, body []byte) ([]byte, error) {
	stored, err := r.RecordStore.Record(ctx, key, body)
	if err != nil && body != nil {
		return body, nil
	}
	return stored, err
}

// replacingKV deletes what is there before it creates.
type replacingKV struct{ jetstream.KeyValue }

func (k replacingKV) Create(ctx context.Context, key string, value []byte, options ...jetstream.KVCreateOpt) (uint64, error) {
	if err := k.Delete(ctx, key); err != nil {
		return 0, err
	}
	return k.KeyValue.Create(ctx, key, value, options...)
}

// assumingKV finds that everybody is legacy where there is no document.
type assumingKV struct{ jetstream.KeyValue }

func (k assumingKV) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	e, err := k.KeyValue.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return entry{key: key, value: flags.InitialDocument(jetsheet.RouteLegacy)}, nil
	}
	return e, err
}

// hastyRecords reads and never writes.
type hastyRecords struct{ flags.RecordStore }

func (r hastyRecords) Record(ctx context.Context, key string, body []byte) ([]byte, error) {
	if body != nil {
		return body, nil
	}
	return r.RecordStore.Record(ctx, key, nil)
}
