package flags

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// watchPoll is how often a watch asks for what it was not told: a bucket that was made
// anew tells the watches of the old one nothing.
const watchPoll = 5 * time.Second

// Watch calls tell for the newest revision, for each one that comes after it, and, with a
// nil revision, for each change of why revisions cannot be read, until ctx ends; then it
// returns nil. Where tell returns an error it ends with that.
func (l *Ledger) Watch(ctx context.Context, tell func(*Revision, error) error) error {
	kv, err := l.js.KeyValue(ctx, jetsheet.BucketFlags)
	if err != nil {
		return fmt.Errorf("open bucket %s: %w", jetsheet.BucketFlags, err)
	}
	watcher, err := kv.Watch(ctx, jetsheet.FlagsKey, jetstream.MetaOnly())
	if err != nil {
		return fmt.Errorf("watch the flag document: %w", err)
	}
	defer func() { _ = watcher.Stop() }()
	ticks := time.NewTicker(watchPoll)
	defer ticks.Stop()
	w := ledgerWatch{ledger: l, tell: tell}
	for {
		if err := w.look(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		case _, open := <-watcher.Updates():
			if !open {
				return errors.New("watch the flag document: the watch has ended")
			}
		}
	}
}

type ledgerWatch struct {
	ledger *Ledger
	tell   func(*Revision, error) error
	// seen is the newest revision that was told, trouble why the last look failed.
	seen    uint64
	trouble string
}

// look tells what is new. Its error is tell's.
func (w *ledgerWatch) look(ctx context.Context) error {
	list, err := w.news(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was told to stop
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != w.trouble {
		w.trouble = text
		if err != nil {
			return w.tell(nil, err)
		}
	}
	for _, r := range list {
		w.seen = r.Number
		if err := w.tell(r, nil); err != nil {
			return err
		}
	}
	return nil
}

func (w *ledgerWatch) news(ctx context.Context) ([]*Revision, error) {
	newest, err := w.ledger.Newest(ctx)
	switch {
	case err != nil:
		return nil, err
	case w.seen == 0 || newest.Number < w.seen: // the first look, or another bucket
		return []*Revision{newest}, nil
	case newest.Number == w.seen:
		return nil, nil
	}
	return w.ledger.Since(ctx, w.seen)
}
