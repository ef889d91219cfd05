package flags_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"pgregory.net/rapid"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

func TestRoutesFollowTheDefaultVariant(t *testing.T) {
	t.Parallel()
	const variants = `"variants": {"old": "legacy", "look": "shadow", "go": "new", "wait": "hold"}`
	for _, c := range []struct {
		flag     string
		want     jetsheet.Route
		previous bool
	}{
		{`{"state": "ENABLED", ` + variants + `, "defaultVariant": "old"}`, jetsheet.RouteLegacy, true},
		{`{"state": "ENABLED", ` + variants + `, "defaultVariant": "look"}`, jetsheet.RouteShadow, true},
		{`{"state": "ENABLED", ` + variants + `, "defaultVariant": "go"}`, jetsheet.RouteNew, false},
		{`{"state": "ENABLED", ` + variants + `, "defaultVariant": "wait"}`, jetsheet.RouteHold, false},
		{`{"state": "ENABLED", ` + variants + `, "defaultVariant": null}`, jetsheet.RouteLegacy, true},
		{`{"state": "ENABLED", ` + variants + `}`, jetsheet.RouteLegacy, true},
		{`{"state": "DISABLED", ` + variants + `, "defaultVariant": "go"}`, jetsheet.RouteLegacy, true},
		{`{"state": "ENABLED", "variants": {"true": "new"}, "defaultVariant": "true", "targeting": null}`, jetsheet.RouteNew, false},
	} {
		routes, err := flags.Compile([]byte(document(c.flag)))
		if err != nil {
			t.Errorf("Compile(%s): %v", c.flag, err)
			continue
		}
		for _, tenant := range []string{"42", "", "a.b", "東京", "\xff\x00"} {
			if got := routes.Route(tenant); got != c.want || routes.Previous(tenant) != c.previous {
				t.Errorf("%s: Route(%q) = %q, Previous = %v, want %q, %v", c.flag, tenant, got, routes.Previous(tenant), c.want, c.previous)
			}
		}
		if err := routes.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// TestRouteIsTotalAndPure draws documents and tenants: every tenant has one valid
// route, the same at every call and in every copy, and new only if the document's
// default variant says new.
func TestRouteIsTotalAndPure(t *testing.T) {
	t.Parallel()
	valid := []jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteHold}
	rapid.Check(t, func(t *rapid.T) {
		variants := rapid.MapOfN(rapid.StringMatching(`[a-z<&"é ]{1,6}`), rapid.SampledFrom(valid), 1, 5).Draw(t, "variants")
		names := []any{nil}
		for name := range variants {
			names = append(names, name)
		}
		flag := map[string]any{
			"state":          rapid.SampledFrom([]string{"ENABLED", "DISABLED"}).Draw(t, "state"),
			"variants":       variants,
			"defaultVariant": names[rapid.IntRange(0, len(names)-1).Draw(t, "default")],
		}
		source, err := json.Marshal(map[string]any{"flags": map[string]any{"cutover": flag}})
		if err != nil {
			t.Fatal(err)
		}
		want := jetsheet.RouteLegacy
		if name, ok := flag["defaultVariant"].(string); ok && flag["state"] == "ENABLED" {
			want = variants[name]
		}
		tenant := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "tenant")
		for range 2 {
			routes, err := flags.Compile(source)
			if err != nil {
				t.Fatalf("Compile(%s): %v", source, err)
			}
			for range 2 {
				if got := routes.Route(tenant); got != want {
					t.Fatalf("%s: Route(%q) = %q, want %q", source, tenant, got, want)
				}
			}
			if err := routes.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRoutesAnswerAlikeDuringAndAfterClose(t *testing.T) {
	t.Parallel()
	routes, err := flags.Compile(flags.InitialDocument(jetsheet.RouteNew))
	if err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 500 {
				if got := routes.Route("42"); got != jetsheet.RouteNew {
					t.Errorf("Route = %q while it is closed, want new", got)
				}
			}
		})
	}
	for range 2 {
		if err := routes.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	callers.Wait()
	if got := routes.Route("42"); got != jetsheet.RouteNew {
		t.Errorf("Route = %q after Close, want new", got)
	}
}

func TestRoutesLeaveTheProcessWideAPIAlone(t *testing.T) {
	t.Parallel()
	routes, err := flags.Compile(flags.InitialDocument(jetsheet.RouteNew))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := routes.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	got, err := openfeature.NewClient("").StringValue(t.Context(), flags.FlagKey, "nobody", openfeature.EvaluationContext{})
	if err != nil || got != "nobody" {
		t.Errorf("the process-wide API answers %q, %v, want its own default", got, err)
	}
}
