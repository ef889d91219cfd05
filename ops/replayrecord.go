package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// replayEntry is a replay's record with the revision it was read at.
type replayEntry struct {
	Replay

	revision uint64
}

// readReplay returns the error of [errUnknownReplay] where there is none.
func readReplay(ctx context.Context, kv jetstream.KeyValue, id string) (*replayEntry, error) {
	if _, ok := jetsheet.ParseReplayID(id); !ok {
		return nil, errUnknownReplay(id)
	}
	entry, err := kv.Get(ctx, jetsheet.ReplayKey(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, errUnknownReplay(id)
	}
	if err != nil {
		return nil, fmt.Errorf("read replay %s: %w", id, err)
	}
	return decodeReplay(entry)
}

func decodeReplay(entry jetstream.KeyValueEntry) (*replayEntry, error) {
	e := &replayEntry{revision: entry.Revision()}
	if err := jetsheet.Decode(entry.Value(), &e.Replay); err != nil {
		return nil, fmt.Errorf("read the record %s: %w", entry.Key(), err)
	}
	return e, nil
}

// write stores the record if it still is what was read: otherwise the error wraps
// [jetstream.ErrKeyRevisionMismatch].
func (e *replayEntry) write(ctx context.Context, kv jetstream.KeyValue) error {
	e.Envelope, e.UpdatedAt = jetsheet.CurrentEnvelope(), time.Now().UTC()
	value, err := json.Marshal(&e.Replay)
	if err != nil {
		return fmt.Errorf("encode replay %s: %w", e.ID, err)
	}
	var revision uint64
	if e.revision == 0 {
		revision, err = kv.Create(ctx, jetsheet.ReplayKey(e.ID), value)
	} else {
		revision, err = kv.Update(ctx, jetsheet.ReplayKey(e.ID), value, e.revision)
	}
	if err != nil {
		return fmt.Errorf("write replay %s: %w", e.ID, err)
	}
	e.revision = revision
	return nil
}

// runningReplays lists the replays that are not over.
func runningReplays(ctx context.Context, kv jetstream.KeyValue) ([]*replayEntry, error) {
	watcher, err := kv.Watch(ctx, jetsheet.ReplayKeys, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("list replays: %w", err)
	}
	defer func() { _ = watcher.Stop() }()
	var list []*replayEntry
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("list replays: %w", context.Cause(ctx))
		case entry, ok := <-watcher.Updates():
			switch {
			case !ok:
				return nil, fmt.Errorf("list replays: %w", errListCut)
			case entry == nil:
				return list, nil
			}
			// One that a newer version wrote is left to it.
			if e, err := decodeReplay(entry); err == nil && e.State == ReplayRunning {
				list = append(list, e)
			}
		}
	}
}
