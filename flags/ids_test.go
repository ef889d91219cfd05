package flags_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/flags"
)

// TestNumbersAreIDs: flagd would never find such a tenant, and say nothing.
func TestNumbersAreIDs(t *testing.T) {
	t.Parallel()
	const tenant = `{"var": "targetingKey"}`
	for rule, want := range map[string]string{
		`{"in": [` + tenant + `, [7, "8", 12345678901234567890, 9007199254740993]]}`: "7 new/, 8 new/, 12345678901234567890 new/, 9007199254740993 new/, 9007199254740992 legacy/, 07 legacy/",
		`{"in": [{"var": ["targetingKey", ""]}, [1.0, 2e1, -3]]}`:                    "1 new/, 1.0 legacy/, 20 new/, -3 new/, 3 legacy/",
		`{"$ref": "g"}`: "70 new/g, 71 legacy/",
		`{"in": [` + tenant + `, {"$ref": "list"}]}`: "80 new/, 81 legacy/",
		`{"==": [` + tenant + `, 7]}`:                "7 new/, 07 legacy/, 7.0 legacy/",
		`{"===": [7, ` + tenant + `]}`:               "7 new/, 8 legacy/",
		`{"!": {"!=": [` + tenant + `, 7]}}`:         "7 new/, 07 legacy/",
		`{"<": [` + tenant + `, 7]}`:                 "6 new/, 06 new/, 7 legacy/",
	} {
		text := fmt.Sprintf(`{"$evaluators": {"g": {"in": [%s, [70]]}, "list": [80]}, "flags": {"cutover": {"state": "ENABLED",
			"variants": {"new": "new", "legacy": "legacy"}, "defaultVariant": "legacy", "targeting": {"if": [%s, "new"]}}}}`, tenant, rule)
		d := parsed(t, text)
		var tenants []string
		for answer := range strings.SplitSeq(want, ", ") {
			id, _, _ := strings.Cut(answer, " ")
			tenants = append(tenants, id)
		}
		if got := routesOf(t, d, tenants...); got != want {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
		// What is frozen is what flagd would read alike, and it is read again as it is.
		if again := parsed(t, string(d.JSON())); again.SHA256() != d.SHA256() {
			t.Errorf("%s: frozen and read again it is another document: %s", rule, again.JSON())
		}
	}
}

// TestQuoteIDsLeavesTheRest: only ids change, and what has none to change not by a byte.
func TestQuoteIDsLeavesTheRest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		grouped: grouped,
		`{"\u0061": {"\ud800": [7]}, "in": [{"var": "x"}, [7]], "fractional": [["new", 1]]}`:                                "",
		`{"in": [{"var": "targetingKey"}, [7, [7], 1.5]], "in": 1, "z": 1.50}`:                                              `{"in":[{"var":"targetingKey"},["7",[7],1.5]],"in":1,"z":1.50}`,
		`{"\u0069n": [{"var": "targetingKey"}, ["\"]},[7,", "\\", 7, "\\\"", -0, {}, []]], "z}": [], "y": {"x": [[], {}]}}`: `{"\u0069n":[{"var":"targetingKey"},["\"]},[7,","\\","7","\\\"","0",{},[]]],"z}":[],"y":{"x":[[],{}]}}`,
		`[{"==": ["a,b", {"var": "targetingKey"}]}, {"!=": [7, {"var": ["targetingKey"]}]}]`:                                `[{"==":["a,b",{"var":"targetingKey"}]},{"!=":["7",{"var":["targetingKey"]}]}]`,
	} {
		if want == "" {
			want = text
		}
		if got, err := flags.QuoteIDs([]byte(text)); err != nil || string(got) != want {
			t.Errorf("QuoteIDs(%s) = %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := flags.QuoteIDs([]byte(`{`)); !errors.Is(err, flags.ErrDocument) {
		t.Errorf("QuoteIDs of what is no JSON: %v, want ErrDocument", err)
	}
}

// TestOtherNumbersAreNoIDs: nobody's id is a part of a number.
func TestOtherNumbersAreNoIDs(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{`{"in": [{"var": "targetingKey"}, ["a", 1.5]]}`, `{"==": [{"var": "targetingKey"}, 1.5]}`} {
		_, err := flags.ParseDocument([]byte(targeting(`{"if": [` + rule + `, "go"]}`)))
		if !errors.Is(err, flags.ErrDocument) || !strings.Contains(err.Error(), `write "1.5"`) {
			t.Errorf("%s: %v, want ErrDocument that says how to write 1.5", rule, err)
		}
	}
}
