package flags

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// InitialDocument returns the first document of an installation: every tenant has
// the given route, and its metadata says that setup wrote it. What is not a route
// counts as [jetsheet.RouteLegacy].
func InitialDocument(route jetsheet.Route) []byte {
	if !route.Valid() {
		route = jetsheet.RouteLegacy
	}
	return fmt.Appendf(nil, `{
  "$schema": "https://flagd.dev/schema/v0/flags.json",
  "metadata": {"author": "jetsheet setup", "reason": "first document"},
  "flags": {
    %q: {
      "state": "ENABLED",
      "variants": {"legacy": "legacy", "shadow": "shadow", "new": "new", "hold": "hold"},
      "defaultVariant": %q
    }
  }
}
`, FlagKey, route)
}

// Init stores the first flag document in the bucket [jetsheet.BucketFlags] unless
// one is there, and says whether it did. It never changes an existing document. On
// an error it is not known whether the document is stored; call it again.
func Init(ctx context.Context, kv jetstream.KeyValue, document []byte) (created bool, err error) {
	if _, err := ParseDocument(document); err != nil {
		return false, err
	}
	_, createErr := kv.Create(ctx, jetsheet.FlagsKey, document)
	if createErr == nil {
		return true, nil
	}
	if errors.Is(createErr, jetstream.ErrKeyExists) {
		return false, nil
	}
	// The reply may be lost and the document stored all the same.
	entry, err := kv.Get(ctx, jetsheet.FlagsKey)
	if err != nil {
		return false, fmt.Errorf("store the first flag document: %w", errors.Join(createErr, err))
	}
	return bytes.Equal(entry.Value(), document), nil
}
