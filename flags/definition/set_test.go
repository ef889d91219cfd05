package definition_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/flags/definition"
)

func parse(tb testing.TB, document string) *definition.Set {
	tb.Helper()
	set, err := definition.Parse([]byte(document))
	if err != nil {
		tb.Fatalf("Parse(%s): %v", document, err)
	}
	return set
}

// flag puts one flag into a document; $ makes the common beginning shorter.
func flag(text string) string {
	text = strings.ReplaceAll(text, "$AB", `"state": "ENABLED", "variants": {"a": "A", "b": "B"}`)
	return `{"$evaluators": {"vip": {"in": [{"var": "targetingKey"}, ["1", "2"]]}}, "flags": {"f": {` + text + `}}}`
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flag    string
		variant string
		value   any
		reason  definition.Reason
		code    definition.Code
	}{
		"static":                   {`$AB, "defaultVariant": "a"`, "a", "A", "STATIC", ""},
		"empty targeting":          {`$AB, "defaultVariant": "a", "targeting": { }`, "a", "A", "STATIC", ""},
		"targeting is null":        {`$AB, "defaultVariant": "a", "targeting": null`, "a", "A", "DEFAULT", ""},
		"no default":               {`$AB`, "", nil, "DEFAULT", ""},
		"default is null":          {`$AB, "defaultVariant": null`, "", nil, "DEFAULT", ""},
		"default is empty":         {`$AB, "defaultVariant": ""`, "", nil, "DEFAULT", ""},
		"no default, no match":     {`$AB, "targeting": {"if": [false, "a"]}`, "", nil, "DEFAULT", ""},
		"disabled":                 {`"state": "DISABLED", "variants": {"a": 1}, "defaultVariant": "a", "targeting": "a"`, "", nil, "DISABLED", ""},
		"no state":                 {`"variants": {"a": 1}, "defaultVariant": "a"`, "a", 1.0, "STATIC", ""},
		"match":                    {`$AB, "defaultVariant": "a", "targeting": {"if": [{"$ref": "vip"}, "b"]}`, "b", "B", "TARGETING_MATCH", ""},
		"no match":                 {`$AB, "defaultVariant": "a", "targeting": {"if": [{"!": {"$ref": "vip"}}, "b"]}`, "a", "A", "DEFAULT", ""},
		"constant targeting":       {`$AB, "targeting": "b"`, "b", "B", "TARGETING_MATCH", ""},
		"boolean shorthand":        {`"state": "ENABLED", "variants": {"true": 1, "false": 2}, "targeting": {"$ref": "vip"}`, "true", 1.0, "TARGETING_MATCH", ""},
		"number shorthand":         {`"state": "ENABLED", "variants": {"1": "one"}, "targeting": {"+": [1]}`, "1", "one", "TARGETING_MATCH", ""},
		"fractional":               {`$AB, "targeting": {"fractional": [["a", 0], ["b", 1]]}`, "b", "B", "TARGETING_MATCH", ""},
		"fractional without a key": {`$AB, "defaultVariant": "a", "targeting": {"fractional": [{"var": "none"}, ["b"]]}`, "b", "B", "TARGETING_MATCH", ""},
		"sem_ver invalid":          {`$AB, "defaultVariant": "a", "targeting": {"if": [{"sem_ver": ["x", "=", "1"]}, "b"]}`, "a", "A", "DEFAULT", ""},
		"flag key":                 {`"state": "ENABLED", "variants": {"f": 1}, "targeting": {"var": "$flagd.flagKey"}`, "f", 1.0, "TARGETING_MATCH", ""},
		"timestamp":                {`$AB, "targeting": {"if": [{">": [{"var": "$flagd.timestamp"}, 100]}, "b", "a"]}`, "b", "B", "TARGETING_MATCH", ""},
		"name with quotes":         {`"state": "ENABLED", "variants": {"a\"<b": 1}, "targeting": {"cat": ["a\"", "<b"]}`, `a"<b`, 1.0, "TARGETING_MATCH", ""},
		"object":                   {`"state": "ENABLED", "variants": {"o": {"x": [1]}}, "defaultVariant": "o"`, "o", map[string]any{"x": []any{1.0}}, "STATIC", ""},
		"no variant":               {`$AB, "defaultVariant": "a", "targeting": "c"`, "", nil, "ERROR", "GENERAL"},
		"a list":                   {`$AB, "defaultVariant": "a", "targeting": ["a"]`, "", nil, "ERROR", "GENERAL"},
		"no such operator":         {`$AB, "defaultVariant": "a", "targeting": {"on": []}`, "", nil, "ERROR", "PARSE_ERROR"},
		"no such evaluator":        {`$AB, "defaultVariant": "a", "targeting": {"if": [{"$ref": "pip"}, "b"]}`, "", nil, "ERROR", "PARSE_ERROR"},
		"infinite":                 {`$AB, "defaultVariant": "a", "targeting": {"/": [1, 0]}`, "", nil, "ERROR", "PARSE_ERROR"},
		"no form in JSON":          {`$AB, "defaultVariant": "a", "targeting": {"var": "bad"}`, "", nil, "ERROR", "INVALID_CONTEXT"},
		"operator not reached":     {`$AB, "targeting": {"if": [true, "a", {"on": []}]}`, "a", "A", "TARGETING_MATCH", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := parse(t, flag(c.flag))
			got := set.Evaluate("f", map[string]any{"targetingKey": "1", "bad": make(chan int)}, 1_000)
			if got.Variant != c.variant || !reflect.DeepEqual(got.Value, c.value) || got.Reason != c.reason || got.Code != c.code {
				t.Errorf("%s: %+v, want %s %v %s %s", c.flag, got, c.variant, c.value, c.reason, c.code)
			}
			if got.Found != (c.variant != "") || (got.Message != "") != (c.code != "") {
				t.Errorf("%s: Found = %v, Message = %q with the variant %q", c.flag, got.Found, got.Message, got.Variant)
			}
		})
	}
}

