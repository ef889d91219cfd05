package exclusive_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

const flagsKey = jetsheet.FlagsKey

// bucket is a KV bucket in memory whose reads are the leader's, as far as freezing and
// planning use one: TestBucket holds it to the server's.
type bucket struct {
	jetstream.KeyValue // nil: nothing else is called
	w                  *world
	name               string
	entries            map[string]entry
	last               uint64
	// gone says that the bucket does not exist.
	gone bool
	// late says that reads may come from a replica that lags, which has before.
	late   bool
	before map[string]entry
}

func newBucket(w *world, name string) *bucket {
	return &bucket{w: w, name: name, entries: map[string]entry{}}
}

type entry struct {
	key      string
	value    []byte
	revision uint64
	deleted  bool
}

func (e entry) Bucket() string                  { return "" }
func (e entry) Key() string                     { return e.key }
func (e entry) Value() []byte                   { return bytes.Clone(e.value) }
func (e entry) Revision() uint64                { return e.revision }
func (e entry) Created() time.Time              { return time.Time{} }
func (e entry) Delta() uint64                   { return 0 }
func (e entry) Operation() jetstream.KeyValueOp { return jetstream.KeyValuePut }

// Get implements [jetstream.KeyValue].
func (b *bucket) Get(_ context.Context, key string) (jetstream.KeyValueEntry, error) {
	return call(b.w, toNATS, "get "+b.name+" "+key, nats.ErrTimeout, func() (jetstream.KeyValueEntry, error) {
		if b.gone {
			return nil, jetstream.ErrStreamNotFound
		}
		e, there := b.entries[key]
		if b.late && b.w.rng.IntN(2) == 0 {
			e, there = b.before[key]
		}
		if !there || e.deleted {
			return nil, jetstream.ErrKeyNotFound
		}
		return e, nil
	})
}

// WatchAll implements [jetstream.KeyValue] for who lists the keys that there are.
func (b *bucket) WatchAll(context.Context, ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	return call(b.w, toNATS, "list "+b.name, nats.ErrTimeout, func() (jetstream.KeyWatcher, error) {
		if b.gone {
			return nil, jetstream.ErrStreamNotFound
		}
		var list []entry
		for _, e := range b.entries {
			if !e.deleted {
				list = append(list, e)
			}
		}
		return watcherOf(list), nil
	})
}

// watcher has told what there is.
type watcher chan jetstream.KeyValueEntry

func watcherOf(list []entry) watcher {
	w := make(watcher, len(list)+1)
	for _, e := range list {
		w <- e
	}
	w <- nil
	return w
}

// Updates implements [jetstream.KeyWatcher].
func (w watcher) Updates() <-chan jetstream.KeyValueEntry { return w }

// Stop implements [jetstream.KeyWatcher].
func (watcher) Stop() error { return nil }

// Create implements [jetstream.KeyValue].
func (b *bucket) Create(_ context.Context, key string, value []byte, _ ...jetstream.KVCreateOpt) (uint64, error) {
	return call(b.w, toNATS, "create "+b.name+" "+key, nats.ErrTimeout, func() (uint64, error) {
		if e, there := b.entries[key]; there && !e.deleted && !b.gone {
			return 0, jetstream.ErrKeyExists
		}
		return b.store(key, value)
	})
}

// Update implements [jetstream.KeyValue].
func (b *bucket) Update(_ context.Context, key string, value []byte, revision uint64) (uint64, error) {
	return call(b.w, toNATS, fmt.Sprintf("update %s %s at %d", b.name, key, revision), nats.ErrTimeout, func() (uint64, error) {
		if b.entries[key].revision != revision && !b.gone {
			return 0, jetstream.ErrKeyRevisionMismatch
		}
		return b.store(key, value)
	})
}

// Put implements [jetstream.KeyValue].
func (b *bucket) Put(_ context.Context, key string, value []byte) (uint64, error) {
	return call(b.w, toNATS, "put "+b.name+" "+key, nats.ErrTimeout, func() (uint64, error) { return b.store(key, value) })
}

// Delete implements [jetstream.KeyValue].
func (b *bucket) Delete(_ context.Context, key string, _ ...jetstream.KVDeleteOpt) error {
	_, err := call(b.w, toNATS, "delete "+b.name+" "+key, nats.ErrTimeout, func() (uint64, error) { return b.remove(key) })
	return err
}

func (b *bucket) store(key string, value []byte) (uint64, error) {
	return b.append(entry{key: key, value: bytes.Clone(value)})
}

func (b *bucket) remove(key string) (uint64, error) { return b.append(entry{key: key, deleted: true}) }

func (b *bucket) append(e entry) (uint64, error) {
	if b.gone {
		return 0, jetstream.ErrNoStreamResponse
	}
	b.last++
	e.revision = b.last
	if b.late {
		b.before = maps.Clone(b.entries)
	}
	b.entries[e.key] = e
	return e.revision, nil
}

// wipe deletes the bucket. Made again it counts from 1.
func (b *bucket) wipe() { b.entries, b.before, b.last, b.gone = map[string]entry{}, nil, 0, true }
