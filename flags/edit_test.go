package flags_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// grouped is a document with three groups, a tenant of its own, and another flag.
const grouped = `{
  "$evaluators": {
    "g1": {"in": [{"var": "targetingKey"}, ["1", "2"]]},
    "g2": {"in": [{"var": "targetingKey"}, ["3", "4"]]},
    "late": {"starts_with": [{"var": "targetingKey"}, "x"]}
  },
  "flags": {
    "other": {"state": "ENABLED", "variants": {"on": 1.50}, "defaultVariant": "on"},
    "cutover": {
      "state": "ENABLED",
      "variants": {"legacy": "legacy", "shadow": "shadow", "new": "new"},
      "defaultVariant": "legacy",
      "targeting": {"if": [{"==": [{"var": "targetingKey"}, "2"]}, "shadow", {"$ref": "g1"}, "new", {"$ref": "g2"}, "shadow"]}
    }
  }
}`

func parsed(t testing.TB, document string) *flags.Document {
	t.Helper()
	d, err := flags.ParseDocument([]byte(document))
	if err != nil {
		t.Fatalf("ParseDocument(%s): %v", document, err)
	}
	return d
}

// routesOf lists the routes of tenants in their order.
func routesOf(t testing.TB, d *flags.Document, tenants ...string) string {
	t.Helper()
	s, err := d.Standings()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, tenant := range tenants {
		st := s.Of(tenant)
		list = append(list, fmt.Sprintf("%s %s/%s", tenant, st.Route, st.Group))
	}
	return strings.Join(list, ", ")
}

