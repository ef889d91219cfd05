package provider

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// KVOption changes how a KV source works.
type KVOption func(*kvSource) error

// WithWatchdog sets how often a KV source asks the server whether the bucket is still
// the one it watches: a watch does not end when its bucket is deleted. The default is
// 30 s, at least 100 ms. Nothing else is asked while nothing happens.
func WithWatchdog(every time.Duration) KVOption {
	return func(s *kvSource) error {
		if every < 100*time.Millisecond {
			return fmt.Errorf("flag source: a watchdog every %v is too often", every)
		}
		s.watchdog = every
		return nil
	}
}

// KV returns a source for a key of a bucket. The bucket need not exist yet. The
// connection stays the caller's: it should reconnect for ever, and be closed after the
// provider was stopped.
func KV(js jetstream.JetStream, bucket, key string, options ...KVOption) (Source, error) {
	if js == nil || bucket == "" || key == "" {
		return nil, errors.New("flag source: JetStream, bucket and key are needed")
	}
	s := &kvSource{js: js, bucket: bucket, key: key, watchdog: 30 * time.Second}
	for _, option := range options {
		if err := option(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

type kvSource struct {
	js          jetstream.JetStream
	bucket, key string
	watchdog    time.Duration
}

// Limits of a KV source: of one request, and of the wait after a failed one.
const (
	kvRequestLimit = 3 * time.Second
	kvFirstWait    = 50 * time.Millisecond
	kvLongestWait  = 2 * time.Second
)

// errAgain ends a watch that is to be made anew at once.
var errAgain = errors.New("watch the key again")

// Run implements [Source].
func (s *kvSource) Run(ctx context.Context, tell func(News)) {
	status := s.js.Conn().StatusChanged()
	defer s.js.Conn().RemoveStatusListener(status)
	wait := kvFirstWait
	for ctx.Err() == nil {
		w := kvWatch{kvSource: s, tell: tell, status: status}
		err := w.run(ctx)
		if ctx.Err() != nil {
			return
		}
		if w.armed {
			wait = kvFirstWait
		}
		if errors.Is(err, errAgain) {
			continue
		}
		tell(News{Problem: s.problem(err)})
		s.pause(ctx, status, wait/2+rand.N(wait/2))
		wait = min(2*wait, kvLongestWait)
	}
}

// pause waits, but not longer than until the connection is back.
func (s *kvSource) pause(ctx context.Context, status <-chan nats.Status, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return
		case now := <-status:
			if now == nats.CONNECTED {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// problem tells what is not there from what is not known.
func (s *kvSource) problem(err error) error {
	switch {
	case errors.Is(err, ErrMissing), errors.Is(err, ErrUnreachable):
		return err
	case errors.Is(err, jetstream.ErrBucketNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("%w: the bucket %s does not exist", ErrMissing, s.bucket)
	}
	return fmt.Errorf("%w: key %s of the bucket %s: %w", ErrUnreachable, s.key, s.bucket, err)
}

// kvWatch is one watch of the key.
type kvWatch struct {
	*kvSource
	tell   func(News)
	status <-chan nats.Status
	kv     jetstream.KeyValue
	// created tells a bucket from another one of the same name.
	created time.Time
	// seen is the newest revision of the key, checked the newest of the bucket that
	// the watchdog knows not to be the key's.
	seen, checked uint64
	// armed says that the watch has told something.
	armed bool
}

// run watches until there is a reason to begin anew.
func (w *kvWatch) run(ctx context.Context) error {
	for len(w.status) > 0 { // of before: the watch is made anew anyway
		<-w.status
	}
	if err := w.open(ctx); err != nil {
		return err
	}
	watcher, err := w.kv.Watch(ctx, w.key)
	if err != nil {
		return err
	}
	defer stopWatch(watcher)
	ticks := time.NewTicker(w.watchdog)
	defer ticks.Stop()
	for {
		select {
		case entry, ok := <-watcher.Updates():
			if !ok {
				return errors.New("the watch has ended")
			}
			w.take(newest(entry, watcher.Updates()))
		case <-w.status:
			if err := w.connection(); err != nil {
				return err
			}
		case <-ticks.C:
			if err := w.check(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (w *kvWatch) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, kvRequestLimit)
	defer cancel()
	var err error
	if w.kv, err = w.js.KeyValue(ctx, w.bucket); err != nil {
		return err
	}
	w.created, w.checked, err = w.bucketState(ctx)
	return err
}

// bucketState returns when the bucket was made, and its newest revision.
func (w *kvWatch) bucketState(ctx context.Context) (created time.Time, last uint64, err error) {
	status, err := w.kv.Status(ctx)
	if err != nil {
		return created, 0, err
	}
	stream, ok := status.(*jetstream.KeyValueBucketStatus)
	if !ok {
		return created, 0, nil
	}
	info := stream.StreamInfo()
	return info.Created, info.State.LastSeq, nil
}

// newest returns the last of the entries that have come: each holds the whole
// document. A nil entry says that the first ones are complete.
func newest(entry jetstream.KeyValueEntry, more <-chan jetstream.KeyValueEntry) jetstream.KeyValueEntry {
	for {
		select {
		case next, ok := <-more:
			if !ok {
				return entry
			}
			if next != nil {
				entry = next
			}
		default:
			return entry
		}
	}
}

func (w *kvWatch) take(entry jetstream.KeyValueEntry) {
	switch {
	case entry == nil && w.seen > 0:
		return
	case entry == nil:
		w.tell(News{Problem: fmt.Errorf("%w: the bucket %s has no key %s", ErrMissing, w.bucket, w.key)})
	case entry.Operation() != jetstream.KeyValuePut:
		w.seen = entry.Revision()
		w.tell(News{Problem: fmt.Errorf("%w: the key %s of the bucket %s was deleted", ErrMissing, w.key, w.bucket)})
	default:
		w.seen = entry.Revision()
		w.tell(News{Document: entry.Value(), Version: fmt.Sprintf("revision %d", entry.Revision())})
	}
	w.armed = true
}

// connection handles a change of the connection. A watch survives a reconnection, but
// takes ten seconds and more to notice that it has to begin anew.
func (w *kvWatch) connection() error {
	conn := w.js.Conn()
	if conn.IsConnected() {
		return errAgain
	}
	w.tell(News{Problem: fmt.Errorf("%w: the NATS connection is %v", ErrUnreachable, conn.Status())})
	return nil
}

// check is the watchdog: is the bucket the one that is watched, and was nothing missed?
func (w *kvWatch) check(ctx context.Context) error {
	if !w.js.Conn().IsConnected() { // which is known, and told
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, kvRequestLimit)
	defer cancel()
	created, last, err := w.bucketState(ctx)
	if err != nil {
		return err
	}
	if !created.Equal(w.created) {
		return errAgain
	}
	if last <= max(w.seen, w.checked) {
		return nil
	}
	w.checked = last
	entry, err := w.kv.Get(ctx, w.key)
	if err == nil && entry.Revision() > w.seen {
		return errAgain
	}
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return err
	}
	return nil
}

// stopWatch also takes what is left: the connection may be waiting to hand it over.
func stopWatch(watcher jetstream.KeyWatcher) {
	_ = watcher.Stop()
	for {
		select {
		case _, ok := <-watcher.Updates():
			if !ok {
				return
			}
		default:
			return
		}
	}
}
