package main

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/ops/templates"
)

// emptyTemplates gives a server of the test's own the templates of jetsheet.
func emptyTemplates(t *testing.T) (*templates.Store, jetstream.ObjectStore) {
	t.Helper()
	_, js := localtest.NATS(t)
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	store, err := templates.Open(t.Context(), js)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := js.ObjectStore(t.Context(), jetsheet.StoreTemplates)
	if err != nil {
		t.Fatal(err)
	}
	return store, objects
}

// TestPutTogether has many store different files under one name at once: each that is
// stored is a revision of its own, and the others are told what to do.
func TestPutTogether(t *testing.T) {
	t.Parallel()
	store, _ := emptyTemplates(t)
	const people = 8
	results := make([]putTemplate, people)
	failures := make([]error, people)
	var group sync.WaitGroup
	for i := range people {
		group.Go(func() {
			file := []byte{byte(i)}
			results[i].SHA256 = templates.Digest(file)
			failures[i] = (&templatesPutCommand{Name: "form", File: "form.xlsx"}).store(t.Context(), &app{}, store, file, &results[i])
		})
	}
	group.Wait()
	all, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stored := map[int]string{}
	for i, err := range failures {
		switch {
		case err == nil:
			stored[results[i].Revision] = results[i].SHA256
		case !errors.Is(err, templates.ErrChanged) || !strings.Contains(err.Error(), "jetsheet templates show form"):
			t.Errorf("got %v, want %v with the next command", err, templates.ErrChanged)
		}
	}
	if len(all) != len(stored) || len(all) == 0 {
		t.Errorf("%d revisions are there, %d were stored", len(all), len(stored))
	}
	for i, r := range all {
		if r.Revision != i+1 || stored[r.Revision] != r.SHA256 {
			t.Errorf("revision %d is %s, want %d with %s", r.Revision, r.SHA256, i+1, stored[i+1])
		}
	}
}

// TestPutRestores has the bytes of a revision lost: the file that it was put from mends
// that, as the failures of workbooks say, and is no new revision.
func TestPutRestores(t *testing.T) {
	t.Parallel()
	store, objects := emptyTemplates(t)
	file := []byte("form")
	put := func(dryRun bool) putTemplate {
		t.Helper()
		result := putTemplate{SHA256: templates.Digest(file)}
		command := &templatesPutCommand{Name: "form", File: "form.xlsx", DryRun: dryRun}
		if err := command.store(t.Context(), &app{}, store, file, &result); err != nil {
			t.Fatal(err)
		}
		return result
	}
	first := put(false)
	if err := objects.Delete(t.Context(), jetsheet.TemplateObject(first.SHA256)); err != nil {
		t.Fatal(err)
	}
	put(true)
	if _, err := store.Bytes(t.Context(), first.SHA256); !errors.Is(err, templates.ErrUnknown) {
		t.Errorf("after a dry run: got %v, want %v", err, templates.ErrUnknown)
	}
	if again := put(false); again.Revision != 1 || again.Action != actionUnchanged {
		t.Errorf("got revision %d %s, want 1 unchanged", again.Revision, again.Action)
	}
	if content, err := store.Bytes(t.Context(), first.SHA256); err != nil || string(content) != string(file) {
		t.Errorf("got %q, %v, want the file", content, err)
	}
}

func TestUnknownTemplate(t *testing.T) {
	t.Parallel()
	many := strings.Split("a1 b2 c3 d4 e5 f6 g7 h8 i9 j10 k11 l12", " ")
	tests := []struct {
		name  string
		known []string
		want  string
	}{
		{"form", nil, `no template "form": none is stored; store it with: jetsheet templates put NAME FILE.xlsx`},
		{"form", []string{"forms", "visits"}, `no template "form": did you mean "forms"? (see: jetsheet templates list)`},
		{"form", []string{"inspection"}, `no template "form": there are inspection; store a new one with: jetsheet templates put NAME FILE.xlsx`},
		{"site-monthly", many, `no template "site-monthly": there are a1, b2, c3, d4, e5, f6, g7, h8, i9, j10 and 2 more (see: jetsheet templates list)`},
	}
	for _, test := range tests {
		if got := unknownTemplate(test.name, test.known).Error(); got != test.want {
			t.Errorf("%s of %v:\ngot  %s\nwant %s", test.name, test.known, got, test.want)
		}
	}
}
