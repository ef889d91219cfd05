package flags_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

var somebody = flags.Attribution{Author: "ann@desk", Reason: "pilot is ready", Forced: "max-change"}

// store stores a document for everybody after the newest revision.
func store(t *testing.T, ledger *flags.Ledger, route jetsheet.Route, by flags.Attribution) *flags.Revision {
	t.Helper()
	after := uint64(0)
	newest, err := ledger.Newest(t.Context())
	if err == nil {
		after = newest.Number
	} else if !errors.Is(err, flags.ErrNoFlagDocument) {
		t.Fatal(err)
	}
	r, err := ledger.Put(t.Context(), flags.InitialDocument(route), after, by)
	if err != nil {
		t.Fatalf("Put(%s) after %d: %v", route, after, err)
	}
	return r
}

func TestAttributionIsOfOneRevision(t *testing.T) {
	t.Parallel()
	stores, ledger, _ := newLedger(t)
	ours := store(t, ledger, jetsheet.RouteShadow, somebody)
	if ours.Number != 1 || ours.By != somebody || ours.At.IsZero() {
		t.Errorf("Put = %+v, want revision 1 by %+v", ours, somebody)
	}
	// What the nats CLI exports and stores again: the same bytes.
	if _, err := stores.Flags.Put(t.Context(), jetsheet.FlagsKey, ours.Value); err != nil {
		t.Fatal(err)
	}
	if err := stores.Flags.Delete(t.Context(), jetsheet.FlagsKey); err != nil {
		t.Fatal(err)
	}
	list, err := ledger.Since(t.Context(), 0)
	if err != nil || len(list) != 3 {
		t.Fatalf("Since(0) = %d revisions, %v, want 3", len(list), err)
	}
	if list[0].By != somebody || list[1].By != (flags.Attribution{}) || string(list[1].Value) != string(list[0].Value) {
		t.Errorf("attributions %+v, %+v, want only the first one's", list[0].By, list[1].By)
	}
	if !list[2].Deleted() || list[1].Deleted() {
		t.Error("the deletion is not told from the others")
	}
	if _, err := list[2].Document(); !errors.Is(err, flags.ErrNoFlagDocument) {
		t.Errorf("document of a deletion: %v, want ErrNoFlagDocument", err)
	}
	// Any KV client reads what the ledger stored.
	entry, err := stores.Flags.GetRevision(t.Context(), jetsheet.FlagsKey, 1)
	if err != nil || string(entry.Value()) != string(ours.Value) {
		t.Errorf("GetRevision = %v, %v, want the stored document", entry, err)
	}
}

func TestPutIsACompareAndSet(t *testing.T) {
	t.Parallel()
	_, ledger, js := newLedger(t)
	first := store(t, ledger, jetsheet.RouteLegacy, somebody)
	if _, err := ledger.Put(t.Context(), flags.InitialDocument(jetsheet.RouteNew), 0, somebody); !errors.Is(err, flags.ErrChanged) {
		t.Errorf("Put after 0: %v, want ErrChanged", err)
	}
	js.onPublish = once(failsAfter)
	second, err := ledger.Put(t.Context(), flags.InitialDocument(jetsheet.RouteShadow), first.Number, somebody)
	if err != nil || second.Number != 2 {
		t.Fatalf("Put whose reply is lost = %+v, %v, want revision 2", second, err)
	}
	js.onPublish = once(failsBefore)
	if _, err := ledger.Put(t.Context(), flags.InitialDocument(jetsheet.RouteNew), second.Number, somebody); !errors.Is(err, errFault) {
		t.Errorf("Put that does not arrive: %v, want the fault", err)
	}
	// Ours takes effect, its reply is lost, and somebody stores another one at once.
	js.onPublish = func() fault { js.onPublish = nil; return failsAfter }
	inner := js.JetStream
	js.JetStream = &overtaken{JetStream: inner}
	third, err := ledger.Put(t.Context(), flags.InitialDocument(jetsheet.RouteNew), second.Number, somebody)
	if err != nil || third.Number != 3 {
		t.Errorf("Put that is overtaken = %+v, %v, want revision 3", third, err)
	}
	if newest, err := ledger.Newest(t.Context()); err != nil || newest.Number != 4 {
		t.Errorf("Newest = %+v, %v, want the other one's 4", newest, err)
	}
}

