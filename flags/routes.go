package flags

import (
	"context"
	"fmt"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"

	"github.com/jetsheet/jetsheet"
)

// Routes answers which system makes a tenant's workbooks, from one flag document
// and nothing else. Make one with [Compile]. It may be used concurrently; nil and
// the zero value must not be used.
type Routes struct {
	api    *openfeature.EvaluationAPI
	client *openfeature.Client
}

// Compile reads a flag document, most often the Flags of a [jetsheet.Frozen], and
// prepares its evaluation through an OpenFeature API of its own: the process-wide
// one is neither used nor changed. The error wraps [ErrDocument]; whoever meets it
// must not start the run, for the other system may be able to read the document.
// Close the result.
//
//nolint:contextcheck,nolintlint // callers may have a context; a provider in memory waits for nothing
func Compile(document []byte) (*Routes, error) {
	d, err := ParseDocument(document)
	if err != nil {
		return nil, err
	}
	api := isolated.NewAPI()
	provider := memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{FlagKey: d.cutover.flag()})
	if err := api.SetProviderAndWait(context.Background(), provider); err != nil {
		return nil, fmt.Errorf("start OpenFeature provider: %w", err)
	}
	return &Routes{api: api, client: api.NewClient()}, nil
}

// Route returns the tenant's route. Every string has one, the same one at every
// call: [jetsheet.RouteLegacy] where the flag is disabled, leaves the choice open
// or cannot be evaluated. It is never [jetsheet.RouteNew] unless the document says so.
//
//nolint:contextcheck,nolintlint // callers may have a context; its attributes must not change the answer
func (r *Routes) Route(tenant string) jetsheet.Route {
	value, err := r.client.StringValue(context.Background(), FlagKey, string(jetsheet.RouteLegacy),
		openfeature.NewEvaluationContext(tenant, nil))
	if route := jetsheet.Route(value); err == nil && route.Valid() {
		return route
	}
	return jetsheet.RouteLegacy
}

// Previous says whether the previous system makes the tenant's workbooks: the
// tenant is routed [jetsheet.RouteLegacy] or [jetsheet.RouteShadow].
func (r *Routes) Previous(tenant string) bool {
	route := r.Route(tenant)
	return route == jetsheet.RouteLegacy || route == jetsheet.RouteShadow
}

// Close stops what Compile started. It may be called twice. Routes go on giving
// the same answers afterwards: a late caller must not read another route.
//
//nolint:contextcheck,nolintlint // callers may have a context; what is stopped here is idle
func (r *Routes) Close() error {
	if err := r.api.Shutdown(context.Background()); err != nil {
		return fmt.Errorf("stop OpenFeature provider: %w", err)
	}
	return nil
}

// flag translates into what the SDK's in-memory provider evaluates. Without a
// default variant it resolves to no string, which ends as the caller's default.
func (c cutover) flag() memprovider.InMemoryFlag {
	flag := memprovider.InMemoryFlag{
		Key:            FlagKey,
		State:          memprovider.Disabled,
		DefaultVariant: c.defaultVariant,
		Variants:       make(map[string]any, len(c.variants)),
	}
	if c.enabled {
		flag.State = memprovider.Enabled
	}
	for name, route := range c.variants {
		flag.Variants[name] = string(route)
	}
	return flag
}
