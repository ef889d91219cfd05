package provider_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/telemetry"

	"github.com/jetsheet/jetsheet/flags/provider"
)

// With OpenTelemetry the function adds the event to the span of its context:
// trace.SpanFromContext(ctx).AddEvent(event.Name, trace.WithAttributes(…)).
func ExampleObserve() {
	hook := provider.Observe(func(_ context.Context, event telemetry.EvaluationEvent) {
		for _, key := range slices.Sorted(maps.Keys(event.Attributes)) {
			fmt.Printf("%s: %s = %v\n", event.Name, key, event.Attributes[key])
		}
	})
	api := isolated.NewAPI()
	client := api.NewClient()
	client.AddHooks(hook)
	client.Boolean(context.Background(), "beta", false, openfeature.NewEvaluationContext("42", nil))
	// Output:
	// feature_flag.evaluation: feature_flag.context.id = 42
	// feature_flag.evaluation: feature_flag.key = beta
	// feature_flag.evaluation: feature_flag.provider.name = NoopProvider
	// feature_flag.evaluation: feature_flag.result.reason = default
	// feature_flag.evaluation: feature_flag.result.variant = default-variant
}

// A program in development reads its flags from a file; with KV instead of File it
// reads them from NATS. Programs use openfeature's own API where this example has one
// of its own.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "flags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "flags.json")
	if err := os.WriteFile(path, []byte(`{"flags": {"beta": {
		"state": "ENABLED",
		"variants": {"on": true, "off": false},
		"defaultVariant": "off",
		"targeting": {"if": [{"ends_with": [{"var": "email"}, "@example.com"]}, "on"]}
	}}}`), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	var counter provider.Counter
	p, err := provider.New(provider.Config{Source: provider.File(path), Hooks: []openfeature.Hook{&counter}})
	if err != nil {
		fmt.Println(err)
		return
	}
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(ctx, p); err != nil {
		fmt.Println("flags have their defaults until there is a document:", err)
	}
	defer func() { _ = api.Shutdown(ctx) }()

	client := api.NewClient()
	for _, email := range []string{"a@example.com", "b@example.org"} {
		details, err := client.BooleanValueDetails(ctx, "beta", false,
			openfeature.NewEvaluationContext("42", map[string]any{"email": email}))
		fmt.Println(details.Value, details.Reason, err)
	}
	fmt.Println(len(counter.Counts()), "series")
	// Output:
	// true TARGETING_MATCH <nil>
	// false DEFAULT <nil>
	// 2 series
}
