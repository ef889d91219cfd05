package flags

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// KeptError says that [Reroute] left the flag document as it is, and how to change it.
type KeptError struct {
	// Have is the route that the document gives, Want the one that was asked for.
	Have, Want jetsheet.Route
	// Reason is why it was left alone.
	Reason string
	// Command stores the document with Want as its default route.
	Command string
}

func (e *KeptError) Error() string {
	return fmt.Sprintf("the flag document routes tenants %s, not %s, and stays so because %s; to change it from the next run on: %s",
		e.Have, e.Want, e.Reason, e.Command)
}

// Reroute makes the first document of an installation give every tenant another route,
// and says whether that changed it; with dryRun, whether it would. Only what setup wrote
// itself is replaced, by compare-and-set, and only before the first run is frozen:
// otherwise the error is a [*KeptError]. Without a document the error is
// [ErrNoFlagDocument]. runs and document are the buckets [jetsheet.BucketRuns] and
// [jetsheet.BucketFlags].
func Reroute(ctx context.Context, runs, document jetstream.KeyValue, route jetsheet.Route, dryRun bool) (changed bool, err error) {
	for {
		entry, err := document.Get(ctx, jetsheet.FlagsKey)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return false, ErrNoFlagDocument
		}
		if err != nil {
			return false, fmt.Errorf("read the flag document: %w", err)
		}
		stored, err := ParseDocument(entry.Value())
		if err != nil {
			return false, err
		}
		if stored.DefaultRoute() == route {
			return false, nil
		}
		if err := stored.keep(ctx, runs, route); err != nil {
			return false, err
		}
		if dryRun {
			return true, nil
		}
		_, err = document.Update(ctx, jetsheet.FlagsKey, InitialDocument(route), entry.Revision())
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return false, fmt.Errorf("replace the flag document: %w", err)
		}
	}
}

// keep returns why a document is not to be replaced, or nil.
func (d *Document) keep(ctx context.Context, runs jetstream.KeyValue, route jetsheet.Route) error {
	kept := &KeptError{Have: d.DefaultRoute(), Want: route}
	if !d.Initial() {
		kept.Reason = "somebody has changed it since setup wrote it"
	} else {
		status, err := runs.Status(ctx)
		if err != nil {
			return fmt.Errorf("count the runs: %w", err)
		}
		if status.Values() == 0 {
			return nil
		}
		kept.Reason = "runs have been frozen with it"
	}
	var err error
	if kept.Command, err = d.PutCommand(route); err != nil {
		return err
	}
	return kept
}

// DefaultRoute is the route of a tenant for whom targeting decides nothing.
func (d *Document) DefaultRoute() jetsheet.Route {
	if !d.cutover.enabled || d.cutover.defaultVariant == "" {
		return jetsheet.RouteLegacy
	}
	return d.cutover.variants[d.cutover.defaultVariant]
}

// Initial says whether the document is as [InitialDocument] wrote it, with any route.
func (d *Document) Initial() bool {
	first, err := ParseDocument(InitialDocument(d.DefaultRoute()))
	return err == nil && bytes.Equal(first.canonical, d.canonical)
}

// PutCommand returns the shell command that stores the document with another default
// route and everything else as it is. It acts from the next run.
func (d *Document) PutCommand(route jetsheet.Route) (string, error) {
	changed, err := d.withDefault(route)
	if err != nil {
		return "", fmt.Errorf("flag document with the default route %s: %w", route, err)
	}
	if _, err := ParseDocument(changed); err != nil {
		return "", err
	}
	// In JSON this character is only found in strings, and there it may be escaped.
	text := strings.ReplaceAll(string(changed), "'", `\u0027`)
	return fmt.Sprintf("nats kv put %s %s '%s'", jetsheet.BucketFlags, jetsheet.FlagsKey, text), nil
}

func (d *Document) withDefault(route jetsheet.Route) ([]byte, error) {
	if d.Initial() {
		first, err := ParseDocument(InitialDocument(route))
		if err != nil {
			return nil, err
		}
		return first.canonical, nil
	}
	var variants map[string]jetsheet.Route
	if d.cutover.variants[string(route)] != route { // its name is free, or another route's
		variants = map[string]jetsheet.Route{}
		for _, r := range []jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteHold} {
			variants[string(r)] = r
		}
	}
	return edit(d.canonical, "flags", func(all json.RawMessage) ([]byte, error) {
		return edit(all, FlagKey, func(flag json.RawMessage) ([]byte, error) {
			var err error
			for key, value := range map[string]any{"state": "ENABLED", "defaultVariant": route, "variants": variants} {
				if key == "variants" && variants == nil {
					continue
				}
				if flag, err = edit(flag, key, func(json.RawMessage) ([]byte, error) { return json.Marshal(value) }); err != nil {
					return nil, err
				}
			}
			return flag, nil
		})
	})
}

// edit replaces one field of a JSON object.
func edit(object json.RawMessage, key string, replace func(json.RawMessage) ([]byte, error)) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, err
	}
	value, err := replace(fields[key])
	if err != nil {
		return nil, err
	}
	fields[key] = value
	return json.Marshal(fields)
}
