package verify

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// standIns are the definitions that replays put in the place of the frozen one, by
// their digest.
type standIns struct {
	mu    sync.Mutex
	known map[string]*report.Definition
}

// definitionOf returns the definition that an outcome says it was made with; one that
// says nothing was made with the frozen one. A definition that is not there, or cannot be
// read, is an [*incomparableError].
func (v *verifier) definitionOf(ctx context.Context, done *jetsheet.Done) (*report.Definition, error) {
	name := done.DefinitionSHA256
	if name == "" || name == v.definition.Digest {
		return v.definition, nil
	}
	v.standIns.mu.Lock()
	defer v.standIns.mu.Unlock()
	if d, ok := v.standIns.known[name]; ok {
		return d, nil
	}
	d, err := v.readStandIn(ctx, name)
	if err != nil {
		return nil, err
	}
	if v.standIns.known == nil {
		v.standIns.known = map[string]*report.Definition{}
	}
	v.standIns.known[name] = d
	return d, nil
}

func (v *verifier) readStandIn(ctx context.Context, name string) (*report.Definition, error) {
	if !jetsheet.ValidDigest(name) {
		return nil, &incomparableError{fmt.Sprintf("the outcome names the definition %q, which is no sha256", name)}
	}
	entry, err := v.runs.Get(ctx, jetsheet.DefinitionKey(name))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, &incomparableError{"the definition " + name + " that it was replayed with is not there any more"}
	}
	if err != nil {
		return nil, fmt.Errorf("read the definition %s: %w", name, err)
	}
	stored, err := jetsheet.DecodeStoredDefinition(entry.Value(), name)
	if err != nil {
		return nil, &incomparableError{err.Error()}
	}
	d, err := report.Parse(name, []byte(stored.Definition))
	if err != nil {
		return nil, &incomparableError{err.Error()}
	}
	return d, nil
}
