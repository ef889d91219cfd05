package flags

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// TakeBack asks for a group to be routed legacy because of what became of a run.
type TakeBack struct {
	Group string
	// Period is the run's: a group is taken back once in a period.
	Period string
	// FrozenRevision and FrozenSHA256 name the document that the run was frozen with.
	FrozenRevision uint64
	FrozenSHA256   string
	Author         string
	Reason         string
}

// ReturnMark is [Attribution.Return] of the revision that takes a group back.
func ReturnMark(group, period string) string { return group + " " + period }

// TakeBack routes a group legacy by compare-and-set, and returns the revision that it
// stored. It stores none, and returns nil, where that is not its business:
//
//   - the group is not routed new any more, or was not at some time since the run was
//     frozen: somebody has decided about it since;
//   - the group was taken back in this period before;
//   - the document's default is new: there is no previous system to go back to.
//
// It may be called by several processes at once, and again after any error; with one, a
// revision may have been stored.
func (l *Ledger) TakeBack(ctx context.Context, t TakeBack) (*Revision, error) {
	for {
		before, err := l.returned(ctx, &t)
		if err != nil || before {
			return nil, err
		}
		list, err := l.Since(ctx, 0)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		if mark := ReturnMark(t.Group, t.Period); slices.ContainsFunc(list, func(r *Revision) bool { return r.By.Return == mark }) {
			return nil, l.keepReturn(ctx, &t) // whoever stored it was stopped before that
		}
		newest := list[len(list)-1]
		d, err := newest.Document()
		if err != nil {
			return nil, err
		}
		if d.DefaultRoute() == jetsheet.RouteNew || !t.undecided(list) {
			return nil, nil
		}
		after, err := d.WithGroup(t.Group, jetsheet.RouteLegacy)
		if err != nil {
			return nil, err
		}
		stored, err := l.Put(ctx, after.Text(), newest.Number, Attribution{
			Author: t.Author, Reason: t.Reason, Return: ReturnMark(t.Group, t.Period),
		})
		if errors.Is(err, ErrChanged) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("take group %s back: %w", t.Group, err)
		}
		return stored, l.keepReturn(ctx, &t)
	}
}

// returned says whether it is kept that the group was taken back in the period.
func (l *Ledger) returned(ctx context.Context, t *TakeBack) (bool, error) {
	_, err := l.stream.GetLastMsgForSubject(ctx, jetsheet.EntrySubject(jetsheet.BucketFlags, jetsheet.ReturnKey(t.Group, t.Period)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether group %s was taken back: %w", t.Group, err)
	}
	return true, nil
}

// keepReturn keeps that the group was taken back in the period, for longer than the
// revision that did it.
func (l *Ledger) keepReturn(ctx context.Context, t *TakeBack) error {
	subject := putSubject(l.js.Options(), jetsheet.EntrySubject(jetsheet.BucketFlags, jetsheet.ReturnKey(t.Group, t.Period)))
	if _, err := l.js.Publish(ctx, subject, []byte(ReturnMark(t.Group, t.Period))); err != nil {
		return fmt.Errorf("keep that group %s was taken back in period %s: %w", t.Group, t.Period, err)
	}
	return nil
}

// undecided says whether nobody has decided about the group since the run was frozen:
// every revision from then on routes it new.
func (t *TakeBack) undecided(list []*Revision) bool {
	for _, r := range slices.Backward(list) {
		d, err := r.Document()
		if err != nil { // nobody was routed by it
			continue
		}
		if d.routeOf(t.Group) != jetsheet.RouteNew {
			return false
		}
		if r.Number == t.FrozenRevision && d.SHA256() == t.FrozenSHA256 {
			return true
		}
	}
	return true // the run's revision is not kept any more, or the bucket was made anew since
}

// routeOf is the route that the document gives a group by name.
func (d *Document) routeOf(group string) jetsheet.Route {
	if !d.Enabled() {
		return jetsheet.RouteLegacy
	}
	for _, g := range d.Groups() {
		if g.Name == group {
			return g.Route
		}
	}
	return ""
}

// Return is an automatic return that is in force: nobody has decided about the group since.
type Return struct {
	Group string
	// Revision took it back.
	Revision *Revision
}

// Returns lists the automatic returns in force, oldest first.
func (l *Ledger) Returns(ctx context.Context) ([]Return, error) {
	list, err := l.Since(ctx, 0)
	if err != nil {
		return nil, err
	}
	var returns []Return
	var before *Document
	for _, r := range list {
		d, err := r.Document()
		if err != nil {
			continue
		}
		returns = slices.DeleteFunc(returns, func(t Return) bool { return d.routeOf(t.Group) != jetsheet.RouteLegacy })
		if r.By.Return != "" && before != nil {
			for _, g := range d.Groups() {
				if g.Route == jetsheet.RouteLegacy && before.routeOf(g.Name) == jetsheet.RouteNew {
					returns = append(returns, Return{g.Name, r})
				}
			}
		}
		before = d
	}
	return returns, nil
}