func TestEdits(t *testing.T) {
	t.Parallel()
	type edit = func(*flags.Document) (*flags.Document, error)
	group := func(name string, route jetsheet.Route) edit {
		return func(d *flags.Document) (*flags.Document, error) { return d.WithGroup(name, route) }
	}
	tenant := func(id string, route jetsheet.Route) edit {
		return func(d *flags.Document) (*flags.Document, error) { return d.WithTenant(id, route) }
	}
	without := func(id string) edit {
		return func(d *flags.Document) (*flags.Document, error) { return d.WithoutTenant(id) }
	}
	for name, c := range map[string]struct {
		edits []edit
		want  string
	}{
		"nothing":             {nil, "1 new/g1, 2 shadow/, 3 shadow/g2, x1 legacy/, 9 legacy/"},
		"a group":             {[]edit{group("g2", jetsheet.RouteNew)}, "1 new/g1, 2 shadow/, 3 new/g2, x1 legacy/, 9 legacy/"},
		"a group not asked":   {[]edit{group("late", jetsheet.RouteShadow)}, "1 new/g1, 2 shadow/, 3 shadow/g2, x1 shadow/late, 9 legacy/"},
		"a new variant":       {[]edit{group("g1", jetsheet.RouteHold)}, "1 hold/g1, 2 shadow/, 3 shadow/g2, x1 legacy/, 9 legacy/"},
		"default":             {[]edit{func(d *flags.Document) (*flags.Document, error) { return d.WithDefault(jetsheet.RouteNew) }}, "1 new/g1, 2 shadow/, 3 shadow/g2, x1 new/, 9 new/"},
		"a tenant":            {[]edit{tenant("3", jetsheet.RouteHold), tenant("9", jetsheet.RouteHold)}, "1 new/g1, 2 shadow/, 3 hold/, x1 legacy/, 9 hold/"},
		"a tenant twice":      {[]edit{tenant("3", jetsheet.RouteHold), tenant("3", jetsheet.RouteLegacy)}, "1 new/g1, 2 shadow/, 3 legacy/, x1 legacy/, 9 legacy/"},
		"a tenant in a list":  {[]edit{tenant("9", jetsheet.RouteShadow)}, "1 new/g1, 2 shadow/, 3 shadow/g2, x1 legacy/, 9 shadow/"},
		"without its own":     {[]edit{without("2")}, "1 new/g1, 2 new/g1, 3 shadow/g2, x1 legacy/, 9 legacy/"},
		"hold all":            {[]edit{(*flags.Document).HoldAll}, "1 hold/, 2 hold/, 3 hold/, x1 hold/, 9 hold/"},
		"hold all and change": {[]edit{(*flags.Document).HoldAll, tenant("9", jetsheet.RouteNew)}, "1 hold/, 2 hold/, 3 hold/, x1 hold/, 9 hold/"},
		"release": {
			[]edit{(*flags.Document).HoldAll, (*flags.Document).HoldAll, tenant("9", jetsheet.RouteNew), (*flags.Document).ReleaseAll},
			"1 new/g1, 2 shadow/, 3 shadow/g2, x1 legacy/, 9 new/",
		},
	} {
		d := parsed(t, grouped)
		for _, change := range c.edits {
			var err error
			if d, err = change(d); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if got := routesOf(t, d, "1", "2", "3", "x1", "9"); got != c.want {
			t.Errorf("%s: got %s, want %s in\n%s", name, got, c.want, d.Text())
		}
		if !strings.Contains(string(d.JSON()), `"other":{"state":"ENABLED","variants":{"on":1.50},"defaultVariant":"on"}`) {
			t.Errorf("%s: the other flag has changed: %s", name, d.JSON())
		}
		if again := parsed(t, string(d.Text())); again.SHA256() != d.SHA256() {
			t.Errorf("%s: Text is another document than JSON:\n%s\n%s", name, d.Text(), d.JSON())
		}
	}
}

func TestEditsOfAnyRule(t *testing.T) {
	t.Parallel()
	d := parsed(t, `{"$evaluators": {"g": {"in": [{"var": "targetingKey"}, ["1"]]}}, "flags": {"cutover": {"state": "ENABLED",
		"variants": {"old": "legacy", "new": "shadow", "go": "new"}, "defaultVariant": "old",
		"targeting": {"fractional": [["new", 1]]}}}}`)
	d, err := d.WithGroup("g", jetsheet.RouteNew)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := routesOf(t, d, "1", "2"), "1 new/g, 2 shadow/"; got != want {
		t.Errorf("got %s, want %s in\n%s", got, want, d.Text())
	}
	disabled := parsed(t, strings.Replace(string(d.JSON()), "ENABLED", "DISABLED", 1))
	if held, err := disabled.HoldAll(); err != nil || !held.AllHeld() {
		t.Errorf("HoldAll of a disabled flag = %v, want everybody held", err)
	}
	first := parsed(t, string(flags.InitialDocument(jetsheet.RouteLegacy)))
	if first, err = first.WithDefault(jetsheet.RouteShadow); err != nil || first.Initial() || strings.Contains(string(first.JSON()), "metadata") {
		t.Errorf("an edit of the first document is %s, %v, want it to be no longer what setup wrote", first.JSON(), err)
	}
}

// TestDefaultAtTheEndOfTargeting: people write what flagd's examples show, an "if" that
// ends with a variant or with the next "if", instead of a default variant.
func TestDefaultAtTheEndOfTargeting(t *testing.T) {
	t.Parallel()
	nested := func(end string) *flags.Document {
		return parsed(t, `{"$evaluators": {"g1": {"in": [{"var": "targetingKey"}, ["1"]]}, "g2": {"in": [{"var": "targetingKey"}, ["2"]]}}, "flags": {"cutover": {"state": "ENABLED",
			"variants": {"legacy": "legacy", "shadow": "shadow", "new": "new"}, "defaultVariant": "legacy",
			"targeting": {"if": [{"$ref": "g1"}, "shadow", {"if": [{"$ref": "g2"}, "new", `+end+`]}]}}}}`)
	}
	d := nested(`"shadow"`)
	if got, want := routesOf(t, d, "1", "2", "9"), "1 shadow/g1, 2 new/g2, 9 shadow/"; got != want {
		t.Errorf("routes %s, want %s", got, want)
	}
	if got, by := d.DefaultRoute(), standing(t, d, "9").By; got != jetsheet.RouteShadow || by != flags.ByDefault {
		t.Errorf("DefaultRoute = %s, decided by %s, want shadow, default", got, by)
	}
	if got := d.Groups(); len(got) != 2 || got[1].Route != jetsheet.RouteNew {
		t.Errorf("groups %+v, want g2 with new", got)
	}
	after, err := d.WithDefault(jetsheet.RouteLegacy)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := routesOf(t, after, "1", "2", "9"), "1 shadow/g1, 2 new/g2, 9 legacy/"; got != want {
		t.Errorf("with the default legacy: %s, want %s in\n%s", got, want, after.Text())
	}
	difference, err := flags.Compare(nested(`"legacy"`), nested(`"new"`), []string{"1"})
	if err != nil {
		t.Fatal(err)
	}
	if got := difference.Default; got.From != jetsheet.RouteLegacy || got.To != jetsheet.RouteNew || got.Gate() != flags.GateForce {
		t.Errorf("the default moves from %s to %s, gate %q, want legacy, new and force", got.From, got.To, got.Gate())
	}
}

// TestATenantThatIsListedTwice: what is taken away must not be left in the list.
func TestATenantThatIsListedTwice(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		`["9", "9"]`:      "9 legacy/default, 8 legacy/default",
		`["9", "8", "9"]`: "9 legacy/default, 8 new/own route",
	} {
		d := parsed(t, strings.Replace(grouped, `[{"==": [{"var": "targetingKey"}, "2"]}, "shadow"`, `[{"in": [{"var": "targetingKey"}, `+list+`]}, "new"`, 1))
		d, err := d.WithoutTenant("9")
		if err != nil {
			t.Fatal(err)
		}
		nine, eight := standing(t, d, "9"), standing(t, d, "8")
		if got := fmt.Sprintf("9 %s/%s, 8 %s/%s", nine.Route, nine.By, eight.Route, eight.By); got != want {
			t.Errorf("without 9, which %s lists: %s, want %s in\n%s", list, got, want, d.Text())
		}
	}
}

