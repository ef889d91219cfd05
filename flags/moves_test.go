package flags_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

func TestCompareNamesWhatPeopleOverlook(t *testing.T) {
	t.Parallel()
	before := parsed(t, grouped)
	after, err := before.WithDefault(jetsheet.RouteShadow)
	if err != nil {
		t.Fatal(err)
	}
	d, err := flags.Compare(before, after, []string{"9", "1", "2", "8", "9", "x1"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(d.Moves), "[{8  legacy shadow} {9  legacy shadow} {x1 late legacy shadow}]"; got != want {
		t.Errorf("moves %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(d.Ungrouped), "[{8 shadow} {9 shadow}]"; got != want {
		t.Errorf("in no group %s, want %s", got, want)
	}
	if d.Default.From != jetsheet.RouteLegacy || d.Default.To != jetsheet.RouteShadow {
		t.Errorf("default %+v, want legacy to shadow", d.Default)
	}
}

// TestCompareOfTenantsThatNobodyNames: whatever rule decides for them, it is seen who goes
// to new.
func TestCompareOfTenantsThatNobodyNames(t *testing.T) {
	t.Parallel()
	routed := func(targeting string) *flags.Document {
		return parsed(t, `{"$evaluators": {"g1": {"in": [{"var": "targetingKey"}, ["1"]]}}, "flags": {"cutover": {"state": "ENABLED",
			"variants": {"legacy": "legacy", "shadow": "shadow", "new": "new", "hold": "hold"}, "defaultVariant": "legacy", "targeting": `+targeting+`}}}`)
	}
	held, err := routed(`{}`).HoldAll()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		before, after *flags.Document
		want          string
	}{
		"nothing":           {routed(`{}`), routed(`{"if": [{"$ref": "g1"}, "new"]}`), "legacy to legacy, partly false"},
		"all but a group":   {routed(`{}`), routed(`{"if": [{"!": {"$ref": "g1"}}, "new"]}`), "legacy to new, partly false"},
		"a share":           {routed(`{}`), routed(`{"fractional": [["legacy", 97], ["new", 3]]}`), "legacy to new, partly true"},
		"a share, compared": {routed(`{"if": ["shadow"]}`), routed(`{"fractional": [["hold", 97], ["new", 3]]}`), "shadow to new, partly true"},
		"a prefix":          {routed(`{}`), routed(`{"if": [{"starts_with": [{"var": "targetingKey"}, "x"]}, "new"]}`), "legacy to legacy, partly false"},
		"a hold":            {routed(`{"if": ["new"]}`), held, "new to hold, partly false"},
		"a release":         {held, routed(`{"if": ["new"]}`), "hold to new, partly false"},
	} {
		d, err := flags.Compare(c.before, c.after, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%s to %s, partly %v", d.Default.From, d.Default.To, d.Partly); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if want := name == "a prefix"; (len(d.ByRule) > 0) != want {
			t.Errorf("%s: by rule %+v, want some: %t", name, d.ByRule, want)
		}
	}
}

// TestCompareOfGroupsByRule: whatever form a rule has, a tenant who comes later and for whom
// it decides is seen.
func TestCompareOfGroupsByRule(t *testing.T) {
	t.Parallel()
	const tenant = `{"var": "targetingKey"}`
	for name, rule := range map[string]string{
		"begins":       `{"starts_with": [` + tenant + `, "eu-"]}`,
		"ends":         `{"ends_with": [` + tenant + `, "-eu"]}`,
		"both":         `{"and": [{"starts_with": [` + tenant + `, "eu-"]}, {"ends_with": [` + tenant + `, "-test"]}]}`,
		"contains":     `{"in": ["eu", ` + tenant + `]}`,
		"one of lists": `{"or": [{"in": [` + tenant + `, ["x", "y"]]}, {"in": [` + tenant + `, ["z"]]}]}`,
		"numbers":      `{"<": [` + tenant + `, 500]}`,
		"one":          `{"!!": [{"==": [` + tenant + `, "eu"]}]}`,
	} {
		grouped := func(route string) *flags.Document {
			return parsed(t, `{"$evaluators": {"eu": `+rule+`}, "flags": {"cutover": {"state": "ENABLED",
				"variants": {"legacy": "legacy", "shadow": "shadow", "new": "new"}, "defaultVariant": "legacy", "targeting": {"if": [{"$ref": "eu"}, "`+route+`"]}}}}`)
		}
		for _, routes := range [][2]string{{"legacy", "new"}, {"shadow", "new"}, {"new", "legacy"}} {
			d, err := flags.Compare(grouped(routes[0]), grouped(routes[1]), nil)
			if err != nil {
				t.Fatal(err)
			}
			want := []flags.Move{{Group: "eu", From: jetsheet.Route(routes[0]), To: jetsheet.Route(routes[1])}}
			if !slices.Equal(d.ByRule, want) || d.Default.From != d.Default.To {
				t.Errorf("%s, from %s to %s: by rule %+v, default %+v, want %+v and none", name, routes[0], routes[1], d.ByRule, d.Default, want)
			}
		}
		if d, err := flags.Compare(grouped("new"), grouped("new"), []string{"eu-1"}); err != nil || len(d.ByRule) > 0 {
			t.Errorf("%s, nothing changed: by rule %+v, %v, want none", name, d.ByRule, err)
		}
	}
}

// TestCompareNamesAGroupThatGoes: who moves because a group is dropped is that group's.
func TestCompareNamesAGroupThatGoes(t *testing.T) {
	t.Parallel()
	before := parsed(t, `{"$evaluators": {"eu": {"starts_with": [{"var": "targetingKey"}, "eu-"]}}, "flags": {"cutover": {"state": "ENABLED",
		"variants": {"legacy": "legacy", "shadow": "shadow"}, "defaultVariant": "legacy", "targeting": {"if": [{"$ref": "eu"}, "shadow"]}}}}`)
	d, err := flags.Compare(before, parsed(t, string(flags.InitialDocument(jetsheet.RouteNew))), []string{"eu-1", "x"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(d.Moves, d.ByRule), "[{eu-1 eu shadow new} {x  legacy new}] [{ eu shadow new}]"; got != want {
		t.Errorf("moves %s, want %s", got, want)
	}
}

func TestGates(t *testing.T) {
	t.Parallel()
	for _, from := range []jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteHold} {
		for _, to := range []jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteHold} {
			if got := (flags.Move{From: from, To: to}).Gate(); got != flags.GateNone {
				t.Errorf("%s to %s: gate %q, want none", from, to, got)
			}
		}
	}
	for from, want := range map[jetsheet.Route]flags.Gate{
		jetsheet.RouteLegacy: flags.GateForce, jetsheet.RouteHold: flags.GateForce,
		jetsheet.RouteShadow: flags.GateCompared, jetsheet.RouteNew: flags.GateNone,
	} {
		if got := (flags.Move{From: from, To: jetsheet.RouteNew}).Gate(); got != want {
			t.Errorf("%s to new: gate %q, want %q", from, got, want)
		}
	}
}

// TestCompareChangeDuringAHold: who would go to new is seen when it is said, not first when
// everybody is released.
func TestCompareChangeDuringAHold(t *testing.T) {
	t.Parallel()
	open := parsed(t, grouped)
	held, err := open.HoldAll()
	if err != nil {
		t.Fatal(err)
	}
	changed, err := held.WithTenant("9", jetsheet.RouteNew)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		before, after *flags.Document
		want          string
	}{
		"during a hold": {held, changed, "[{9  legacy new}] true"},
		"a hold":        {open, held, "[{9  legacy hold}] false"},
		"a release":     {changed, open, "[{9  hold legacy}] false"},
	} {
		d, afterRelease, err := flags.CompareChange(c.before, c.after, []string{"9"})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(d.Moves, afterRelease); got != c.want {
			t.Errorf("%s: moves %s, want %s", name, got, c.want)
		}
	}
}
