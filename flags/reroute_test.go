package flags_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// defaultRoute is the stored document's.
func defaultRoute(t *testing.T, kv jetstream.KeyValue) jetsheet.Route {
	t.Helper()
	entry, err := kv.Get(t.Context(), jetsheet.FlagsKey)
	if err != nil {
		t.Fatal(err)
	}
	document, err := flags.ParseDocument(entry.Value())
	if err != nil {
		t.Fatal(err)
	}
	return document.DefaultRoute()
}

func TestRerouteBeforeTheFirstRun(t *testing.T) {
	t.Parallel()
	stores, ledger, _ := newLedger(t)
	if _, err := flags.Reroute(t.Context(), stores.Runs, ledger, jetsheet.RouteNew, false); !errors.Is(err, flags.ErrNoFlagDocument) {
		t.Errorf("Reroute without a document: %v, want ErrNoFlagDocument", err)
	}
	if _, err := flags.Init(t.Context(), ledger, flags.InitialDocument(jetsheet.RouteLegacy)); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		route   jetsheet.Route
		dryRun  bool
		changed bool
		after   jetsheet.Route
	}{
		{jetsheet.RouteLegacy, false, false, jetsheet.RouteLegacy},
		{jetsheet.RouteNew, true, true, jetsheet.RouteLegacy},
		{jetsheet.RouteNew, false, true, jetsheet.RouteNew},
		{jetsheet.RouteNew, false, false, jetsheet.RouteNew},
		{jetsheet.RouteLegacy, false, true, jetsheet.RouteLegacy},
	} {
		changed, err := flags.Reroute(t.Context(), stores.Runs, ledger, step.route, step.dryRun)
		if err != nil || changed != step.changed {
			t.Errorf("Reroute(%s, dry run %v) = %v, %v, want %v", step.route, step.dryRun, changed, err, step.changed)
		}
		if got := defaultRoute(t, stores.Flags); got != step.after {
			t.Errorf("after Reroute(%s, dry run %v) tenants are routed %s, want %s", step.route, step.dryRun, got, step.after)
		}
	}
	if got := routeOf(t, freeze(t, stores, request(scheduled())), "42"); got != jetsheet.RouteLegacy {
		t.Errorf("Route = %q, want legacy", got)
	}
}

func TestRerouteKeepsWhatIsInUse(t *testing.T) {
	t.Parallel()
	const changed = `{"metadata": {"author": "it's me"}, "flags": {"other": {"x": 1}, "cutover": {"state": "DISABLED",
		"variants": {"off": "legacy", "new": "hold"}, "defaultVariant": "new"}}}`
	for _, test := range []struct {
		name     string
		document []byte
		run      bool
		have     jetsheet.Route
	}{
		{"a run is frozen", flags.InitialDocument(jetsheet.RouteLegacy), true, jetsheet.RouteLegacy},
		{"changed by hand", []byte(changed), false, jetsheet.RouteLegacy},
		{"held by hand", []byte(strings.Replace(changed, "DISABLED", "ENABLED", 1)), true, jetsheet.RouteHold},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stores, ledger, _ := newLedger(t)
			if _, err := flags.Init(t.Context(), ledger, test.document); err != nil {
				t.Fatal(err)
			}
			if test.run {
				freeze(t, stores, request(scheduled()))
			}
			var kept *flags.KeptError
			ok, err := flags.Reroute(t.Context(), stores.Runs, ledger, jetsheet.RouteNew, false)
			if ok || !errors.As(err, &kept) || kept.Have != test.have || kept.Want != jetsheet.RouteNew {
				t.Fatalf("Reroute = %v, %v, want a KeptError from %s to new", ok, err, test.have)
			}
			if got := defaultRoute(t, stores.Flags); got != test.have {
				t.Errorf("tenants are routed %s, want %s as before", got, test.have)
			}
			if want := "jetsheet flags promote --default new --force --reason TEXT"; kept.Command != want {
				t.Errorf("the command is %s, want %s", kept.Command, want)
			}
		})
	}
}

// TestRerouteLosesARace: somebody stores a document between reading and writing.
func TestRerouteLosesARace(t *testing.T) {
	t.Parallel()
	stores, ledger, js := newLedger(t)
	if _, err := flags.Init(t.Context(), ledger, flags.InitialDocument(jetsheet.RouteLegacy)); err != nil {
		t.Fatal(err)
	}
	js.onPublish = func() fault {
		putFlags(t, stores.Flags, jetsheet.RouteNew)
		return works
	}
	if changed, err := flags.Reroute(t.Context(), stores.Runs, ledger, jetsheet.RouteNew, false); changed || err != nil {
		t.Errorf("Reroute = %v, %v, want unchanged: the other one was first", changed, err)
	}
}
