package ops

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// Reader answers how runs and workbooks stand. Make it with [NewReader]. It may be
// used concurrently; there is nothing to close.
type Reader struct {
	js       jetstream.JetStream
	runs     jetstream.KeyValue
	progress jetstream.KeyValue
	plans    *delivery.ObjectStore
	done     jetstream.Stream
	failed   jetstream.Stream
}

// NewReader looks up what setup makes. A missing part is an error that wraps
// [delivery.ErrNotSetUp].
func NewReader(ctx context.Context, js jetstream.JetStream) (*Reader, error) {
	r := &Reader{js: js}
	var err error
	for bucket, kv := range map[string]*jetstream.KeyValue{
		jetsheet.BucketRuns: &r.runs, jetsheet.BucketProgress: &r.progress,
	} {
		if *kv, err = js.KeyValue(ctx, bucket); err != nil {
			return nil, delivery.NotSetUp("bucket "+bucket, err)
		}
	}
	if r.plans, err = delivery.OpenObjectStore(ctx, js, jetsheet.StorePlans); err != nil {
		return nil, err
	}
	for name, stream := range map[string]*jetstream.Stream{
		jetsheet.StreamDone: &r.done, jetsheet.StreamFailed: &r.failed,
	} {
		if *stream, err = js.Stream(ctx, name); err != nil {
			return nil, delivery.NotSetUp("stream "+name, err)
		}
	}
	return r, nil
}

// Record reads the record of a run. The error wraps [ErrUnknownRun] where there is
// none.
func (r *Reader) Record(ctx context.Context, id jetsheet.RunID) (*jetsheet.Run, error) {
	return readRecord(ctx, r.runs, id)
}

func readRecord(ctx context.Context, runs jetstream.KeyValue, id jetsheet.RunID) (*jetsheet.Run, error) {
	entry, err := runs.Get(ctx, jetsheet.RunKey(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("run %s: %w", id, ErrUnknownRun)
	}
	if err != nil {
		return nil, fmt.Errorf("read the record of run %s: %w", id, err)
	}
	var run jetsheet.Run
	if err := jetsheet.Decode(entry.Value(), &run); err != nil {
		return nil, fmt.Errorf("read the record of run %s: %w", id, err)
	}
	return &run, nil
}

// lastMessage returns the newest message of a subject, nil when there is none.
func lastMessage(ctx context.Context, stream jetstream.Stream, subject string) (*jetstream.RawStreamMsg, error) {
	return delivery.LastMessage(ctx, stream, subject)
}

// conversionsOf narrows a pattern that matches a run's subjects to those that name a
// conversion.
func conversionsOf(pattern string) string { return strings.TrimSuffix(pattern, ">") + "*.*" }

// ofTenant narrows a pattern that matches a run's subjects to one tenant; an empty
// tenant leaves it as it is.
func ofTenant(pattern, tenant string) string {
	if tenant == "" {
		return pattern
	}
	return strings.TrimSuffix(pattern, ">") + jetsheet.Token(tenant) + ".>"
}
