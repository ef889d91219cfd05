package rule_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/flags/rule"
)

func decode(tb testing.TB, text string) any {
	tb.Helper()
	var raw any
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return raw
}

func evaluate(tb testing.TB, text string, shared *rule.Evaluators, attributes map[string]any) (any, error) {
	tb.Helper()
	return rule.Compile(decode(tb, text), shared).Evaluate(&rule.Subject{Attributes: attributes, FlagKey: "beta", Timestamp: 42})
}

func TestSemVer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, operator, b string
		want           any
	}{
		{`"1.2.3"`, "=", `"1.2.3"`, true},
		{`"v1.2.3"`, "=", `"V1.2.3"`, true},
		{`"1.2.3+linux"`, "=", `"1.2.3+mac.1"`, true},
		{`"1"`, "=", `"1.0.0"`, true},
		{`1.2`, "=", `"1.2.0"`, true},
		{`"1.2.3"`, "!=", `"1.2.4"`, true},
		{`"1.10.0"`, ">", `"1.9.0"`, true},
		{`"1.2.3"`, "<", `"1.2.3"`, false},
		{`"1.2.3-rc.1"`, "<", `"1.2.3"`, true},
		{`"1.2.3-rc.2"`, "<", `"1.2.3-rc.10"`, true},
		{`"1.2.3-1"`, "<", `"1.2.3-a"`, true},
		{`"1.2.3-a"`, ">", `"1.2.3-1"`, true},
		{`"1.2.3-a.b"`, ">=", `"1.2.3-a"`, true},
		{`"99999999999999999999.0.0"`, ">", `"9.0.0"`, true},
		{`"1.2.9"`, "~", `"1.2.0"`, true},
		{`"1.3.0"`, "~", `"1.2.0"`, false},
		{`"1.9.9"`, "^", `"1"`, true},
		{`"2.0.0"`, "^", `"1.9.9"`, false},
		{`"1.2.3"`, "<=", `"1.2.3"`, true},
		// null, so that the rule falls through to the default variant
		{`"1.2.3"`, "==", `"1.2.3"`, nil},
		{`"01.2.3"`, "=", `"1.2.3"`, nil},
		{`"1.2.3-01"`, "=", `"1.2.3-1"`, nil},
		{`"1.2-rc"`, "=", `"1.2"`, nil},
		{`"1.2.3-"`, "=", `"1.2.3"`, nil},
		{`"1.2.3+"`, "=", `"1.2.3"`, nil},
		{`"1.2.3.4"`, "=", `"1.2.3"`, nil},
		{`"vv1"`, "=", `"1"`, nil},
		{`"1."`, "=", `"1"`, nil},
		{`""`, "=", `""`, nil},
		{`null`, "=", `"1"`, nil},
		{`true`, "=", `"1"`, nil},
	} {
		text := fmt.Sprintf(`{"sem_ver": [%s, %q, %s]}`, c.a, c.operator, c.b)
		if got, err := evaluate(t, text, nil, nil); err != nil || got != c.want {
			t.Errorf("%s = %v, %v, want %v", text, got, err, c.want)
		}
	}
}

func TestAttributesBecomeWhatJSONMakesOfThem(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC)
	attributes := map[string]any{
		"int": 7, "int64": int64(8), "uint8": uint8(9), "float32": float32(0.5), "time": at, "list": []string{"x"},
		"struct": struct {
			A int `json:"a"`
		}{1}, "bytes": "a\xffb", "$flagd": "overwritten",
	}
	for text, want := range map[string]any{
		`{"var": "int"}`:                7.0,
		`{"var": "int64"}`:              8.0,
		`{"var": "uint8"}`:              9.0,
		`{"var": "float32"}`:            0.5,
		`{"var": "time"}`:               "2026-10-31T20:00:00Z",
		`{"var": "list.0"}`:             "x",
		`{"var": "struct.a"}`:           1.0,
		`{"var": "bytes"}`:              "a\ufffdb",
		`{"var": "$flagd.flagKey"}`:     "beta",
		`{"var": "$flagd.timestamp"}`:   42.0,
		`{"var": "targetingKey"}`:       nil,
		`{"var": ["missing", "other"]}`: "other",
	} {
		if got, err := evaluate(t, text, nil, attributes); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %#v, %v, want %#v", text, got, err, want)
		}
	}
}

func TestAttributesWithoutAFormInJSON(t *testing.T) {
	t.Parallel()
	attributes := map[string]any{"bad": func() {}, "good": "yes"}
	if got, err := evaluate(t, `{"var": "good"}`, nil, attributes); got != "yes" || err != nil {
		t.Errorf("good = %v, %v, want yes although another attribute is bad", got, err)
	}
	for _, text := range []string{`{"var": "bad"}`, `{"var": ""}`, `{"missing": ["bad"]}`} {
		if got, err := evaluate(t, text, nil, attributes); !errors.Is(err, rule.ErrAttribute) {
			t.Errorf("%s = %v, %v, want ErrAttribute", text, got, err)
		}
	}
}

