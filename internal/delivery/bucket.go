package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// BucketCreated returns when a bucket was made. Who watches one compares that now and
// then: where a bucket is lost and made anew its sequences begin again, and a watch of
// the old one, which goes on behind the last that it has seen, is deaf to all before it
// without an error.
func BucketCreated(ctx context.Context, kv jetstream.KeyValue) (time.Time, error) {
	status, err := kv.Status(ctx)
	if err != nil {
		return time.Time{}, NotSetUp("bucket "+kv.Bucket(), err)
	}
	known, ok := status.(*jetstream.KeyValueBucketStatus)
	if !ok {
		return time.Time{}, fmt.Errorf("look at the bucket %s: its status is a %T", kv.Bucket(), status)
	}
	return known.StreamInfo().Created, nil
}

// StillBucket returns an error that wraps [ErrStreamReplaced] where the bucket is not the
// one that was made at a time, and one that wraps [ErrNotSetUp] where there is none: the
// client's watch learns of that only after its heartbeats. Where it cannot be told the
// bucket is taken for the same.
func StillBucket(ctx context.Context, kv jetstream.KeyValue, created time.Time) error {
	now, err := BucketCreated(ctx, kv)
	switch {
	case errors.Is(err, ErrNotSetUp):
		return err
	case err != nil || now.Equal(created):
		return nil //nolint:nilerr // see above
	}
	return fmt.Errorf("bucket %s: %w", kv.Bucket(), ErrStreamReplaced)
}

// stillPace is how often a watch looks whether the bucket is still the same one.
const stillPace = time.Minute

// WatchBucket calls changed for each change of a bucket until ctx ends, one at a time. A nil
// entry says that changes may have been missed: when the watch begins, and whenever it has
// to begin anew.
func WatchBucket(ctx context.Context, kv jetstream.KeyValue, log *slog.Logger, changed func(jetstream.KeyValueEntry)) {
	var said Complaint
	for ctx.Err() == nil {
		if err := watchOnce(ctx, kv, &said, changed); err != nil && ctx.Err() == nil && said.Changed(err) {
			log.WarnContext(ctx, "watch lost, watching again", slog.String("bucket", kv.Bucket()), slog.Any("err", err))
		}
		timer := time.NewTimer(time.Second)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		changed(nil)
	}
}

func watchOnce(ctx context.Context, kv jetstream.KeyValue, said *Complaint, changed func(jetstream.KeyValueEntry)) error {
	created, err := BucketCreated(ctx, kv)
	if err != nil {
		return err
	}
	w, err := kv.WatchAll(ctx, jetstream.UpdatesOnly())
	if err != nil {
		return err
	}
	defer func() { _ = w.Stop() }()
	still := time.NewTicker(stillPace)
	defer still.Stop()
	said.Changed(nil)
	changed(nil) // what was read before the watch began may have changed unseen
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-still.C:
			if err := StillBucket(ctx, kv, created); err != nil {
				return err
			}
		case entry, ok := <-w.Updates():
			if !ok {
				return nil
			}
			if entry != nil {
				changed(entry)
			}
		}
	}
}
