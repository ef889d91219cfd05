package renderer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// shelf is a store of templates.
type shelf struct {
	mu    sync.Mutex
	files map[string][]byte
	asked map[string]int
	down  int // so many answers fail first
}

func (s *shelf) Bytes(_ context.Context, digest string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[digest]++
	if s.down > 0 {
		s.down--
		return nil, delivery.Unavailable("object store templates", errors.New("no answer"))
	}
	file, ok := s.files[digest]
	if !ok {
		return nil, delivery.Permanent(jetsheet.CauseWorkbook, errors.New("no such template"))
	}
	return file, nil
}

func (s *shelf) put(file []byte) (digest string) {
	sum := sha256.Sum256(file)
	digest = hex.EncodeToString(sum[:])
	s.files[digest] = file
	return digest
}

func named(digest string) func(*jetsheet.Request) {
	return func(r *jetsheet.Request) { r.Template, r.TemplateSHA256 = "form", digest }
}

// A request is made with the template whose digest it has, compiled once, waited for
// while the store is away.
func TestRequestsWithTemplates(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	templates := &shelf{files: map[string][]byte{}, asked: map[string]int{}, down: 2}
	s.cfg.Templates = templates
	s.freeze(definition(simple, "template: form"))
	old := templates.put(drawn(t, []string{"old {{target}}"}, []string{"{{#records}}{{n}}", "{{t}}{{/records}}"}))
	other := templates.put(drawn(t, []string{"new {{target}}"}))
	s.start()
	for i := range 6 {
		s.ask(fmt.Sprint("old", i), 2, named(old))
	}
	s.ask("new", 1, named(other))
	sheets := s.ask("sheets", 1, func(r *jetsheet.Request) { r.Template = "" })
	for i := range 6 {
		r := request(fmt.Sprint("old", i))
		data, _ := s.object(s.rendered(r).Object)
		same(t, r.Target.Target, grid(t, open(t, data), "Form"), [][]string{{"old " + r.Target.Target}, {"1", "text 1"}, {"2", "text 2"}})
	}
	data, _ := s.object(s.rendered(request("new")).Object)
	same(t, "another template", grid(t, open(t, data), "Form"), [][]string{{"new new"}})
	if f := s.failed(sheets); f.Cause != jetsheet.CauseWorkbook || !strings.Contains(f.Message, "no sheets") {
		t.Errorf("a request of sheets failed with %s, %q, want that the report has none", f.Cause, f.Message)
	}
	if templates.asked[old] > 4 || templates.asked[other] > 3 {
		t.Errorf("the store was asked %v, want once each and where it did not answer", templates.asked)
	}
}

func TestRequestsWithTemplatesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	templates := &shelf{files: map[string][]byte{}, asked: map[string]int{}}
	s.cfg.Templates = templates
	s.freeze(definition(simple, "template: form"))
	s.start()
	for target, test := range map[string]struct{ digest, want string }{
		"lost":      {strings.Repeat("ab", 32), "template form: no such template"},
		"wrong":     {templates.put(drawn(t, []string{"{{oops"})), "jetsheet templates check form"},
		"undigest":  {"", "plan it anew with: jetsheet runs start r --tick 2026-10-31T15:00:00Z --tenant=a --target=undigest --again"},
		"unmatched": {templates.put(drawn(t, []string{"{{#records}}{{m}}{{/records}}"})), "template form:"},
	} {
		r := s.ask(target, 1, named(test.digest))
		if f := s.failed(r); f.Cause != jetsheet.CauseWorkbook || !strings.Contains(f.Message, test.want) || f.Retrying() {
			t.Errorf("%s: failed with %s, %q, want %q, for good", target, f.Cause, f.Message, test.want)
		}
	}
}

// What is kept of templates is bounded by their size, not by their number.
func TestTemplatesAreKeptWithinALimit(t *testing.T) {
	t.Parallel()
	templates := &shelf{files: map[string][]byte{}, asked: map[string]int{}}
	c := newTemplateCache(templates)
	ask := func(digest string) {
		r := request("x")
		named(digest)(r)
		if _, err := c.of(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	size := func(digest string) int64 { return c.kept[templateKey{digest, request("x").Locale}].size }
	first := templates.put(drawn(t, []string{"first"}))
	ask(first)
	c.limit = 4 * size(first)
	second := templates.put(drawn(t, []string{"second"}))
	ask(second)
	ask(first)
	var rows [][]string
	for i := range 500 {
		rows = append(rows, []string{fmt.Sprint("row ", i), "{{n}}"})
	}
	large := templates.put(drawn(t, rows...))
	ask(large)
	if n := len(c.kept); n != 1 || size(large) < c.limit {
		t.Errorf("%d templates are kept beside one of %d bytes, want it alone with %d", n-1, size(large), c.limit)
	}
	ask(first)
	ask(second)
	if n := len(c.kept); n != 2 {
		t.Errorf("%d templates are kept, want the two small ones", n)
	}
	for digest, want := range map[string]int{first: 2, second: 2, large: 1} {
		if got := templates.asked[digest]; got != want {
			t.Errorf("%s was fetched %d times, want %d: it is anew after it was dropped", digest[:4], got, want)
		}
	}
}

// What cannot be had leaves nothing behind.
func TestTemplatesThatCannotBeHadAreNotKept(t *testing.T) {
	t.Parallel()
	c := newTemplateCache(&shelf{files: map[string][]byte{}, asked: map[string]int{}})
	for i := range 100 {
		r := request("x")
		named(fmt.Sprintf("%064x", i))(r)
		if _, err := c.of(t.Context(), r); err == nil {
			t.Fatal("a template that is not there was had")
		}
	}
	if n := len(c.kept); n != 0 {
		t.Errorf("%d are kept", n)
	}
}