func TestEvaluators(t *testing.T) {
	t.Parallel()
	raw, ok := decode(t, `{
		"group": {"in": [{"var": "targetingKey"}, ["a", "b"]]},
		"ids": ["c", "d"],
		"nested": {"!": {"$ref": "group"}}
	}`).(map[string]any)
	if !ok {
		t.Fatal("not a map")
	}
	shared := rule.NewEvaluators(raw)
	for text, want := range map[string]any{
		`{"if": [{"$ref": "group"}, "in", "out"]}`:                         "in",
		`{"in": ["d", {"$ref": "ids"}]}`:                                   true,
		`{"some": [{"$ref": "ids"}, {"==": [{"var": ""}, "c"]}]}`:          true,
		`{"and": [{"$ref": "group"}, {"in": ["x", {"$ref": "ids"}]}]}`:     false,
		`{"if": [true, {"$ref": "ids"}]}`:                                  []any{"c", "d"},
		`{"if": [false, {"$ref": "nowhere"}, true, "not reached before"]}`: "not reached before",
	} {
		got, err := evaluate(t, text, shared, map[string]any{"targetingKey": "a"})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{`{"$ref": "nowhere"}`, `{"$ref": 1}`, `{"$ref": "nested"}`, `{"group": []}`} {
		if got, err := evaluate(t, text, shared, nil); !errors.Is(err, rule.ErrEvaluation) {
			t.Errorf("%s = %v, %v, want ErrEvaluation", text, got, err)
		}
	}
	if shared.Has("nowhere") || !shared.Has("ids") || (*rule.Evaluators)(nil).Has("ids") {
		t.Error("Has does not tell which evaluators there are")
	}
}

func TestWhatAnAttributeHoldsIsNeverARule(t *testing.T) {
	t.Parallel()
	attributes := map[string]any{"evil": map[string]any{"var": "secret"}, "secret": "told", "list": []any{map[string]any{"var": "secret"}}}
	for _, text := range []string{
		`{"if": [true, {"var": "evil"}]}`,
		`{"some": [{"var": "list"}, {"==": [{"var": ""}, "told"]}]}`,
	} {
		if got, err := evaluate(t, text, nil, attributes); err != nil || got == "told" || got == true {
			t.Errorf("%s = %v, %v: data was evaluated", text, got, err)
		}
	}
}

func TestKnownOperators(t *testing.T) {
	t.Parallel()
	for _, operator := range []string{
		"var", "missing", "missing_some", "if", "==", "===", "!=", "!==", ">", ">=", "<", "<=", "!", "!!", "or", "and", "+", "-", "*", "/",
		"%", "max", "min", "map", "filter", "reduce", "all", "none", "some", "merge", "in", "cat", "substr", "starts_with", "ends_with",
		"sem_ver", "fractional",
	} {
		if !rule.Known(operator) {
			t.Errorf("Known(%q) = false, flagd's schema has it", operator)
		}
	}
	for _, operator := range []string{"$ref", "abs", "set", "log", "", "In"} {
		if rule.Known(operator) {
			t.Errorf("Known(%q) = true", operator)
		}
	}
}

// TestFractionalDividesByWeight holds the shares of 100,000 keys against the weights.
func TestFractionalDividesByWeight(t *testing.T) {
	t.Parallel()
	r := rule.Compile(decode(t, `{"fractional": [["a", 70], ["b", 25], ["c", 5]]}`), nil)
	counts := map[any]int{}
	const keys = 100_000
	for i := range keys {
		got, err := r.Evaluate(&rule.Subject{FlagKey: "cutover", Attributes: map[string]any{"targetingKey": fmt.Sprint("tenant-", i)}})
		if err != nil {
			t.Fatal(err)
		}
		counts[got]++
	}
	for part, percent := range map[any]int{"a": 70, "b": 25, "c": 5} {
		if got, want := counts[part], keys*percent/100; got < want-keys/200 || got > want+keys/200 {
			t.Errorf("%v of %d keys got %v, want about %d", got, keys, part, want)
		}
	}
}

func TestRulesAreEvaluatedConcurrently(t *testing.T) {
	t.Parallel()
	r := rule.Compile(decode(t, `{"filter": [{"var": "items"}, {"in": [{"var": "name"}, ["a", {"cat": ["b", ""]}]]}]}`), nil)
	attributes := map[string]any{"items": []any{map[string]any{"name": "a", "x": 1.0}, map[string]any{"name": "c", "x": 2.0}}}
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 500 {
				got, err := r.Evaluate(&rule.Subject{Attributes: attributes})
				if kept, ok := got.([]any); err != nil || !ok || len(kept) != 1 {
					t.Errorf("Evaluate = %v, %v, want the element a", got, err)
				}
			}
		})
	}
	callers.Wait()
}

func BenchmarkMembership(b *testing.B) {
	ids := make([]any, 10_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i)
	}
	raw := map[string]any{"if": []any{map[string]any{"in": []any{map[string]any{"var": "targetingKey"}, ids}}, "new", "legacy"}}
	r := rule.Compile(raw, nil)
	attributes := map[string]any{"targetingKey": ids[9_999]}
	b.ReportAllocs()
	for b.Loop() {
		if got, err := r.Evaluate(&rule.Subject{Attributes: attributes, FlagKey: "cutover"}); got != "new" || err != nil {
			b.Fatal(got, err)
		}
	}
}

func BenchmarkFractional(b *testing.B) {
	r := rule.Compile(map[string]any{"fractional": []any{[]any{"a", 50.0}, []any{"b", 50.0}}}, nil)
	attributes := map[string]any{"targetingKey": "tenant-1"}
	b.ReportAllocs()
	for b.Loop() {
		if got, err := r.Evaluate(&rule.Subject{Attributes: attributes, FlagKey: "cutover"}); got == nil || err != nil {
			b.Fatal(got, err)
		}
	}
}
