package provider_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/flags/provider"
)

// semanticCase is a flag as one caller sees it. The type of fallback is the one that is
// asked for.
type semanticCase struct {
	flag     string
	tenant   string
	with     map[string]any
	fallback any
	value    any
	reason   openfeature.Reason
	code     openfeature.ErrorCode
}

// semantics says in cases of our own what flagd makes of definitions, as callers of
// OpenFeature see it. Shares were computed by another program: MurmurHash3 (32 bit, seed 0)
// of the flag's key and the targeting key, times the sum of weights, shifted by 32 bits.
func semantics() map[string]semanticCase {
	return map[string]semanticCase{
		// State, default, types.
		"off":        {flag: `"state": "DISABLED", "variants": {"v": "x"}, "defaultVariant": "v"`, fallback: "own", value: "own", reason: openfeature.DisabledReason},
		"static":     {flag: `$AB, "defaultVariant": "a"`, fallback: "own", value: "A", reason: openfeature.StaticReason},
		"openly":     {flag: `$AB, "defaultVariant": null`, fallback: "own", value: "own", reason: openfeature.DefaultReason},
		"nameless":   {flag: `$AB`, fallback: "own", value: "own", reason: openfeature.DefaultReason},
		"unmatched":  {flag: `$AB, "targeting": {"if": [{"==": [{"var": "targetingKey"}, "x"]}, "b"]}`, fallback: "own", value: "own", reason: openfeature.DefaultReason},
		"zero-bool":  {flag: `"state": "ENABLED", "variants": {"z": false, "n": true}, "defaultVariant": "z"`, fallback: true, value: false, reason: openfeature.StaticReason},
		"zero-text":  {flag: `"state": "ENABLED", "variants": {"z": "", "n": "x"}, "defaultVariant": "z"`, fallback: "own", value: "", reason: openfeature.StaticReason},
		"zero-whole": {flag: `"state": "ENABLED", "variants": {"z": 0, "n": 1}, "defaultVariant": "n", "targeting": {"if": [true, "z"]}`, fallback: int64(7), value: int64(0), reason: openfeature.TargetingMatchReason},
		"zero-float": {flag: `"state": "ENABLED", "variants": {"z": 0.0, "n": 0.5}, "defaultVariant": "z"`, fallback: 7.5, value: 0.0, reason: openfeature.StaticReason},
		"object":     {flag: `"state": "ENABLED", "variants": {"o": {"paper": "A4", "copies": 2}}, "defaultVariant": "o"`, fallback: map[string]any{}, value: map[string]any{"paper": "A4", "copies": 2.0}, reason: openfeature.StaticReason},
		"mismatch":   {flag: `$AB, "defaultVariant": "a"`, fallback: int64(7), value: int64(7), reason: openfeature.ErrorReason, code: openfeature.TypeMismatchCode},

		// Rules.
		"key":       {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"==": [{"var": "targetingKey"}, "hotel-1"]}, "b"]}`, tenant: "hotel-1", fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"no-key":    {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"==": [{"var": "targetingKey"}, null]}, "b"]}`, fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"deep":      {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"in": [{"var": "plan.name"}, ["gold"]]}, "b"]}`, with: map[string]any{"plan": map[string]any{"name": "gold"}}, fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"flag-key":  {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"==": [{"var": "$flagd.flagKey"}, "flag-key"]}, "b"]}`, fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"timestamp": {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"<": [1700000000, {"var": "$flagd.timestamp"}, 33000000000]}, "b"]}`, fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"shorthand": {flag: `"state": "ENABLED", "variants": {"true": "yes", "false": "no"}, "defaultVariant": "false", "targeting": {"in": ["hotel", {"var": "targetingKey"}]}`, tenant: "hotel-1", fallback: "own", value: "yes", reason: openfeature.TargetingMatchReason},
		"shared":    {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"$ref": "hotels"}, "b"]}`, tenant: "hotel-9", fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"both":      {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"and": [{"$ref": "hotels"}, {"$ref": "gold"}]}, "b"]}`, tenant: "hotel-9", with: map[string]any{"plan": "silver"}, fallback: "own", value: "A", reason: openfeature.DefaultReason},

		// Texts and versions; what cannot be compared decides nothing.
		"begins":        {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"starts_with": [{"var": "mail"}, "chef@"]}, "b"]}`, with: map[string]any{"mail": "chef@inn.example"}, fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"ends":          {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"ends_with": [{"var": "mail"}, "inn.example"]}, "b"]}`, with: map[string]any{"mail": "chef@INN.example"}, fallback: "own", value: "A", reason: openfeature.DefaultReason},
		"begins-number": {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"starts_with": [{"var": "floor"}, "3"]}, "b"]}`, with: map[string]any{"floor": 3}, fallback: "own", value: "A", reason: openfeature.DefaultReason},
		"minor":         {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"sem_ver": [{"var": "app"}, "~", "3.1.0"]}, "b"]}`, with: map[string]any{"app": "3.1.44"}, fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"major":         {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"sem_ver": [{"var": "app"}, "^", "3.1.0"]}, "b"]}`, with: map[string]any{"app": "4.0.0"}, fallback: "own", value: "A", reason: openfeature.DefaultReason},
		"early":         {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"sem_ver": [{"var": "app"}, "<", "3.1.0"]}, "b"]}`, with: map[string]any{"app": "3.1.0-beta.2"}, fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"no-version":    {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"sem_ver": [{"var": "app"}, ">", "3.1.0"]}, "b"]}`, with: map[string]any{"app": "newest"}, fallback: "own", value: "A", reason: openfeature.DefaultReason},

		// Shares.
		"share":      {flag: `$AB, "targeting": {"fractional": [["a"], ["b"]]}`, tenant: "hotel-3", fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"weighted":   {flag: `$AB, "targeting": {"fractional": [["a", 42], ["b", 58]]}`, tenant: "hotel-2", fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"weighted-2": {flag: `$AB, "targeting": {"fractional": [{"cat": ["weighted", {"var": "targetingKey"}]}, ["a", 44], ["b", 56]]}`, tenant: "hotel-2", fallback: "own", value: "A", reason: openfeature.TargetingMatchReason},
		"seeded":     {flag: `$AB, "targeting": {"fractional": [{"cat": ["wave-1/", {"var": "targetingKey"}]}, ["a", 3], ["b", 1]]}`, tenant: "hotel-5", fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"seeded-too": {flag: `$AB, "targeting": {"fractional": [{"cat": ["wave-1/", {"var": "targetingKey"}]}, ["a", 3], ["b", 1]]}`, tenant: "hotel-2", fallback: "own", value: "A", reason: openfeature.TargetingMatchReason},
		"whole":      {flag: `$AB, "targeting": {"fractional": [["b", 1]]}`, tenant: "hotel-1", fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"nothing":    {flag: `$AB, "defaultVariant": "a", "targeting": {"fractional": [["b", 0]]}`, tenant: "hotel-1", fallback: "own", value: "A", reason: openfeature.DefaultReason},
		"negative":   {flag: `$AB, "targeting": {"fractional": [["b", -5], ["a", 1]]}`, tenant: "hotel-1", fallback: "own", value: "A", reason: openfeature.TargetingMatchReason},
		"nested":     {flag: `$AB, "targeting": {"fractional": [["a", {"if": [{"$ref": "gold"}, 0, 1]}], [{"if": [{"$ref": "gold"}, "b", "a"]}, 1]]}`, tenant: "hotel-5", with: map[string]any{"plan": "gold"}, fallback: "own", value: "B", reason: openfeature.TargetingMatchReason},
		"anonymous":  {flag: `$AB, "defaultVariant": "a", "targeting": {"fractional": [["b", 1]]}`, fallback: "own", value: "A", reason: openfeature.DefaultReason},

		// Mistakes in a definition give the caller's own value.
		"no-variant":   {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [true, "c"]}`, fallback: "own", value: "own", reason: openfeature.ErrorReason, code: openfeature.GeneralCode},
		"no-operator":  {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"begins_with": ["x", "y"]}, "b"]}`, fallback: "own", value: "own", reason: openfeature.ErrorReason, code: openfeature.ParseErrorCode},
		"no-evaluator": {flag: `$AB, "defaultVariant": "a", "targeting": {"if": [{"$ref": "inns"}, "b"]}`, fallback: "own", value: "own", reason: openfeature.ErrorReason, code: openfeature.ParseErrorCode},
	}
}

// TestSemantics holds what [TestFlagdTestbed] holds where there is no clone of the testbed.
func TestSemantics(t *testing.T) {
	t.Parallel()
	flags, cases := map[string]json.RawMessage{}, semantics()
	for key, c := range cases {
		flags[key] = json.RawMessage("{" + strings.ReplaceAll(c.flag, "$AB", `"state": "ENABLED", "variants": {"a": "A", "b": "B"}`) + "}")
	}
	document, err := json.Marshal(map[string]any{
		"$evaluators": json.RawMessage(`{"hotels": {"starts_with": [{"var": "targetingKey"}, "hotel-"]}, "gold": {"==": [{"var": "plan"}, "gold"]}}`),
		"flags":       flags, "metadata": map[string]any{"flagSetId": "ours"},
	})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := bindScript(t, provider.News{Document: document, Version: "revision 1"}, provider.Config{})
	for key, c := range cases {
		got, err := details(t, b.client, key, c.fallback, openfeature.NewEvaluationContext(c.tenant, c.with))
		if !reflect.DeepEqual(got.Value, c.value) || got.Reason != c.reason || got.ErrorCode != c.code || (err != nil) != (c.code != "") {
			t.Errorf("%s: {%s} for %q with %v is %v, %s, %q, %v; want %v, %s, %q", key, c.flag, c.tenant, c.with, got.Value, got.Reason, got.ErrorCode, err, c.value, c.reason, c.code)
		}
		if set, err := got.FlagMetadata.GetString("flagSetId"); err != nil || set != "ours" {
			t.Errorf("%s: metadata is %v, want that of the set", key, got.FlagMetadata)
		}
	}
}

// details asks for the type of the fallback.
func details(t *testing.T, client *openfeature.Client, key string, fallback any, evaluation openfeature.EvaluationContext) (openfeature.InterfaceEvaluationDetails, error) {
	t.Helper()
	switch f := fallback.(type) {
	case bool:
		d, err := client.BooleanValueDetails(t.Context(), key, f, evaluation)
		return openfeature.InterfaceEvaluationDetails{Value: d.Value, EvaluationDetails: d.EvaluationDetails}, err
	case string:
		d, err := client.StringValueDetails(t.Context(), key, f, evaluation)
		return openfeature.InterfaceEvaluationDetails{Value: d.Value, EvaluationDetails: d.EvaluationDetails}, err
	case int64:
		d, err := client.IntValueDetails(t.Context(), key, f, evaluation)
		return openfeature.InterfaceEvaluationDetails{Value: d.Value, EvaluationDetails: d.EvaluationDetails}, err
	case float64:
		d, err := client.FloatValueDetails(t.Context(), key, f, evaluation)
		return openfeature.InterfaceEvaluationDetails{Value: d.Value, EvaluationDetails: d.EvaluationDetails}, err
	}
	return client.ObjectValueDetails(t.Context(), key, fallback, evaluation)
}
