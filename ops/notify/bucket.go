package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// readLimit bounds the reading of a bucket.
const readLimit = 30 * time.Second

// errCut: the connection ended in the middle of a list.
var errCut = errors.New("the connection to NATS was closed")

// bucket is the KV bucket of notices.
type bucket struct{ kv jetstream.KeyValue }

// contents is what the bucket holds at one moment.
type contents struct {
	notices   map[string]*Notice
	channels  map[string]*ChannelState
	revisions map[string]uint64 // by key
}

// list returns the notices in no order.
func (c *contents) list() []*Notice {
	list := make([]*Notice, 0, len(c.notices))
	for _, n := range c.notices {
		list = append(list, n)
	}
	return list
}

func openBucket(ctx context.Context, js jetstream.JetStream) (*bucket, error) {
	kv, err := js.KeyValue(ctx, jetsheet.BucketNotices)
	if err != nil {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketNotices, err)
	}
	return &bucket{kv}, nil
}

// read returns everything. A record of a newer build is left alone: its key has a
// revision and nothing else.
func (b *bucket) read(ctx context.Context) (*contents, error) {
	c := &contents{notices: map[string]*Notice{}, channels: map[string]*ChannelState{}, revisions: map[string]uint64{}}
	_, err := readKeys(ctx, b.kv, 0, func(e jetstream.KeyValueEntry) {
		if e.Operation() != jetstream.KeyValuePut {
			return
		}
		c.revisions[e.Key()] = e.Revision()
		c.add(e)
	})
	return c, err
}

func (c *contents) add(e jetstream.KeyValueEntry) {
	var n Notice
	if jetsheet.Decode(e.Value(), &n) != nil {
		return
	}
	if n.Key == e.Key() {
		c.notices[n.Key] = &n
		return
	}
	var s ChannelState
	if jetsheet.Decode(e.Value(), &s) == nil && jetsheet.ChannelKey(s.Name) == e.Key() {
		c.channels[s.Name] = &s
	}
}

// readKeys calls each for every entry of a bucket from a revision on, and returns the
// highest one.
func readKeys(ctx context.Context, kv jetstream.KeyValue, from uint64, each func(jetstream.KeyValueEntry)) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	var options []jetstream.WatchOpt
	if from > 0 {
		options = append(options, jetstream.ResumeFromRevision(from))
	}
	watcher, err := kv.WatchAll(ctx, options...)
	if err != nil {
		return 0, fmt.Errorf("read bucket %s: %w", kv.Bucket(), err)
	}
	defer func() { _ = watcher.Stop() }()
	var last uint64
	for {
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("read bucket %s: %w", kv.Bucket(), context.Cause(ctx))
		case e, open := <-watcher.Updates():
			if !open {
				return 0, fmt.Errorf("read bucket %s: %w", kv.Bucket(), errCut)
			}
			if e == nil {
				return last, nil
			}
			last = max(last, e.Revision())
			each(e)
		}
	}
}

// write stores a record unless somebody else was first; a revision of 0 creates it. It
// returns false where somebody was.
func (b *bucket) write(ctx context.Context, key string, record any, revision uint64) (bool, error) {
	value, err := json.Marshal(record)
	if err != nil {
		return false, fmt.Errorf("encode %s: %w", key, err)
	}
	if revision == 0 {
		_, err = b.kv.Create(ctx, key, value)
	} else {
		_, err = b.kv.Update(ctx, key, value, revision)
	}
	switch {
	case errors.Is(err, jetstream.ErrKeyExists):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("write %s: %w", key, err)
	}
	return true, nil
}

// notice reads one notice as it is now, nil when it is gone.
func (b *bucket) notice(ctx context.Context, key string) (*Notice, uint64, error) {
	var n Notice
	revision, err := b.get(ctx, key, &n)
	if revision == 0 || err != nil {
		return nil, 0, err
	}
	return &n, revision, nil
}

// channel reads the state of a channel as it is now, a new one when there is none.
func (b *bucket) channel(ctx context.Context, name string) (*ChannelState, uint64, error) {
	s := ChannelState{Envelope: jetsheet.CurrentEnvelope(), Name: name}
	revision, err := b.get(ctx, jetsheet.ChannelKey(name), &s)
	return &s, revision, err
}

// get reads a record; its revision is 0 when there is none.
func (b *bucket) get(ctx context.Context, key string, into any) (uint64, error) {
	entry, err := b.kv.Get(ctx, key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("read %s: %w", key, err)
	}
	if err := jetsheet.Decode(entry.Value(), into); err != nil {
		return 0, fmt.Errorf("read %s: %w", key, err)
	}
	return entry.Revision(), nil
}

// changeNotice changes a notice by compare-and-set, again while others change it.
func (b *bucket) changeNotice(ctx context.Context, key string, change func(*Notice)) error {
	for {
		n, revision, err := b.notice(ctx, key)
		if n == nil || err != nil {
			return err
		}
		change(n)
		if stored, err := b.write(ctx, key, n, revision); stored || err != nil {
			return err
		}
	}
}

// changeChannel changes the state of a channel in the same way; where change returns
// false, nothing is written.
func (b *bucket) changeChannel(ctx context.Context, name string, change func(*ChannelState) bool) (bool, error) {
	for {
		s, revision, err := b.channel(ctx, name)
		if err != nil || !change(s) {
			return false, err
		}
		if stored, err := b.write(ctx, jetsheet.ChannelKey(name), s, revision); stored || err != nil {
			return stored, err
		}
	}
}
