package ops

import (
	"testing"

	"github.com/jetsheet/jetsheet"
)

// Ids are taken as they are printed, whatever is in them.
func TestWorkbookByItsPrintedName(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	targets := []jetsheet.Target{target("ok", "日本語"), target("../x", "a/b"), target("plain", "1")}
	r.store(id, jetsheet.Scope{}, targets...)
	for i := range targets {
		for _, text := range []string{
			id.String() + "/" + targets[i].Tenant + "/" + targets[i].Target,
			conversion(id, &targets[i]).String(),
		} {
			w, err := r.reader.One(t.Context(), WorkbookFilter{Text: text})
			if err != nil || w.Target != targets[i].Target || w.Tenant != targets[i].Tenant {
				t.Errorf("workbook %q: %+v, %v; want target %q", text, w, err, targets[i].Target)
			}
		}
	}
}

// Under the key of an older run's workbook lies the newer run's.
func TestWorkbookThatALaterRunPublishedOver(t *testing.T) {
	t.Parallel()
	r := setup(t)
	first, again, other := runOf("orders", 0), runOf("orders", 1_793_500_000_000), runOf("visits", 0)
	a, b := target("t", "a"), target("t", "b")
	for _, id := range []jetsheet.RunID{first, again, other} {
		r.store(id, jetsheet.Scope{}, a, b)
		r.done(id, &a, jetsheet.DonePublished)
	}
	r.done(first, &b, jetsheet.DonePublished)
	r.done(again, &b, jetsheet.DoneSkipped)
	for _, want := range []struct {
		id jetsheet.RunID
		of *jetsheet.Target
		by string
	}{{first, &a, again.String()}, {first, &b, ""}, {again, &a, ""}, {other, &a, ""}} {
		w, err := r.reader.One(t.Context(), WorkbookFilter{Text: conversion(want.id, want.of).String()})
		if err != nil || w.By != want.by || (w.Why == "") != (want.by == "") || (w.Next == "") != (want.by == "") {
			t.Errorf("%s of run %s: %+v, %v; want it held by %q", want.of.Target, want.id, w, err, want.by)
		}
	}
}
