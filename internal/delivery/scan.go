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
// work queue. An error of each ends it and is returned. A message that the server has
// sent and that has not come is an error too: what is counted here is decided on.
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
	s := &scan{c: c, each: each}
	for total := info.NumPending; s.got < total; {
		before := s.got
		if err := s.some(min(total-s.got, scanBatch)); err != nil {
			return fmt.Errorf("scan stream %s: %w", stream, err)
		}
		if s.got == before {
			return s.whole(ctx, stream)
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// errIncomplete: messages were sent on a connection that ended. The consumer asks for no
// acknowledgement, so they do not come again.
var errIncomplete = errors.New("messages were lost on the way")

// scan is one reading through a consumer.
type scan struct {
	c    jetstream.Consumer
	each func(jetstream.Msg) error
	got  uint64 // the consumer's sequence of the last message
}

func (s *scan) some(n uint64) error {
	batch, err := s.c.Fetch(int(n), jetstream.FetchMaxWait(5*time.Second)) //nolint:gosec // at most a batch
	if err != nil {
		return err
	}
	var failed error
	for m := range batch.Messages() {
		if failed == nil {
			failed = s.take(m)
		}
	}
	if failed != nil {
		return failed
	}
	if err := batch.Error(); err != nil && !errors.Is(err, jetstream.ErrNoMessages) {
		return err
	}
	return nil
}

// take takes the next message, and one that comes twice once.
func (s *scan) take(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("read where a message comes from: %w", err)
	}
	switch sequence := meta.Sequence.Consumer; {
	case sequence <= s.got:
		return nil
	case sequence > s.got+1:
		return fmt.Errorf("%w: %d of them", errIncomplete, sequence-s.got-1)
	default:
		s.got = sequence
		return s.each(m)
	}
}

// whole says whether all has come that was sent: what else was there at the beginning
// has been removed or replaced meanwhile.
func (s *scan) whole(ctx context.Context, stream string) error {
	info, err := s.c.Info(ctx)
	if err != nil {
		return fmt.Errorf("scan stream %s: %w", stream, err)
	}
	if sent := info.Delivered.Consumer; sent > s.got {
		return fmt.Errorf("scan stream %s: %w: %d of them", stream, errIncomplete, sent-s.got)
	}
	return nil
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