func TestEvaluateUnknownFlag(t *testing.T) {
	t.Parallel()
	set := parse(t, `{"flags": {}, "metadata": {"flagSetId": "x", "gone": null}}`)
	got := set.Evaluate("f", nil, 0)
	if got.Code != definition.CodeFlagNotFound || got.Found || !reflect.DeepEqual(got.Metadata, map[string]any{"flagSetId": "x"}) {
		t.Errorf("Evaluate = %+v, want FLAG_NOT_FOUND with the set's metadata", got)
	}
}

func TestMetadataOfTheFlagComesFirst(t *testing.T) {
	t.Parallel()
	set := parse(t, `{"metadata": {"version": "1", "owner": "x"}, "flags": {"f": {"state": "ENABLED", "variants": {"a": 1},
		"metadata": {"owner": "y", "wave": 2, "none": null}}}}`)
	want := map[string]any{"version": "1", "owner": "y", "wave": 2.0}
	if got := set.Evaluate("f", nil, 0).Metadata; !reflect.DeepEqual(got, want) {
		t.Errorf("Metadata = %v, want %v", got, want)
	}
	if got := set.Metadata(); !reflect.DeepEqual(got, map[string]any{"version": "1", "owner": "x"}) {
		t.Errorf("the set's metadata became %v", got)
	}
}

// OpenFeature has no lists and objects in metadata; flagd's schema forbids them.
func TestMetadataIsOfBooleansNumbersAndTexts(t *testing.T) {
	t.Parallel()
	set := parse(t, `{"metadata": {"b": true, "o": {}, "v": "1"}, "flags": {"f": {"state": "ENABLED", "variants": {"a": 1},
		"metadata": {"l": [1], "n": 0.5, "v": {}}}}}`)
	want := map[string]any{"b": true, "v": "1", "n": 0.5}
	if got := set.Evaluate("f", nil, 0).Metadata; !reflect.DeepEqual(got, want) {
		t.Errorf("Metadata = %v, want %v", got, want)
	}
	warnings := set.Warnings()
	if len(warnings) != 3 || !strings.Contains(warnings[0], `the set: "o"`) || !strings.Contains(warnings[1], `"f": metadata: "l"`) || !strings.Contains(warnings[2], `"f": metadata: "v"`) {
		t.Errorf("Warnings = %q, want one for each of o, l and v", warnings)
	}
}

func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"7": 7, "-1": -1, "1.0": 1, "1e3": 1000, "9007199254740993": 9007199254740993} {
		got := parse(t, flag(`"state": "ENABLED", "variants": {"a": `+text+`}, "defaultVariant": "a"`)).Evaluate("f", nil, 0)
		if !got.IsWhole || got.Number != want {
			t.Errorf("%s = %d, %v, want %d", text, got.Number, got.IsWhole, want)
		}
	}
	for _, text := range []string{"3.14", "1e300", `"1"`, "99999999999999999999"} {
		if got := parse(t, flag(`"state": "ENABLED", "variants": {"a": `+text+`}, "defaultVariant": "a"`)).Evaluate("f", nil, 0); got.IsWhole {
			t.Errorf("%s is taken for the whole number %d", text, got.Number)
		}
	}
}

