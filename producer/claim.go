package producer

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// claim is how producers agree who publishes a run. It only saves work: two that
// publish the same run do no harm, because a request is queued once and a
// conversion done once. So it needs no clock in common: whoever sees the entry
// unchanged for the time by its own clock takes over.
type claim struct {
	kv       jetstream.KeyValue
	key      string
	worker   string
	ttl      time.Duration
	revision uint64 // of our own entry; 0 while we hold none
	seen     uint64 // revision of another's entry
	seenAt   time.Time
	beatAt   time.Time
}

func newClaim(kv jetstream.KeyValue, run jetsheet.RunID, worker string, ttl time.Duration) *claim {
	return &claim{kv: kv, key: jetsheet.PublisherKey(run), worker: worker, ttl: ttl}
}

// hold says whether we may publish now. Call it often.
func (c *claim) hold(ctx context.Context) (bool, error) {
	now := time.Now()
	if c.revision != 0 {
		if now.Sub(c.beatAt) < c.ttl/3 {
			return true, nil
		}
		return c.write(ctx, c.revision, now)
	}
	entry, err := c.kv.Get(ctx, c.key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return c.write(ctx, 0, now)
	case err != nil:
		return false, err
	case string(entry.Value()) == "" || string(entry.Value()) == c.worker:
		return c.write(ctx, entry.Revision(), now)
	case entry.Revision() != c.seen:
		c.seen, c.seenAt = entry.Revision(), now
		return false, nil
	case now.Sub(c.seenAt) < c.ttl:
		return false, nil
	}
	return c.write(ctx, entry.Revision(), now)
}

func (c *claim) write(ctx context.Context, revision uint64, now time.Time) (bool, error) {
	written, err := c.put(ctx, revision)
	if err != nil {
		c.revision = 0
		if errors.Is(err, jetstream.ErrKeyExists) || delivery.WrongLastSequence(err) {
			return false, nil
		}
		return false, err
	}
	c.revision, c.beatAt = written, now
	return true, nil
}

func (c *claim) put(ctx context.Context, revision uint64) (uint64, error) {
	if revision == 0 { // Create also takes a key that a person has deleted
		return c.kv.Create(ctx, c.key, []byte(c.worker))
	}
	return c.kv.Update(ctx, c.key, []byte(c.worker), revision)
}

// release lets the next producer begin at once.
func (c *claim) release(ctx context.Context) {
	if c.revision == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_, _ = c.kv.Update(ctx, c.key, nil, c.revision)
	c.revision = 0
}
