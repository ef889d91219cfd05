package main

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/ops/templates"
)

// TestPutTogether has many store different files under one name at once: each that is
// stored is a revision of its own, and the others are told what to do.
func TestPutTogether(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	store, err := templates.Open(t.Context(), js)
	if err != nil {
		t.Fatal(err)
	}
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
