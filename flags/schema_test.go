package flags_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// TestSchemaKnowsWhatTheParserKnows compares keys, states and routes of both: each key
// and value of the schema is read, and one more is refused.
func TestSchemaKnowsWhatTheParserKnows(t *testing.T) {
	t.Parallel()
	type node struct {
		Enum       []string
		Required   []string
		Properties map[string]node
	}
	var schema struct {
		node
		AllOf       []map[string]string
		Definitions map[string]node
	}
	if err := json.Unmarshal([]byte(flags.Schema()), &schema); err != nil {
		t.Fatal(err)
	}
	if len(schema.AllOf) != 1 || !strings.Contains(string(flags.InitialDocument(jetsheet.RouteLegacy)), schema.AllOf[0]["$ref"]) {
		t.Errorf("the schema builds on %v, the first document names another one", schema.AllOf)
	}
	cutover, routes := schema.Definitions["cutover"], schema.Definitions["route"].Enum
	states := cutover.Properties["state"].Enum
	if len(routes) != 4 || len(states) != 2 {
		t.Fatalf("routes %q and states %q, want 4 and 2", routes, states)
	}
	for _, route := range routes {
		if !jetsheet.Route(route).Valid() {
			t.Errorf("%q is not a route", route)
		}
	}
	whole := func(top, flag map[string]any) []byte {
		for _, key := range slices.Sorted(maps.Keys(schema.Properties)) {
			if _, ok := top[key]; !ok {
				top[key] = map[string]any{"$schema": "x", "$evaluators": map[string]any{}, "metadata": map[string]any{}}[key]
			}
		}
		for key := range cutover.Properties {
			if _, ok := flag[key]; !ok {
				flag[key] = map[string]any{
					"state": states[0], "variants": map[string]any{"a": routes[0]}, "defaultVariant": nil, "targeting": nil, "metadata": map[string]any{},
				}[key]
			}
		}
		top["flags"] = map[string]any{"cutover": flag}
		return []byte(asJSON(top))
	}
	for _, state := range states {
		document := whole(map[string]any{}, map[string]any{"state": state})
		if _, err := flags.ParseDocument(document); err != nil {
			t.Errorf("ParseDocument(%s): %v", document, err)
		}
	}
	for _, document := range [][]byte{
		whole(map[string]any{"more": 1}, map[string]any{}), whole(map[string]any{}, map[string]any{"more": 1}),
		whole(map[string]any{}, map[string]any{"state": "ON"}), whole(map[string]any{}, map[string]any{"variants": map[string]any{"a": "verify"}}),
	} {
		if _, err := flags.ParseDocument(document); err == nil {
			t.Errorf("ParseDocument(%s) takes what the schema forbids", document)
		}
	}
	for _, key := range cutover.Required {
		if key != "state" && key != "variants" {
			t.Errorf("the schema requires %q, the parser does not", key)
		}
	}
}
