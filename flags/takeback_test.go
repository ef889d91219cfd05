package flags_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// takeBack asks for group g1 of the grouped document, frozen at its first revision.
func takeBack(t *testing.T, ledger *flags.Ledger, change ...func(*flags.TakeBack)) *flags.Revision {
	t.Helper()
	ask := flags.TakeBack{Group: "g1", Period: "2026-10", FrozenRevision: 1, FrozenSHA256: parsed(t, grouped).SHA256(), Author: "ops", Reason: "failures"}
	for _, c := range change {
		c(&ask)
	}
	r, err := ledger.TakeBack(t.Context(), ask)
	if err != nil {
		t.Fatalf("TakeBack: %v", err)
	}
	return r
}

// decide stores what a change makes of the newest document.
func decide(t *testing.T, ledger *flags.Ledger, change func(*flags.Document) (*flags.Document, error)) {
	t.Helper()
	newest, err := ledger.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, err := newest.Document()
	if err == nil {
		d, err = change(d)
	}
	if err == nil {
		_, err = ledger.Put(t.Context(), d.Text(), newest.Number, somebody)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func route(group string, to jetsheet.Route) func(*flags.Document) (*flags.Document, error) {
	return func(d *flags.Document) (*flags.Document, error) { return d.WithGroup(group, to) }
}

func TestTakeBack(t *testing.T) {
	t.Parallel()
	another := func(d *flags.Document) (*flags.Document, error) { return d.WithTenant("9", jetsheet.RouteHold) }
	for name, c := range map[string]struct {
		decisions []func(*flags.Document) (*flags.Document, error)
		change    func(*flags.TakeBack)
		want      bool
	}{
		"at once":            {want: true},
		"after another's":    {decisions: []func(*flags.Document) (*flags.Document, error){another, route("g2", jetsheet.RouteNew)}, want: true},
		"frozen is not kept": {change: func(b *flags.TakeBack) { b.FrozenRevision, b.FrozenSHA256 = 99, "x" }, want: true},
		"not new":            {change: func(b *flags.TakeBack) { b.Group = "g2" }},
		"no such group":      {change: func(b *flags.TakeBack) { b.Group = "g9" }},
		"held since":         {decisions: []func(*flags.Document) (*flags.Document, error){route("g1", jetsheet.RouteHold)}},
		"held and new again": {decisions: []func(*flags.Document) (*flags.Document, error){route("g1", jetsheet.RouteHold), route("g1", jetsheet.RouteNew)}},
		"disabled since": {decisions: []func(*flags.Document) (*flags.Document, error){func(d *flags.Document) (*flags.Document, error) {
			return flags.ParseDocument([]byte(strings.Replace(string(d.JSON()), `"cutover":{"state":"ENABLED"`, `"cutover":{"state":"DISABLED"`, 1)))
		}}},
		"no previous system": {decisions: []func(*flags.Document) (*flags.Document, error){func(d *flags.Document) (*flags.Document, error) { return d.WithDefault(jetsheet.RouteNew) }}},
		"new before it was frozen": {
			decisions: []func(*flags.Document) (*flags.Document, error){route("g1", jetsheet.RouteHold), route("g1", jetsheet.RouteNew)},
			change: func(b *flags.TakeBack) {
				b.FrozenRevision = 3
			},
			want: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, ledger, _ := newLedger(t)
			// As the editor lays it out, so that the same routes are the same document.
			if _, err := ledger.Put(t.Context(), parsed(t, grouped).Text(), 0, somebody); err != nil {
				t.Fatal(err)
			}
			for _, d := range c.decisions {
				decide(t, ledger, d)
			}
			before, err := ledger.Newest(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			change := func(*flags.TakeBack) {}
			if c.change != nil {
				change = c.change
			}
			fresh := func(b *flags.TakeBack) {
				if r, err := ledger.At(t.Context(), b.FrozenRevision); err == nil {
					d, err := r.Document()
					if err != nil {
						t.Fatal(err)
					}
					b.FrozenSHA256 = d.SHA256()
				}
			}
			got := takeBack(t, ledger, change, fresh)
			if (got != nil) != c.want {
				t.Fatalf("TakeBack = %+v, want one %v", got, c.want)
			}
			if got == nil {
				if newest, err := ledger.Newest(t.Context()); err != nil || newest.Number != before.Number {
					t.Errorf("Newest = %+v, %v, want nothing stored after %d", newest, err, before.Number)
				}
				return
			}
			if d, err := got.Document(); err != nil || routesOf(t, d, "1") != "1 legacy/g1" {
				t.Errorf("the stored document is %s, %v, want g1 legacy", got.Value, err)
			}
			if again := takeBack(t, ledger, change, fresh); again != nil {
				t.Errorf("again: TakeBack = %+v, want nothing", again)
			}
			decide(t, ledger, route("g1", jetsheet.RouteNew))
			newest, err := ledger.Newest(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			frozenLater := func(b *flags.TakeBack) { b.FrozenRevision = newest.Number }
			if later := takeBack(t, ledger, change, frozenLater, fresh); later != nil {
				t.Errorf("twice in a period: TakeBack = %+v, want nothing", later)
			}
			if next := takeBack(t, ledger, change, frozenLater, fresh, func(b *flags.TakeBack) { b.Period = "2026-11" }); next == nil {
				t.Error("in the next period: TakeBack = nil, want a revision")
			}
		})
	}
}

// TestTakenBackOnceBeyondTheHistory: the revision that took a group back is kept for 64
// changes, and that it did for good.
func TestTakenBackOnceBeyondTheHistory(t *testing.T) {
	t.Parallel()
	_, ledger, js := newLedger(t)
	if _, err := ledger.Put(t.Context(), parsed(t, grouped).Text(), 0, somebody); err != nil {
		t.Fatal(err)
	}
	back := takeBack(t, ledger)
	if back == nil {
		t.Fatal("TakeBack = nil, want a revision")
	}
	key := jetsheet.EntrySubject(jetsheet.BucketFlags, jetsheet.ReturnKey("g1", "2026-10"))
	stream, err := js.Stream(t.Context(), "KV_"+jetsheet.BucketFlags)
	if err != nil {
		t.Fatal(err)
	}
	// As if the process had been stopped between the two writes: the next one mends it.
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSubject(key)); err != nil {
		t.Fatal(err)
	}
	decide(t, ledger, route("g1", jetsheet.RouteNew))
	if again := takeBack(t, ledger); again != nil {
		t.Errorf("by the history: TakeBack = %+v, want nothing", again)
	}
	if _, err := stream.GetLastMsgForSubject(t.Context(), key); err != nil {
		t.Errorf("the key that says so for good: %v", err)
	}
	for n := range 65 {
		decide(t, ledger, func(d *flags.Document) (*flags.Document, error) {
			return d.WithTenant("9", []jetsheet.Route{jetsheet.RouteHold, jetsheet.RouteLegacy}[n%2])
		})
	}
	if _, err := ledger.At(t.Context(), back.Number); !errors.Is(err, flags.ErrNoRevision) {
		t.Fatalf("revision %d is kept still: %v", back.Number, err)
	}
	if again := takeBack(t, ledger); again != nil {
		t.Errorf("beyond the history: TakeBack = %+v, want nothing", again)
	}
	if next := takeBack(t, ledger, func(b *flags.TakeBack) { b.Period = "2026-11" }); next == nil {
		t.Error("in the next period: TakeBack = nil, want a revision")
	}
}

func TestReturnsAreInForceUntilSomebodyDecides(t *testing.T) {
	t.Parallel()
	_, ledger, _ := newLedger(t)
	if _, err := ledger.Put(t.Context(), []byte(grouped), 0, somebody); err != nil {
		t.Fatal(err)
	}
	want := func(what string, groups ...string) {
		t.Helper()
		list, err := ledger.Returns(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range list {
			got = append(got, r.Group)
			if r.Revision.By.Reason != "failures" {
				t.Errorf("%s: reason %q, want that of the return", what, r.Revision.By.Reason)
			}
		}
		if len(got) != len(groups) || len(got) > 0 && got[0] != groups[0] {
			t.Errorf("%s: returns of %q, want %q", what, got, groups)
		}
	}
	want("before")
	takeBack(t, ledger)
	want("after", "g1")
	decide(t, ledger, route("g2", jetsheet.RouteNew))
	want("after another's change", "g1")
	decide(t, ledger, route("g1", jetsheet.RouteShadow))
	want("after a decision")
}
