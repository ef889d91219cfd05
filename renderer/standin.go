package renderer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
)

// maxNamed bounds the definitions kept that requests name.
const maxNamed = 64

// standIn returns the definition that a request of a run names instead of the frozen
// one. What cannot make the run's workbooks is a permanent error; one that only a newer
// build can read gives [jetsheet.ErrNewerSchema].
func (c *runCache) standIn(ctx context.Context, id jetsheet.RunID, digest string, frozen *report.Definition) (*report.Definition, error) {
	refuse := func(err error) error { return delivery.Permanent(jetsheet.CauseDefinition, err) }
	if !jetsheet.ValidDigest(digest) {
		return nil, refuse(fmt.Errorf("the header %s is %q, which is no sha256", jetsheet.HeaderDefinition, digest))
	}
	d, err := c.namedDefinition(ctx, id, digest)
	if err != nil {
		return nil, err
	}
	if d.Name != id.Report {
		return nil, refuse(fmt.Errorf("the request names a definition of the report %s; replay it again", d.Name))
	}
	if missing := d.Missing(frozen); len(missing) > 0 {
		return nil, refuse(fmt.Errorf("the definition it is replayed with uses the columns %s of the targets row, which the run's plan does not have; make a new plan with: %s",
			strings.Join(missing, ", "), jetsheet.StartAgain(id, jetsheet.Scope{})))
	}
	return d, nil
}

// namedDefinition reads a definition by its digest. It is never changed once it is
// written, so what was read stays right.
func (c *runCache) namedDefinition(ctx context.Context, id jetsheet.RunID, digest string) (*report.Definition, error) {
	c.mu.Lock()
	d, ok := c.named[digest]
	c.mu.Unlock()
	if ok {
		return d, nil
	}
	entry, err := c.kv.Get(ctx, jetsheet.DefinitionKey(digest))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, delivery.Permanent(jetsheet.CauseDefinition,
			fmt.Errorf("the definition %s that it was to be replayed with is not there any more; replay it again with: jetsheet failures replay --run %s --cause %s --definition current", digest, id, jetsheet.CauseDefinition))
	case err != nil:
		return nil, delivery.Unavailable("KV bucket "+jetsheet.BucketRuns, err)
	}
	stored, err := jetsheet.DecodeStoredDefinition(entry.Value(), digest)
	if err == nil {
		d, err = c.parse(id.Report, []byte(stored.Definition))
		err = stored.Explain(err)
	}
	if err != nil {
		return nil, delivery.Permanent(jetsheet.CauseDefinition, fmt.Errorf("read the definition %s: %w", digest, err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.named) >= maxNamed {
		clear(c.named) // a renderer meets few of them at a time
	}
	c.named[digest] = d
	return d, nil
}
