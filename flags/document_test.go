package flags_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// document puts a cutover flag into a whole document.
func document(cutover string) string { return `{"flags": {"cutover": ` + cutover + `}}` }

// targeting is a document whose flag has a rule.
func targeting(rule string) string {
	return document(`{"state": "ENABLED", "variants": {"old": "legacy", "go": "new"}, "defaultVariant": "old", "targeting": ` + rule + `}`)
}

func TestParseDocumentNamesPathAndCommand(t *testing.T) {
	t.Parallel()
	const variants = `"variants": {"old": "legacy", "go": "new"}`
	for name, c := range map[string]struct{ document, want string }{
		"empty":                   {"", "unexpected end of JSON input"},
		"cut short, by line":      {"{\n\"flags\":\n", "line 3: unexpected end"},
		"something after it":      {`{} {}`, "after top-level value"},
		"not an object":           {`[]`, "it is not an object"},
		"not UTF-8":               {"{\"flags\": {\"\xff\": {}}}", "not UTF-8"},
		"too large":               {`{"metadata": {"x": "` + strings.Repeat("x", flags.MaxDocumentBytes) + `"}}`, "at most 900000"},
		"too large once escaped":  {`{"metadata": {"x": "` + strings.Repeat("<", flags.MaxDocumentBytes/2) + `"}}`, "escaped"},
		"unknown top-level key":   {`{"flag": {}}`, "flag: unknown key"},
		"no flags":                {`{}`, "flags: it is missing"},
		"flags is null":           {`{"flags": null}`, "flags: it is not an object"},
		"no cutover":              {`{"flags": {}}`, "flags.cutover: it is missing"},
		"cutover in another case": {`{"flags": {"Cutover": {}}}`, "flags.cutover: it is missing"},
		"another flag is broken":  {`{"flags": {"beta": 1, "cutover": {}}}`, "flags.beta: it is not an object"},
		"evaluators is an array":  {`{"$evaluators": [], "flags": {}}`, "$evaluators: it is not an object"},
		"metadata is an array":    {`{"metadata": [], "flags": {}}`, "metadata: it is not an object"},
		"metadata has an object":  {`{"metadata": {"by": {}}, "flags": {}}`, "metadata.by: it must be"},
		"metadata has null":       {document(`{"metadata": {"by": null}}`), "flags.cutover.metadata.by: it must be"},
		"cutover twice":           {`{"flags": {"cutover": {}, "cutover": {}}}`, "flags.cutover: the key occurs twice"},
		"misspelt key":            {document(`{"defaultVarient": "go"}`), "flags.cutover.defaultVarient: unknown key"},
		"key in another case":     {document(`{"DefaultVariant": "go"}`), "flags.cutover.DefaultVariant: unknown key"},
		"no state":                {document(`{` + variants + `}`), "flags.cutover.state: it must be"},
		"state in lower case":     {document(`{"state": "enabled", ` + variants + `}`), "flags.cutover.state: it must be"},
		"no variants":             {document(`{"state": "ENABLED"}`), "flags.cutover.variants: it is missing"},
		"variants is empty":       {document(`{"state": "ENABLED", "variants": {}}`), "flags.cutover.variants: there is no variant"},
		"variant without a name":  {document(`{"state": "ENABLED", "variants": {"": "new"}}`), "flags.cutover.variants: a variant has an empty name"},
		"not a route":             {document(`{"state": "ENABLED", "variants": {"go": "neu"}}`), `flags.cutover.variants.go: "neu" is not a route`},
		"a boolean variant":       {document(`{"state": "ENABLED", "variants": {"go": true}}`), "flags.cutover.variants.go: true is not a route"},
		"default is no variant":   {document(`{"state": "ENABLED", ` + variants + `, "defaultVariant": "new"}`), "flags.cutover.defaultVariant: it must name"},
		"default is empty":        {document(`{"state": "ENABLED", ` + variants + `, "defaultVariant": ""}`), "flags.cutover.defaultVariant: it must name"},
		"default is a number":     {document(`{"state": "ENABLED", ` + variants + `, "defaultVariant": 1}`), "flags.cutover.defaultVariant: it must name"},
		"unknown operator":        {targeting(`{"if": [{"on": []}, "go"]}`), "flags.cutover.targeting.if.0.on: the operator is not known"},
		"the same when disabled":  {document(`{"state": "DISABLED", ` + variants + `, "targeting": {"on": []}}`), "targeting.on: the operator is not known"},
		"two operators":           {targeting(`{"if": ["go"], "or": []}`), "targeting: it must have one operator, not 2"},
		"no operator inside":      {targeting(`{"if": [{}, "go"]}`), "targeting.if.0: it must have one operator, not 0"},
		"unknown evaluator":       {targeting(`{"if": [{"$ref": "g1"}, "go"]}`), "there is no g1 in $evaluators"},
		"evaluator in evaluator":  {`{"$evaluators": {"a": {"$ref": "b"}, "b": {"!": [true]}}, ` + targeting(`{"if": [{"$ref": "a"}, "go"]}`)[1:], "$evaluators.a.$ref: an evaluator cannot"},
		"another attribute":       {targeting(`{"if": [{"==": [{"var": "email"}, "x"]}, "go"]}`), "targeting.if.0.==.0.var: email is not known"},
		"the time":                {targeting(`{"if": [{">": [{"var": "$flagd.timestamp"}, 1]}, "go"]}`), "$flagd.timestamp is not known"},
		"the time in a body":      {targeting(`{"if": [{"some": [[1], {"<": [{"var": "$flagd.timestamp"}, 1]}]}, "go"]}`), "$flagd.timestamp is not known"},
		"a computed attribute":    {targeting(`{"if": [{"var": {"cat": ["a"]}}, "go"]}`), "is not known"},
		"no variant":              {targeting(`{"if": [{"in": [{"var": "targetingKey"}, ["1"]]}, "new"]}`), `targeting.if.1: it gives "new", which is not one of the variants`},
		"no variant otherwise":    {targeting(`{"if": [true, "go", "new"]}`), `targeting.if.2: it gives "new"`},
		"no variant by share":     {targeting(`{"fractional": [["go", 1], ["new", 1]]}`), `targeting.fractional.1: it gives "new"`},
		"no variant by boolean":   {targeting(`{"in": [{"var": "targetingKey"}, ["1"]]}`), `targeting.in: it gives "false"`},
		"no variant by reference": {`{"$evaluators": {"a": {"!": [true]}}, ` + targeting(`{"$ref": "a"}`)[1:], `it gives "false"`},
		"a number":                {targeting(`{"if": [true, 1]}`), "targeting.if.1: it is not the name of a variant"},
		"fails for a tenant":      {targeting(`{"if": [{"==": [{"var": "targetingKey"}, "bad"]}, {"cat": [true]}]}`), `for the tenant "bad"`},
		"computed and no variant": {targeting(`{"cat": [{"var": "targetingKey"}]}`), `for the tenant "some tenant"`},
		"empty evaluator":         {`{"$evaluators": {"a": {}}, ` + document(`{"state": "ENABLED", ` + variants + `}`)[1:], `"a" is empty`},
		"other flag is refused":   {`{"flags": {"beta": {"defaultVariant": "x"}, "cutover": {"state": "ENABLED", ` + variants + `}}}`, `"beta"`},
		"targeting is a variant":  {document(`{"state": "ENABLED", ` + variants + `, "targeting": "go"}`), "flags.cutover.targeting: it is not an object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := c.document[:min(len(c.document), 200)]
			d, err := flags.ParseDocument([]byte(c.document))
			if d != nil || !errors.Is(err, flags.ErrDocument) {
				t.Fatalf("ParseDocument(%s) = %v, %v, want ErrDocument", shown, d, err)
			}
			if got := err.Error(); !strings.Contains(got, c.want) || !strings.Contains(got, "jetsheet flags set FILE --reason TEXT") {
				t.Errorf("ParseDocument(%s): %q, want %q and the command", shown, got, c.want)
			}
			if routes, err := flags.Compile([]byte(c.document)); routes != nil || !errors.Is(err, flags.ErrDocument) {
				t.Errorf("Compile(%s) = %v, %v, want ErrDocument", shown, routes, err)
			}
		})
	}
}

