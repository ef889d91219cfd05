package renderer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
)

// maxCachedRuns bounds the cache; a renderer works on few runs at a time.
const maxCachedRuns = 64

// runCache keeps the parsed definitions of the runs in work: a record carries the
// whole flag document and must not travel with each request.
type runCache struct {
	kv    jetstream.KeyValue
	parse func(string, []byte) (*report.Definition, error)

	mu   sync.Mutex
	runs map[jetsheet.RunID]*cachedRun
	// named are definitions that requests name, by their digest; they never change.
	named map[string]*report.Definition
	// changes counts what was heard of records: what was read before a change is not
	// kept after it.
	changes uint64
}

type cachedRun struct {
	definition *report.Definition
	cancelled  *jetsheet.Mark
	used       time.Time
}

func newRunCache(kv jetstream.KeyValue, parse func(string, []byte) (*report.Definition, error)) *runCache {
	return &runCache{kv: kv, parse: parse, runs: map[jetsheet.RunID]*cachedRun{}, named: map[string]*report.Definition{}}
}

// definition returns the definition that a request of a run is made with: the frozen
// one, unless its headers name another. A cancelled run is a permanent error, unless the
// headers say that it was asked for after that.
func (c *runCache) definition(ctx context.Context, id jetsheet.RunID, header nats.Header) (*report.Definition, error) {
	run, err := c.get(ctx, id)
	if err != nil {
		return nil, err
	}
	if m := run.cancelled; m.Stops(header) {
		return nil, delivery.Permanent(jetsheet.CauseCancelled, errors.New(m.CancelText()))
	}
	if digest := header.Get(jetsheet.HeaderDefinition); digest != "" && digest != run.definition.Digest {
		return c.standIn(ctx, id, digest, run.definition)
	}
	return run.definition, nil
}

func (c *runCache) get(ctx context.Context, id jetsheet.RunID) (*cachedRun, error) {
	c.mu.Lock()
	run, ok := c.runs[id]
	if ok {
		run.used = time.Now()
	}
	changes := c.changes
	c.mu.Unlock()
	if ok {
		return run, nil
	}
	entry, err := c.kv.Get(ctx, jetsheet.RunKey(id))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, delivery.Permanent(jetsheet.CauseDefinition, fmt.Errorf("there is no record of run %s; start it again with: %s", id, jetsheet.StartFirst(id, jetsheet.Scope{})))
	case err != nil:
		return nil, delivery.Unavailable("KV bucket "+jetsheet.BucketRuns, err)
	}
	return c.keep(id, entry.Value(), changes)
}

// keep reads a record and remembers it, unless it may have changed meanwhile. A record
// that only a newer build can read gives [jetsheet.ErrNewerSchema]: the request is then
// given back.
func (c *runCache) keep(id jetsheet.RunID, value []byte, changes uint64) (*cachedRun, error) {
	var record jetsheet.Run
	if err := jetsheet.Decode(value, &record); err != nil {
		return nil, delivery.Permanent(jetsheet.CauseDefinition, fmt.Errorf("read the record of run %s: %w", id, err))
	}
	d, err := c.parse(id.Report, []byte(record.Frozen.Definition))
	if err = record.Frozen.Explain(err); err != nil {
		return nil, delivery.Permanent(jetsheet.CauseDefinition, fmt.Errorf("read the definition of run %s: %w", id, err))
	}
	run := &cachedRun{definition: d, cancelled: record.Cancelled, used: time.Now()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != changes {
		return run, nil
	}
	if len(c.runs) >= maxCachedRuns {
		c.dropOldest()
	}
	c.runs[id] = run
	return run, nil
}

func (c *runCache) dropOldest() {
	var oldest jetsheet.RunID
	var used time.Time
	for id, run := range c.runs {
		if used.IsZero() || run.used.Before(used) {
			oldest, used = id, run.used
		}
	}
	delete(c.runs, oldest)
}

// watch keeps the cached records up to date, so that a cancelled run stops.
func (c *runCache) watch(ctx context.Context, log *slog.Logger) {
	delivery.WatchBucket(ctx, c.kv, log, func(entry jetstream.KeyValueEntry) {
		if entry == nil {
			c.forget()
			return
		}
		c.update(entry)
	})
}

// forget empties the cache: while nobody watched, records may have changed.
func (c *runCache) forget() {
	c.mu.Lock()
	clear(c.runs)
	c.changes++
	c.mu.Unlock()
}

// update takes in a changed record, if it is one that we use.
func (c *runCache) update(entry jetstream.KeyValueEntry) {
	id, err := jetsheet.ParseRunID(entry.Key())
	if err != nil {
		return
	}
	c.mu.Lock()
	_, used := c.runs[id]
	delete(c.runs, id)
	c.changes++
	changes := c.changes
	c.mu.Unlock()
	if used && entry.Operation() == jetstream.KeyValuePut {
		_, _ = c.keep(id, entry.Value(), changes) // an unreadable one is met by the next request
	}
}
