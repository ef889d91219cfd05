package flags

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet"
)

// Load returns what a run was frozen with and changes nothing. A run that only the
// KV knows is not frozen yet: its freezer was stopped half-way, and the next
// [Freeze] of it decides. A caller can test for [ErrNotFrozen], [ErrRecord],
// [ErrConflict] and [jetsheet.ErrNewerSchema].
func Load(ctx context.Context, stores Stores, run jetsheet.RunID) (*jetsheet.Frozen, error) {
	frozen, err := freezer{Stores: stores}.load(ctx, run)
	if err != nil {
		return nil, fmt.Errorf("load run %s: %w", run, err)
	}
	return frozen, nil
}

func (f freezer) load(ctx context.Context, run jetsheet.RunID) (*jetsheet.Frozen, error) {
	record, err := f.readRun(ctx, run)
	if err != nil {
		return nil, err
	}
	stored, err := f.store(ctx, run, nil)
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, ErrNotFrozen
	}
	if record != nil {
		if _, err := record.obeys(stored); err != nil {
			return nil, err
		}
	}
	return stored.frozen, nil
}
