package flags

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// Request asks for a run to be frozen. Run decides which one; the rest is used
// only if the run is not frozen yet.
type Request struct {
	// Run is the run's id. Tick is a whole second.
	Run jetsheet.RunID
	// Definition is the report's YAML as it was applied.
	Definition string
	// Scope narrows a re-run; it must be zero for a scheduled run.
	Scope jetsheet.Scope
	// By names the program that asks, for people.
	By string
	// Now is the time of the call, for people.
	Now time.Time
}

// Freeze freezes a run, or finds it frozen, and returns what every system must
// obey. Two callers always get the same answer, whichever came first and whatever
// they asked with. It may be called at any time, concurrently and from several
// programs; for a run that is frozen it costs one read of the KV and one of the
// record store.
//
// On an error nothing was decided for the caller: neither system may work on the
// run, and the call must be repeated. A caller can test for [ErrNoFlagDocument],
// [ErrNoFirstRun], [ErrDocument], [ErrRecord], [ErrConflict] and
// [jetsheet.ErrNewerSchema].
func Freeze(ctx context.Context, stores Stores, req Request) (*jetsheet.Frozen, error) {
	if err := req.check(); err != nil {
		return nil, fmt.Errorf("freeze run %s: %w", req.Run, err)
	}
	f := freezer{Stores: stores, minReader: report.MinReader}
	frozen, err := f.freeze(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("freeze run %s: %w", req.Run, err)
	}
	return frozen, nil
}

func (r Request) check() error {
	switch {
	case !jetsheet.ValidReportName(r.Run.Report):
		return fmt.Errorf("report %q is not [a-z0-9-]{1,40}", r.Run.Report)
	case r.Run.Tick.IsZero() || r.Run.Tick.Nanosecond() != 0:
		return fmt.Errorf("tick %v is not a whole second", r.Run.Tick)
	case r.Run.Rerun < 0:
		return fmt.Errorf("rerun %d is negative", r.Run.Rerun)
	case r.Run.Rerun == 0 && r.Scope != (jetsheet.Scope{}):
		return errors.New("a scheduled run has no scope: everybody outside it would be left out")
	}
	return nil
}

type freezer struct {
	Stores
	// minReader says which version reads a definition; a freezer that only loads has
	// none.
	minReader func(definition string) int
}

func (f freezer) freeze(ctx context.Context, req Request) (*jetsheet.Frozen, error) {
	record, err := f.readRun(ctx, req.Run)
	if err != nil {
		return nil, err
	}
	if record == nil {
		if record, err = f.create(ctx, req); err != nil {
			return nil, err
		}
	}
	return f.settle(ctx, record)
}

// readRun returns a run's record in the KV, nil if there is none.
func (f freezer) readRun(ctx context.Context, run jetsheet.RunID) (*runRecord, error) {
	entry, err := f.Runs.Get(ctx, jetsheet.RunKey(run))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, nil
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, fmt.Errorf("read the record of run %s: %w; make the buckets with: jetsheet setup", run, err)
	case err != nil:
		return nil, fmt.Errorf("read the record of run %s: %w", run, err)
	}
	record, err := decodeRun(entry.Value(), entry.Revision(), run)
	if err != nil {
		return nil, fmt.Errorf("record of run %s in the bucket %s: %w", run, jetsheet.BucketRuns, err)
	}
	return record, nil
}

// store puts a body into the record store unless something lies there, and returns
// what lies there. With a nil body it only reads, and returns nil if there is nothing.
func (f freezer) store(ctx context.Context, run jetsheet.RunID, body []byte) (*frozenRecord, error) {
	key := jetsheet.RecordKey(run)
	stored, err := f.Records.Record(ctx, key, body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("record %s: %w", key, err)
	case stored == nil && body != nil:
		return nil, fmt.Errorf("record %s: it is gone after it was written", key)
	case stored == nil:
		return nil, nil
	}
	frozen, err := decodeFrozen(stored, run)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", key, err)
	}
	return frozen, nil
}
