package flags_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// The previous system asks for each of its tenants, also for one that was created a
// moment ago, and makes the workbooks of those for which Previous is true.
func ExampleRoutes() {
	frozen := &jetsheet.Frozen{Flags: flags.InitialDocument(jetsheet.RouteShadow)} // as flags.Freeze returns it
	routes, err := flags.Compile(frozen.Flags)
	if err != nil {
		fmt.Println("make nothing, ask again later:", err)
		return
	}
	defer func() { _ = routes.Close() }()
	fmt.Println(routes.Route("tenant-42"), routes.Previous("tenant-42"))
	// Output: shadow true
}

// A mistake in a document is reported with its path and what to do.
func ExampleParseDocument() {
	_, err := flags.ParseDocument([]byte(`{"flags": {"cutover": {
		"state": "ENABLED",
		"variants": {"legacy": "legacy", "pilot": "neu"},
		"defaultVariant": "legacy"
	}}}`))
	fmt.Println(errors.Is(err, flags.ErrDocument))
	fmt.Println(err)
	// Output:
	// true
	// flag document is invalid: flags.cutover.variants.pilot: "neu" is not a route: "legacy", "shadow", "new" or "hold"; mend it and store it again with: jetsheet flags set FILE --reason TEXT
}

// What a system does at the start of every run; stores and request are its own.
func ExampleFreeze() {
	tenants := func(ctx context.Context, stores flags.Stores, request flags.Request, all []string) ([]string, error) {
		frozen, err := flags.Freeze(ctx, stores, request)
		if err != nil {
			return nil, err // nobody starts; call again
		}
		routes, err := flags.Compile(frozen.Flags)
		if err != nil {
			return nil, err
		}
		defer func() { _ = routes.Close() }()
		var ours []string
		for _, tenant := range all {
			if routes.Previous(tenant) {
				ours = append(ours, tenant)
			}
		}
		return ours, nil
	}
	_ = tenants
}
