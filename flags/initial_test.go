package flags_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

func TestInitWritesOnlyTheFirstDocument(t *testing.T) {
	t.Parallel()
	stores, ledger, _ := newLedger(t)
	for i, route := range []jetsheet.Route{jetsheet.RouteNew, jetsheet.RouteLegacy} {
		created, err := flags.Init(t.Context(), ledger, flags.InitialDocument(route))
		if err != nil || created != (i == 0) {
			t.Errorf("Init number %d = %v, %v, want created %v", i+1, created, err, i == 0)
		}
	}
	if got := routeOf(t, freeze(t, stores, request(scheduled())), "42"); got != jetsheet.RouteNew {
		t.Errorf("Route = %q, want the first document's new", got)
	}
}

func TestInitRefusesADocumentThatCannotBeFrozen(t *testing.T) {
	t.Parallel()
	stores, ledger, _ := newLedger(t)
	if created, err := flags.Init(t.Context(), ledger, []byte(`{}`)); created || !errors.Is(err, flags.ErrDocument) {
		t.Errorf("Init({}) = %v, %v, want ErrDocument", created, err)
	}
	if entry, err := stores.Flags.Get(t.Context(), jetsheet.FlagsKey); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("the KV holds %v, %v, want nothing", entry, err)
	}
}

func TestInitAfterALostReply(t *testing.T) {
	t.Parallel()
	ours, theirs := flags.InitialDocument(jetsheet.RouteNew), flags.InitialDocument(jetsheet.RouteLegacy)
	_, ledger, js := newLedger(t)
	js.onPublish = once(failsBefore)
	if created, err := flags.Init(t.Context(), ledger, ours); created || !errors.Is(err, errFault) {
		t.Errorf("never got in: Init = %v, %v, want the fault", created, err)
	}
	js.onPublish = once(failsAfter)
	if created, err := flags.Init(t.Context(), ledger, ours); !created || err != nil {
		t.Errorf("reply lost: Init = %v, %v, want created", created, err)
	}
	js.onPublish = once(failsBefore)
	if created, err := flags.Init(t.Context(), ledger, theirs); created || err != nil {
		t.Errorf("another document is there: Init = %v, %v, want not created", created, err)
	}
}

func TestInitAfterTheKeyWasDeleted(t *testing.T) {
	t.Parallel()
	stores, ledger, _ := newLedger(t)
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	if err := stores.Flags.Delete(t.Context(), jetsheet.FlagsKey); err != nil {
		t.Fatal(err)
	}
	if created, err := flags.Init(t.Context(), ledger, flags.InitialDocument(jetsheet.RouteLegacy)); !created || err != nil {
		t.Errorf("Init = %v, %v, want created", created, err)
	}
	newest, err := ledger.Newest(t.Context())
	if err != nil || newest.Number != 3 || newest.By.Author != "jetsheet setup" {
		t.Errorf("Newest = %+v, %v, want revision 3 by jetsheet setup", newest, err)
	}
}
