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
	stores, _ := newStores(t)
	for i, route := range []jetsheet.Route{jetsheet.RouteNew, jetsheet.RouteLegacy} {
		created, err := flags.Init(t.Context(), stores.Flags, flags.InitialDocument(route))
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
	stores, _ := newStores(t)
	if created, err := flags.Init(t.Context(), stores.Flags, []byte(`{}`)); created || !errors.Is(err, flags.ErrDocument) {
		t.Errorf("Init({}) = %v, %v, want ErrDocument", created, err)
	}
	if entry, err := stores.Flags.Get(t.Context(), jetsheet.FlagsKey); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("the KV holds %v, %v, want nothing", entry, err)
	}
}

func TestInitAfterALostReply(t *testing.T) {
	t.Parallel()
	ours, theirs := flags.InitialDocument(jetsheet.RouteNew), flags.InitialDocument(jetsheet.RouteLegacy)
	stores, _ := newStores(t)
	lost := &faultyKV{KeyValue: stores.Flags, onCreate: once(failsAfter)}
	if created, err := flags.Init(t.Context(), lost, ours); !created || err != nil {
		t.Errorf("reply lost: Init = %v, %v, want created", created, err)
	}
	lost.onCreate = once(failsBefore)
	if created, err := flags.Init(t.Context(), lost, theirs); created || err != nil {
		t.Errorf("another document is there: Init = %v, %v, want not created", created, err)
	}
	empty, _ := newStores(t)
	unreachable := &faultyKV{KeyValue: empty.Flags, onCreate: once(failsBefore)}
	if created, err := flags.Init(t.Context(), unreachable, ours); created || !errors.Is(err, errFault) {
		t.Errorf("never got in: Init = %v, %v, want the fault", created, err)
	}
}
