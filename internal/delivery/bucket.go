package delivery

import (
	"context"
	"errors"
	"fmt"
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
