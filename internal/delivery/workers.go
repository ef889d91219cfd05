package delivery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// answerLimit is how long the answers of workers are waited for that do not come: of one
// that was killed, or that is of a build which does not answer.
const answerLimit = 500 * time.Millisecond

// LiveWorkers returns the states of all workers, in no order, as they are now: stored is
// what [Workers] has found, and those that answer say for themselves. Without room in
// NATS what is stored grows old, and goes after [jetsheet.WorkerStateTTL].
func LiveWorkers(ctx context.Context, conn *nats.Conn, progress jetstream.KeyValue) ([]jetsheet.WorkerState, error) {
	stored, err := Workers(ctx, progress)
	if err != nil {
		return nil, err
	}
	states := make(map[string]jetsheet.WorkerState, len(stored))
	silent := make(map[string]bool, len(stored))
	for _, w := range stored {
		key := jetsheet.WorkerKey(w.Stage, w.Worker)
		states[key], silent[key] = w, true
	}
	err = askWorkers(ctx, conn, func(w *jetsheet.WorkerState) bool {
		key := jetsheet.WorkerKey(w.Stage, w.Worker)
		states[key] = *w
		delete(silent, key)
		return len(stored) == 0 || len(silent) > 0
	})
	if err != nil {
		return nil, err
	}
	return slices.Collect(maps.Values(states)), nil
}

// askWorkers calls each for the answer of every worker, until it returns false or nobody
// answers any more.
func askWorkers(ctx context.Context, conn *nats.Conn, each func(*jetsheet.WorkerState) (more bool)) error {
	inbox := conn.NewInbox()
	answers, err := conn.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("ask the workers: %w", err)
	}
	defer func() { _ = answers.Unsubscribe() }()
	if err := conn.PublishRequest(jetsheet.SubjectWorkers, inbox, nil); err != nil {
		return fmt.Errorf("ask the workers: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	for {
		m, err := answers.NextMsgWithContext(limited)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("ask the workers: %w", context.Cause(ctx))
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrNoResponders):
			return nil
		case err != nil:
			return fmt.Errorf("ask the workers: %w", err)
		}
		var w jetsheet.WorkerState
		if jetsheet.Decode(m.Data, &w) == nil && !each(&w) {
			return nil
		}
	}
}

// Workers returns the stored states of workers, in no order. progress is the
// bucket [jetsheet.BucketProgress]. A state that this build may not read is passed
// over.
func Workers(ctx context.Context, progress jetstream.KeyValue) ([]jetsheet.WorkerState, error) {
	watch, err := progress.Watch(ctx, jetsheet.WorkerKeys, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("look for workers: %w", err)
	}
	defer func() { _ = watch.Stop() }()
	var workers []jetsheet.WorkerState
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("look for workers: %w", context.Cause(ctx))
		case entry, open := <-watch.Updates():
			switch {
			case !open:
				return nil, fmt.Errorf("look for workers: %w", jetstream.ErrConsumerDeleted)
			case entry == nil: // that was the last one
				return workers, nil
			}
			var w jetsheet.WorkerState
			if err := jetsheet.Decode(entry.Value(), &w); err != nil {
				continue
			}
			workers = append(workers, w)
		}
	}
}