func TestParseRefusesWhatFlagdRefuses(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		``:                                   "unexpected end",
		`[]`:                                 "array",
		`{}`:                                 "no flags",
		`{"flags": []}`:                      "flags",
		`{"flags": {"f": 1}}`:                `"f"`,
		`{"flags": {"f": {"variants": []}}}`: `"f"`,
		`{"flags": {"f": {"state": true}}}`:  `"f"`,
		flag(`"defaultVariant": 1`):          `"f"`,
		flag(`$AB, "defaultVariant": "c"`):   `defaultVariant "c"`,
		flag(`$AB, "metadata": []`):          `"f"`,
		`{"$evaluators": {"e": {}}, "flags": {}}`: `"e" is empty`,
	} {
		if set, err := definition.Parse([]byte(document)); set != nil || !errors.Is(err, definition.ErrDocument) || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%s) = %v, %v, want ErrDocument with %q", document, set, err, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"variants": {"a": 1}`:                              "state",
		`"state": "ENABLED"`:                                "no variants",
		`"state": "ENABLED", "variants": {"a": 1, "b": ""}`: "one type",
		`"state": "ENABLED", "variants": {"a": null}`:       "one type",
		`$AB, "targeting": {"if": [{"on": []}]}`:            `operator "on"`,
		`$AB, "targeting": {"$ref": "pip"}`:                 "evaluator pip",
	} {
		if got := parse(t, flag(text)).Warnings(); len(got) != 1 || !strings.Contains(got[0], want) || !strings.Contains(got[0], `"f"`) {
			t.Errorf("%s: Warnings = %q, want one with %q", text, got, want)
		}
	}
	if got := parse(t, flag(`$AB, "defaultVariant": "a", "targeting": {"$ref": "vip"}`)).Warnings(); len(got) > 0 {
		t.Errorf("Warnings = %q for a document in order", got)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	const f, g = `"f": {"state": "ENABLED", "variants": {"a": 1}}`, `"g": {"state": "ENABLED", "variants": {"a": 1}, "targeting": {"$ref": "e"}}`
	document := func(evaluator, metadata string, flags ...string) *definition.Set {
		return parse(t, fmt.Sprintf(`{"$evaluators": {"e": [%s]}, "metadata": {%s}, "flags": {%s}}`, evaluator, metadata, strings.Join(flags, ",")))
	}
	before := document("1", "", f, g)
	for name, c := range map[string]struct {
		next *definition.Set
		want []string
	}{
		"nothing":      {document("1", "", g, f), nil},
		"white space":  {document(" 1 ", " ", " "+f, g), nil},
		"evaluator":    {document("2", "", f, g), []string{"g"}},
		"set metadata": {document("1", `"x": 1`, f, g), []string{"f", "g"}},
		"one flag":     {document("1", "", strings.ReplaceAll(f, "1", "2"), g), []string{"f"}},
		"gone":         {document("1", "", g), []string{"f"}},
		"all gone":     {nil, []string{"f", "g"}},
	} {
		if got := definition.Changes(before, c.next); !slices.Equal(got, c.want) {
			t.Errorf("%s: Changes = %q, want %q", name, got, c.want)
		}
		if got := definition.Changes(c.next, before); !slices.Equal(got, c.want) {
			t.Errorf("%s, the other way: Changes = %q, want %q", name, got, c.want)
		}
	}
	if got := before.Keys(); !slices.Equal(got, []string{"f", "g"}) || before.SHA256() != document(" 1", "", f, g).SHA256() {
		t.Errorf("Keys = %q, and the digest must not depend on white space", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(flag(`$AB, "defaultVariant": "a", "targeting": {"if": [{"$ref": "vip"}, "b"]}`)))
	f.Add([]byte(`{"flags": {"f": {"variants": {"a": 1e999}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := definition.Parse(data)
		if err != nil {
			if set != nil || !errors.Is(err, definition.ErrDocument) {
				t.Fatalf("Parse(%q) = %v, %v", data, set, err)
			}
			return
		}
		for _, key := range set.Keys() {
			if got := set.Evaluate(key, map[string]any{"targetingKey": "1"}, 0); got.Reason == "" || got.Found && got.Code != "" {
				t.Fatalf("Parse(%q): %s = %+v", data, key, got)
			}
		}
	})
}

// large is a document with 10,000 ids in groups, about 390 KB.
func large() []byte {
	var document strings.Builder
	document.WriteString(`{"$evaluators": {`)
	for group := range 5 {
		if group > 0 {
			document.WriteString(",")
		}
		fmt.Fprintf(&document, `"g%d": {"in": [{"var": "targetingKey"}, [`, group)
		for i := range 2_000 {
			if i > 0 {
				document.WriteString(",")
			}
			fmt.Fprintf(&document, `"%08x-0000-4000-8000-%012x"`, group, i)
		}
		document.WriteString(`]]}`)
	}
	document.WriteString(`}, "flags": {"cutover": {"state": "ENABLED", "variants": {"legacy": "legacy", "new": "new"}, "defaultVariant": "legacy",
		"targeting": {"if": [{"$ref": "g0"}, "new", {"$ref": "g1"}, "new", {"$ref": "g2"}, "new", {"$ref": "g3"}, "new", {"$ref": "g4"}, "new"]}}}}`)
	return []byte(document.String())
}

func BenchmarkParse(b *testing.B) {
	document := large()
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := definition.Parse(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	set := parse(b, string(large()))
	attributes := map[string]any{"targetingKey": "00000004-0000-4000-8000-0000000007cf"}
	b.ReportAllocs()
	for b.Loop() {
		if got := set.Evaluate("cutover", attributes, 0); got.Variant != "new" {
			b.Fatal(got)
		}
	}
}