// overtaken stores another document right behind each one.
type overtaken struct{ jetstream.JetStream }

func (o *overtaken) PublishMsg(ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	ack, err := o.JetStream.PublishMsg(ctx, m, opts...)
	if err == nil {
		_, err = o.Publish(ctx, m.Subject, flags.InitialDocument(jetsheet.RouteHold))
	}
	return ack, err
}

func TestPutRefusesWhatItCannotAnswerFor(t *testing.T) {
	t.Parallel()
	_, ledger, _ := newLedger(t)
	valid := flags.InitialDocument(jetsheet.RouteNew)
	for name, c := range map[string]struct {
		document []byte
		by       flags.Attribution
	}{
		"no reason":    {valid, flags.Attribution{Author: "ann"}},
		"no author":    {valid, flags.Attribution{Reason: "why"}},
		"blank reason": {valid, flags.Attribution{Author: "ann", Reason: " \n"}},
		"long reason":  {valid, flags.Attribution{Author: "ann", Reason: strings.Repeat("x", flags.MaxReasonBytes+1)}},
		"no document":  {nil, somebody},
		"invalid":      {[]byte(`{"flags": {"cutover": {}}}`), somebody},
	} {
		if r, err := ledger.Put(t.Context(), c.document, 0, c.by); err == nil {
			t.Errorf("%s: Put = %+v, want an error", name, r)
		}
	}
	if r, err := ledger.Newest(t.Context()); !errors.Is(err, flags.ErrNoFlagDocument) {
		t.Errorf("Newest = %+v, %v, want none", r, err)
	}
	if r := store(t, ledger, jetsheet.RouteNew, flags.Attribution{Author: "ann", Reason: "first\nline: ねこ"}); r.By.Reason != "first line: ねこ" {
		t.Errorf("reason %q, want it on one line", r.By.Reason)
	}
}

func TestLedgerKeeps64Revisions(t *testing.T) {
	t.Parallel()
	_, ledger, _ := newLedger(t)
	for i := range 70 {
		store(t, ledger, []jetsheet.Route{jetsheet.RouteNew, jetsheet.RouteHold}[i%2], somebody)
	}
	list, err := ledger.Since(t.Context(), 0)
	if err != nil || len(list) != 64 || list[0].Number != 7 || list[63].Number != 70 {
		t.Errorf("Since(0) = %d revisions, %v, want 7 to 70", len(list), err)
	}
	if r, err := ledger.At(t.Context(), 7); err != nil || r.Number != 7 {
		t.Errorf("At(7) = %+v, %v", r, err)
	}
	for _, gone := range []uint64{6, 71} {
		if r, err := ledger.At(t.Context(), gone); !errors.Is(err, flags.ErrNoRevision) {
			t.Errorf("At(%d) = %+v, %v, want ErrNoRevision", gone, r, err)
		}
	}
}

func TestWatchTellsEachRevision(t *testing.T) {
	t.Parallel()
	stores, ledger, _ := newLedger(t)
	store(t, ledger, jetsheet.RouteLegacy, somebody)
	store(t, ledger, jetsheet.RouteShadow, somebody)
	told := make(chan *flags.Revision)
	enough := errors.New("enough")
	ended := make(chan error, 1)
	go func() {
		ended <- ledger.Watch(t.Context(), func(r *flags.Revision, err error) error {
			if err != nil {
				return err
			}
			told <- r
			if r.Number == 4 {
				return enough
			}
			return nil
		})
	}()
	if r := <-told; r.Number != 2 || r.By != somebody {
		t.Errorf("told %+v first, want the newest revision", r)
	}
	putFlags(t, stores.Flags, jetsheet.RouteNew)
	if r := <-told; r.Number != 3 || r.By != (flags.Attribution{}) {
		t.Errorf("told %+v, want the unattributed revision 3", r)
	}
	store(t, ledger, jetsheet.RouteHold, somebody)
	if r := <-told; r.Number != 4 || r.By != somebody {
		t.Errorf("told %+v, want revision 4", r)
	}
	if err := <-ended; !errors.Is(err, enough) {
		t.Errorf("Watch = %v, want what its caller returned", err)
	}
}