func TestDocumentKeepsWhatItDoesNotReadAndItsDigest(t *testing.T) {
	t.Parallel()
	const source = `{
  "$evaluators": {"g1": {"in": [{"var": "targetingKey"}, ["a", "b"]]}},
  "flags": {
    "beta": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "targeting": {"<": [1, 2]}},
    "cutover": {"state": "ENABLED", "variants": {"go": "new"}, "defaultVariant": "go", "targeting": {}, "metadata": {"wave": 1}}
  }
}`
	d, err := flags.ParseDocument([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"beta"`, `"g1"`, `\u003c`, `"wave":1`} {
		if !strings.Contains(string(d.JSON()), part) {
			t.Errorf("JSON() = %s misses %s", d.JSON(), part)
		}
	}
	again, err := flags.ParseDocument(d.JSON())
	if err != nil || string(again.JSON()) != string(d.JSON()) || again.SHA256() != d.SHA256() || len(d.SHA256()) != 64 {
		t.Errorf("parsed again: %s, %v, want %s", again.JSON(), err, d.JSON())
	}
	nested := asJSON(jetsheet.Frozen{Flags: d.JSON()})
	if !strings.Contains(nested, string(d.JSON())) {
		t.Errorf("a record changes the document: %s does not hold %s", nested, d.JSON())
	}
}

func TestInitialDocumentRoutesEverybodyAlike(t *testing.T) {
	t.Parallel()
	for _, route := range []jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteHold, "neu", ""} {
		want := route
		if !route.Valid() {
			want = jetsheet.RouteLegacy
		}
		if got := routeOf(t, &jetsheet.Frozen{Flags: flags.InitialDocument(route)}, "tenant"); got != want {
			t.Errorf("InitialDocument(%q) routes %q, want %q", route, got, want)
		}
	}
}

func FuzzParseDocument(f *testing.F) {
	f.Add(flags.InitialDocument(jetsheet.RouteNew))
	f.Add([]byte(document(`{"state": "DISABLED", "variants": {"a": "hold"}, "defaultVariant": null}`)))
	f.Add([]byte(`{"flags": {"cutover": 1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := flags.ParseDocument(data)
		if err != nil {
			if d != nil || !errors.Is(err, flags.ErrDocument) {
				t.Fatalf("ParseDocument(%q) = %v, %v", data, d, err)
			}
			return
		}
		again, err := flags.ParseDocument(d.JSON())
		if err != nil || again.SHA256() != d.SHA256() {
			t.Fatalf("ParseDocument(%q) reads back as %v, %v", data, again, err)
		}
		if route := routeOf(t, &jetsheet.Frozen{Flags: d.JSON()}, "tenant"); !route.Valid() {
			t.Fatalf("ParseDocument(%q) routes %q", data, route)
		}
	})
}
