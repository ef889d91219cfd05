package flags

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// KeptError says that [Reroute] left the flag document as it is, and how to change it.
type KeptError struct {
	// Have is the route that the document gives, Want the one that was asked for.
	Have, Want jetsheet.Route
	// Reason is why it was left alone.
	Reason string
	// Command stores the document with Want as its default route.
	Command string
}

func (e *KeptError) Error() string {
	return fmt.Sprintf("the flag document routes tenants %s, not %s, and stays so because %s; to change it from the next run on: %s",
		e.Have, e.Want, e.Reason, e.Command)
}

// Reroute makes the first document of an installation give every tenant another route,
// and says whether that changed it; with dryRun, whether it would. Only what setup wrote
// itself is replaced, by compare-and-set, and only before the first run is frozen:
// otherwise the error is a [*KeptError]. Without a document the error is
// [ErrNoFlagDocument]. runs is the bucket [jetsheet.BucketRuns].
func Reroute(ctx context.Context, runs jetstream.KeyValue, ledger *Ledger, route jetsheet.Route, dryRun bool) (changed bool, err error) {
	for {
		newest, err := ledger.Newest(ctx)
		if err != nil {
			return false, err
		}
		stored, err := newest.Document()
		if err != nil {
			return false, err
		}
		if stored.DefaultRoute() == route {
			return false, nil
		}
		if err := stored.keep(ctx, runs, route); err != nil {
			return false, err
		}
		if dryRun {
			return true, nil
		}
		_, err = ledger.Put(ctx, InitialDocument(route), newest.Number, setupAttribution())
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, ErrChanged) {
			return false, fmt.Errorf("replace the flag document: %w", err)
		}
	}
}

// keep returns why a document is not to be replaced, or nil.
func (d *Document) keep(ctx context.Context, runs jetstream.KeyValue, route jetsheet.Route) error {
	kept := &KeptError{Have: d.DefaultRoute(), Want: route, Command: DefaultCommand(route)}
	if !d.Initial() {
		kept.Reason = "somebody has changed it since setup wrote it"
	} else {
		status, err := runs.Status(ctx)
		if err != nil {
			return fmt.Errorf("count the runs: %w", err)
		}
		if status.Values() == 0 {
			return nil
		}
		kept.Reason = "runs have been frozen with it"
	}
	return kept
}

// Initial says whether the document is as [InitialDocument] wrote it, with any route.
func (d *Document) Initial() bool {
	first, err := ParseDocument(InitialDocument(d.DefaultRoute()))
	return err == nil && bytes.Equal(first.canonical, d.canonical)
}

// DefaultCommand is the command that changes the default route.
func DefaultCommand(route jetsheet.Route) string {
	force := ""
	if route == jetsheet.RouteNew {
		force = " --force"
	}
	return "jetsheet flags promote --default " + string(route) + force + " --reason TEXT"
}
