package flags_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

func compile(tb testing.TB, document string) *flags.Routes {
	tb.Helper()
	routes, err := flags.Compile([]byte(document))
	if err != nil {
		tb.Fatalf("Compile(%s): %v", document, err)
	}
	return routes
}

// groups routes four of five groups, and one tenant before its group.
const groups = `{
  "$evaluators": {
    "trial": {"in": [{"var": "targetingKey"}, ["t1", "t2", "東京"]]},
    "small": {"in": [{"var": "targetingKey"}, ["s1", "s2"]]},
    "large": {"starts_with": [{"var": "targetingKey"}, "large-"]},
    "ids":   ["x1", "x2"]
  },
  "flags": {"cutover": {
    "state": "ENABLED",
    "variants": {"legacy": "legacy", "shadow": "shadow", "new": "new", "hold": "hold"},
    "defaultVariant": "legacy",
    "targeting": {"if": [
      {"===": [{"var": "targetingKey"}, "s2"]}, "hold",
      {"$ref": "trial"}, "new",
      {"$ref": "small"}, "shadow",
      {"in": [{"var": "targetingKey"}, {"$ref": "ids"}]}, "new",
      {"$ref": "large"}, {"fractional": [["new", 1], ["shadow", 1]]},
      null
    ]}
  }}
}`

func TestRoutesFollowTargeting(t *testing.T) {
	t.Parallel()
	routes := compile(t, groups)
	for tenant, want := range map[string]jetsheet.Route{
		"t1": jetsheet.RouteNew, "東京": jetsheet.RouteNew, "x2": jetsheet.RouteNew, "s1": jetsheet.RouteShadow, "s2": jetsheet.RouteHold,
		"": jetsheet.RouteLegacy, "t": jetsheet.RouteLegacy, "T1": jetsheet.RouteLegacy, "t1 ": jetsheet.RouteLegacy, "large": jetsheet.RouteLegacy,
	} {
		if got := routes.Route(tenant); got != want || routes.Previous(tenant) != (want == jetsheet.RouteLegacy || want == jetsheet.RouteShadow) {
			t.Errorf("Route(%q) = %q, Previous = %v, want %q", tenant, got, routes.Previous(tenant), want)
		}
	}
}

func TestSharesOfTenantsAreTheSameForEver(t *testing.T) {
	t.Parallel()
	counts := map[jetsheet.Route]int{}
	first, second := compile(t, groups), compile(t, groups)
	for i := range 1_000 {
		tenant := fmt.Sprint("large-", i)
		route := first.Route(tenant)
		counts[route]++
		if again := second.Route(tenant); again != route {
			t.Errorf("Route(%q) = %q and %q", tenant, route, again)
		}
	}
	if n := counts[jetsheet.RouteNew]; n < 400 || n > 600 || n+counts[jetsheet.RouteShadow] != 1_000 {
		t.Errorf("of 1,000 tenants are %v, want half new and half shadow", counts)
	}
	// Computed apart from this code: MurmurHash3 of the flag's key and the tenant.
	for tenant, want := range map[string]jetsheet.Route{
		"large-0": jetsheet.RouteShadow, "large-1": jetsheet.RouteNew, "large-2": jetsheet.RouteShadow, "large-3": jetsheet.RouteNew, "large-4": jetsheet.RouteShadow, "large-5": jetsheet.RouteNew,
	} {
		if got := first.Route(tenant); got != want {
			t.Errorf("Route(%q) = %q, want %q", tenant, got, want)
		}
	}
}

// TestAFailingRuleRoutesLegacy has a rule that fails for tenants that it does not name:
// nobody is routed new by an error.
func TestAFailingRuleRoutesLegacy(t *testing.T) {
	t.Parallel()
	routes := compile(t, strings.Replace(targeting(`{"if": [{"==": [{"substr": [{"var": "targetingKey"}, 5, 3]}, "ten"]}, "go"]}`), `"old": "legacy"`, `"old": "shadow"`, 1))
	for tenant, want := range map[string]jetsheet.Route{
		"some tenant": jetsheet.RouteNew, "": jetsheet.RouteShadow, "short": jetsheet.RouteShadow,
	} {
		if got := routes.Route(tenant); got != want {
			t.Errorf("Route(%q) = %q, want %q", tenant, got, want)
		}
	}
	// The rule divides by nothing for whoever begins with "boom", which is not written
	// out in it, so that the check of the document cannot know.
	failing := compile(t, targeting(`{"if": [{"in": [{"var": "targetingKey"}, ["a"]]}, "go",
		{"%": {"if": [{"==": [{"substr": [{"var": "targetingKey"}, 0, 4]}, {"cat": ["bo", "om"]}]}, [1], [1, 2]]}}, "go"]}`))
	for tenant, want := range map[string]jetsheet.Route{"a": jetsheet.RouteNew, "other": jetsheet.RouteNew, "boom": jetsheet.RouteLegacy, "boom-1": jetsheet.RouteLegacy} {
		if got := failing.Route(tenant); got != want {
			t.Errorf("Route(%q) = %q, want %q", tenant, got, want)
		}
	}
}

// TestManyTenantsInADocument is as many as fit.
func TestManyTenantsInADocument(t *testing.T) {
	t.Parallel()
	ids := make([]string, 22_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i)
	}
	routes := compile(t, targeting(`{"if": [{"in": [{"var": "targetingKey"}, ["`+strings.Join(ids, `", "`)+`"]]}, "go"]}`))
	for i, tenant := range ids {
		if got := routes.Route(tenant); got != jetsheet.RouteNew {
			t.Fatalf("Route(%q), number %d, = %q, want new", tenant, i, got)
		}
	}
	if got := routes.Route(ids[0] + "0"); got != jetsheet.RouteLegacy {
		t.Errorf("Route of somebody else = %q, want legacy", got)
	}
}

func BenchmarkRoute(b *testing.B) {
	routes := compile(b, groups)
	b.ReportAllocs()
	for b.Loop() {
		if got := routes.Route("s1"); got != jetsheet.RouteShadow {
			b.Fatal(got)
		}
	}
}