func TestEditsThatCannotBe(t *testing.T) {
	t.Parallel()
	d := parsed(t, grouped)
	for name, c := range map[string]struct {
		edit func() (*flags.Document, error)
		want string
	}{
		"unknown group": {func() (*flags.Document, error) { return d.WithGroup("g9", jetsheet.RouteNew) }, "known are g1, g2, late"},
		"unknown route": {func() (*flags.Document, error) { return d.WithGroup("g1", "old") }, `"old" is not a route`},
		"no id":         {func() (*flags.Document, error) { return d.WithTenant("", jetsheet.RouteNew) }, "without an id"},
		"disabled": {func() (*flags.Document, error) {
			return parsed(t, strings.Replace(grouped, "\"cutover\": {\n      \"state\": \"ENABLED\"", "\"cutover\": {\n      \"state\": \"DISABLED\"", 1)).WithGroup("g1", jetsheet.RouteNew)
		}, "the flag is DISABLED"},
		"no own route": {func() (*flags.Document, error) { return d.WithoutTenant("1") }, "no route of its own"},
		"no groups": {func() (*flags.Document, error) {
			return parsed(t, string(flags.InitialDocument(jetsheet.RouteNew))).WithGroup("g1", jetsheet.RouteNew)
		}, "jetsheet flags set FILE"},
	} {
		if changed, err := c.edit(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want an error with %q", name, changed, err, c.want)
		}
	}
}

// TestStandingsAreTheRoutes draws edits: the routes that people are shown are those that
// runs are frozen with, and an edit moves nobody but those it names.
func TestStandingsAreTheRoutes(t *testing.T) {
	t.Parallel()
	routes := []jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteHold}
	tenants := []string{"1", "2", "3", "4", "5", "x1", "x2"}
	rapid.Check(t, func(rt *rapid.T) {
		d := parsed(t, grouped)
		for range rapid.IntRange(1, 8).Draw(rt, "edits") {
			before := d
			route := rapid.SampledFrom(routes).Draw(rt, "route")
			id := rapid.SampledFrom(tenants).Draw(rt, "tenant")
			group := rapid.SampledFrom([]string{"g1", "g2", "late"}).Draw(rt, "group")
			var err error
			var may func(string) bool
			if rapid.Bool().Draw(rt, "one") {
				d, err = d.WithTenant(id, route)
				may = func(tenant string) bool { return tenant == id }
			} else {
				d, err = d.WithGroup(group, route)
				may = func(tenant string) bool { return slices.Contains(standing(t, d, tenant).Groups, group) }
			}
			if err != nil {
				rt.Fatal(err)
			}
			compiled, err := flags.Compile(d.Text())
			if err != nil {
				rt.Fatal(err)
			}
			difference, err := flags.Compare(before, d, tenants)
			if err != nil {
				rt.Fatal(err)
			}
			for _, tenant := range tenants {
				moved := slices.ContainsFunc(difference.Moves, func(m flags.Move) bool { return m.Tenant == tenant })
				was, is := standing(t, before, tenant).Route, standing(t, d, tenant).Route
				if is != compiled.Route(tenant) || moved != (was != is) || moved && !may(tenant) {
					rt.Fatalf("tenant %s: %s to %s, moved %v, frozen %s in\n%s", tenant, was, is, moved, compiled.Route(tenant), d.Text())
				}
			}
		}
	})
}

