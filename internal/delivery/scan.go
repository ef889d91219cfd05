package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// scanBatch is how many messages one pull of a scan asks for.
const scanBatch = 1000

// Count returns how many messages of a stream lie on a subject, wildcards
// included. It costs the server 10 ms at 100,000 subjects, where listing them
// costs 300. The stream must not be a work queue.
func Count(ctx context.Context, js jetstream.JetStream, stream, subject string) (int, error) {
	c, err := scanner(ctx, js, stream, 1, true, subject)
	if err != nil {
		return 0, err
	}
	info := c.CachedInfo()
	dropScanner(ctx, js, stream, info.Name)
	return int(info.NumPending), nil //nolint:gosec // streams do not hold 2^63 messages
}

// Scan calls each for every message that lies on the subjects when it begins, in
// stream order; with headersOnly without bodies. It does not list subjects, which
// would stall publishers for 1.5 s at a million of them. The stream must not be a
// work queue. An error of each ends it and is returned.
func Scan(ctx context.Context, js jetstream.JetStream, stream string, headersOnly bool, each func(jetstream.Msg) error, subjects ...string) error {
	return ScanFrom(ctx, js, stream, 1, headersOnly, each, subjects...)
}

// ScanFrom is Scan without the messages before a sequence.
func ScanFrom(ctx context.Context, js jetstream.JetStream, stream string, sequence uint64, headersOnly bool, each func(jetstream.Msg) error, subjects ...string) error {
	c, err := scanner(ctx, js, stream, sequence, headersOnly, subjects...)
	if err != nil {
		return err
	}
	info := c.CachedInfo()
	defer dropScanner(ctx, js, stream, info.Name)
	for left := int(info.NumPending); left > 0; { //nolint:gosec // streams do not hold 2^63 messages
		got, err := scanSome(c, min(left, scanBatch), each)
		if err != nil {
			return fmt.Errorf("scan stream %s: %w", stream, err)
		}
		if got == 0 {
			return nil // what was left has been removed or replaced meanwhile
		}
		left -= got
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func scanSome(c jetstream.Consumer, n int, each func(jetstream.Msg) error) (int, error) {
	batch, err := c.Fetch(n, jetstream.FetchMaxWait(5*time.Second))
	if err != nil {
		return 0, err
	}
	got := 0
	var failed error
	for m := range batch.Messages() {
		got++
		if failed == nil {
			failed = each(m)
		}
	}
	if failed != nil {
		return got, failed
	}
	if err := batch.Error(); err != nil && !errors.Is(err, jetstream.ErrNoMessages) {
		return got, err
	}
	return got, nil
}

func scanner(ctx context.Context, js jetstream.JetStream, stream string, sequence uint64, headersOnly bool, subjects ...string) (jetstream.Consumer, error) {
	cfg := jetstream.ConsumerConfig{
		FilterSubjects:    subjects,
		AckPolicy:         jetstream.AckNonePolicy,
		DeliverPolicy:     jetstream.DeliverAllPolicy,
		HeadersOnly:       headersOnly,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: time.Minute,
	}
	if sequence > 1 {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, sequence
	}
	c, err := js.CreateConsumer(ctx, stream, cfg)
	if err != nil {
		return nil, fmt.Errorf("scan stream %s: %w", stream, err)
	}
	return c, nil
}

// dropScanner frees the consumer; where that fails it goes by itself in a minute.
func dropScanner(ctx context.Context, js jetstream.JetStream, stream, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = js.DeleteConsumer(ctx, stream, name)
}
