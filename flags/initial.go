package flags

import (
	"context"
	"errors"
	"fmt"

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

// Init stores the first flag document unless there is one, and says whether it did. It
// never changes an existing document. On an error it is not known whether the document is
// stored; call it again.
func Init(ctx context.Context, ledger *Ledger, document []byte) (created bool, err error) {
	if _, err := ParseDocument(document); err != nil {
		return false, err
	}
	for {
		after := uint64(0)
		newest, err := ledger.Newest(ctx)
		switch {
		case err == nil && !newest.Deleted():
			return false, nil
		case err == nil:
			after = newest.Number
		case !errors.Is(err, ErrNoFlagDocument):
			return false, err
		}
		_, err = ledger.Put(ctx, document, after, setupAttribution())
		if !errors.Is(err, ErrChanged) {
			return err == nil, err
		}
	}
}

// setupAttribution says who stores the first document.
func setupAttribution() Attribution {
	return Attribution{Author: "jetsheet setup", Reason: "first document"}
}