func standing(t *testing.T, d *flags.Document, tenant string) flags.Standing {
	t.Helper()
	s, err := d.Standings()
	if err != nil {
		t.Fatal(err)
	}
	return s.Of(tenant)
}

func TestTextIsForPeople(t *testing.T) {
	t.Parallel()
	d, err := parsed(t, grouped).WithTenant("9", jetsheet.RouteHold)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "$evaluators": {
    "g1": {"in": [{"var": "targetingKey"}, ["1", "2"]]},
    "g2": {"in": [{"var": "targetingKey"}, ["3", "4"]]},
    "late": {"starts_with": [{"var": "targetingKey"}, "x"]}
  },
  "flags": {
    "cutover": {
      "defaultVariant": "legacy",
      "state": "ENABLED",
      "targeting": {
        "if": [
          {"in": [{"var": "targetingKey"}, ["9"]]},
          "hold",
          {"==": [{"var": "targetingKey"}, "2"]},
          "shadow",
          {"$ref": "g1"},
          "new",
          {"$ref": "g2"},
          "shadow"
        ]
      },
      "variants": {"hold": "hold", "legacy": "legacy", "new": "new", "shadow": "shadow"}
    },
    "other": {"state": "ENABLED", "variants": {"on": 1.50}, "defaultVariant": "on"}
  }
}
`
	if got := string(d.Text()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDefaultThatNobodyFollows: a default behind a rule for everybody is not stored in
// silence.
func TestDefaultThatNobodyFollows(t *testing.T) {
	t.Parallel()
	for targeting, followed := range map[string]bool{
		`{"fractional": [["shadow", 1], ["legacy", 9]]}`:                                    false,
		`{"if": [{"in": [{"var": "targetingKey"}, ["1"]]}, "new", true, "shadow"]}`:         false,
		`{"if": [true, "hold"]}`:                                                            true, // a hold of everybody ends some day
		`{"if": [{"starts_with": [{"var": "targetingKey"}, "eu-"]}, "new"]}`:                true,
		`{"if": [{"!": {"in": [{"var": "targetingKey"}, ["1"]]}}, "new"]}`:                  true, // tenant 1 does
		`{"if": [{"ends_with": [{"var": "targetingKey"}, "-test"]}, null, true, "shadow"]}`: true,
	} {
		d := parsed(t, `{"flags": {"cutover": {"state": "ENABLED", "variants": {"legacy": "legacy", "shadow": "shadow", "new": "new", "hold": "hold"},
			"defaultVariant": "legacy", "targeting": `+targeting+`}}}`)
		after, err := d.WithDefault(jetsheet.RouteNew)
		if followed != (err == nil) || followed && after.DefaultRoute() != jetsheet.RouteNew {
			t.Errorf("%s: WithDefault = %v, want it followed: %t", targeting, err, followed)
		}
		if same, err := d.WithDefault(jetsheet.RouteLegacy); err != nil || same.SHA256() != d.SHA256() {
			t.Errorf("%s: the default that it has: %v, want no change", targeting, err)
		}
	}
}

// TestHoldOfEverybodyKeepsARuleForEverybody: only the pair that holds is added and taken
// away, not another one that decides for everybody.
func TestHoldOfEverybodyKeepsARuleForEverybody(t *testing.T) {
	t.Parallel()
	d := parsed(t, `{"flags": {"cutover": {"state": "ENABLED", "variants": {"legacy": "legacy", "shadow": "shadow", "new": "new"},
		"defaultVariant": "legacy", "targeting": {"if": [true, "shadow"]}}}}`)
	own, err := d.WithTenant("1", jetsheet.RouteNew)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := routesOf(t, own, "1", "2"), "1 new/, 2 shadow/"; got != want {
		t.Errorf("with a route of its own: %s, want %s", got, want)
	}
	if got := standing(t, own, "2").By; got != flags.ByRule {
		t.Errorf("tenant 2 is decided by %s, want %s", got, flags.ByRule)
	}
	held, err := own.HoldAll()
	if err != nil {
		t.Fatal(err)
	}
	if held, err = held.HoldAll(); err != nil || routesOf(t, held, "1", "2") != "1 hold/, 2 hold/" {
		t.Errorf("held twice: %v, %s", err, routesOf(t, held, "1", "2"))
	}
	released, err := held.ReleaseAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := routesOf(t, released, "1", "2"), "1 new/, 2 shadow/"; got != want {
		t.Errorf("released: %s, want %s", got, want)
	}
}
