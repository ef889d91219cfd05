package flags

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// settle makes KV and record store agree on a run that the KV knows, and returns
// what they agree on: what lies in the record store.
func (f freezer) settle(ctx context.Context, record *runRecord) (*jetsheet.Frozen, error) {
	run := record.frozen.Run
	stored, err := f.store(ctx, run, nil)
	if err != nil {
		return nil, err
	}
	if stored == nil {
		if stored, err = f.store(ctx, run, record.body); err != nil {
			return nil, err
		}
	}
	if err := f.adopt(ctx, record, stored); err != nil {
		return nil, err
	}
	return stored.frozen, nil
}

// adopt makes the KV carry the stored record. A further turn of the loop means
// that somebody else wrote the run's record meanwhile, or that a reply was lost.
func (f freezer) adopt(ctx context.Context, record *runRecord, stored *frozenRecord) error {
	id := stored.frozen.Run
	for {
		if done, err := record.obeys(stored); err != nil || done {
			return err
		}
		whole, err := record.with(stored)
		if err != nil {
			return err
		}
		_, updateErr := f.Runs.Update(ctx, jetsheet.RunKey(id), whole, record.revision)
		if updateErr == nil {
			return nil
		}
		before := record.revision
		record, err = f.readRun(ctx, id)
		if err != nil || record == nil {
			return fmt.Errorf("update the record of run %s: %w", id, errors.Join(updateErr, err))
		}
		if record.revision == before && !errors.Is(updateErr, jetstream.ErrKeyRevisionMismatch) {
			return fmt.Errorf("update the record of run %s: %w", id, updateErr)
		}
	}
}

// obeys says whether a run's record carries what is stored. A record that does not
// can only be mended while nothing was decided by it. A run that was planned by a record
// which decides the same obeys, whoever that names as its freezer: all of NATS was lost
// between the two, and another program froze the run again before it read S3.
func (r *runRecord) obeys(stored *frozenRecord) (bool, error) {
	same, err := r.same(stored)
	if err != nil || same {
		return same, err
	}
	if r.planned() {
		if r.frozen.DecidesAs(stored.frozen) {
			return true, nil
		}
		id := stored.frozen.Run
		return false, fmt.Errorf("%w: compare the S3 object %s with: nats kv get %s %s --raw",
			ErrConflict, jetsheet.RecordKey(id), jetsheet.BucketRuns, jetsheet.RunKey(id))
	}
	return false, nil
}
