package delivery

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Workers returns the states of all workers that live, in no order. progress is the
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
