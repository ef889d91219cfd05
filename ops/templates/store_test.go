package templates_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/ops/templates"
)

func TestMain(m *testing.M) { localtest.Main(m) }

// at is when a test's templates are stored.
var at = time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)

func open(t *testing.T) (*templates.Store, jetstream.ObjectStore) {
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

func put(t *testing.T, s *templates.Store, name string, after int, content string) *templates.Revision {
	t.Helper()
	r, err := s.Put(t.Context(), templates.Draft{Name: name, After: after, File: name + ".xlsx", By: "ito", Reason: "first", At: at}, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPutAndRead(t *testing.T) {
	t.Parallel()
	s, objects := open(t)
	put(t, s, "inspection", 0, "first")
	second := put(t, s, "inspection", 1, "second")
	put(t, s, "cleaning", 0, "first") // the same bytes under another name

	newest, err := s.Get(t.Context(), "inspection", 0)
	if err != nil {
		t.Fatal(err)
	}
	want := templates.Revision{
		Envelope: jetsheet.CurrentEnvelope(), Name: "inspection", Revision: 2, SHA256: templates.Digest([]byte("second")), SizeBytes: 6,
		File: "inspection.xlsx", StoredAt: at, StoredBy: "ito", Reason: "first",
	}
	if *newest != want || *second != want {
		t.Errorf("got %+v and %+v, want %+v", *newest, *second, want)
	}
	if first, err := s.Get(t.Context(), "inspection", 1); err != nil || first.SHA256 != templates.Digest([]byte("first")) {
		t.Errorf("the first revision: %+v, %v", first, err)
	}
	if content, err := s.Bytes(t.Context(), newest.SHA256); err != nil || string(content) != "second" {
		t.Errorf("bytes %q, %v", content, err)
	}
	if content, err := objects.GetBytes(t.Context(), jetsheet.TemplateRevisionObject("inspection", 1)); err != nil || string(content) != "first" {
		t.Errorf("as an object: %q, %v", content, err)
	}
	all, err := s.List(t.Context())
	var listed []string
	for _, r := range all {
		listed = append(listed, fmt.Sprint(r.Name, r.Revision))
	}
	if want := []string{"cleaning1", "inspection1", "inspection2"}; err != nil || !slices.Equal(listed, want) {
		t.Errorf("listed %v, %v, want %v", listed, err, want)
	}
	infos, err := objects.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(infos) != 5 {
		t.Errorf("%d objects, want 3 revisions and 2 contents", len(infos))
	}
}

func TestNothingStored(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	if all, err := s.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("listed %v, %v", all, err)
	}
	for _, name := range []string{"none", "", "../x", "UPPER"} {
		if r, err := s.Get(t.Context(), name, 0); !errors.Is(err, templates.ErrUnknown) {
			t.Errorf("%q: got %+v, %v", name, r, err)
		}
	}
	put(t, s, "one", 0, "x")
	if r, err := s.Get(t.Context(), "one", 2); !errors.Is(err, templates.ErrUnknown) {
		t.Errorf("revision 2: got %+v, %v", r, err)
	}
	if _, err := s.Bytes(t.Context(), strings.Repeat("0", 64)); !errors.Is(err, templates.ErrUnknown) {
		t.Errorf("bytes: %v", err)
	}
	if _, err := s.Put(t.Context(), templates.Draft{Name: "a b"}, nil); err == nil {
		t.Error("a name with a blank is stored")
	}
}

func TestNewestIsFoundAmongMany(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for i := range 19 {
		put(t, s, "many", i, fmt.Sprint("content ", i))
		if newest, err := s.Get(t.Context(), "many", 0); err != nil || newest.Revision != i+1 {
			t.Fatalf("of %d revisions the newest is %+v, %v", i+1, newest, err)
		}
	}
}

// Of those who store at the same time one has the revision, and the others are told.
func TestPutTogether(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	const people = 8
	failures := make([]error, people)
	var group sync.WaitGroup
	for i := range people {
		group.Go(func() {
			_, failures[i] = s.Put(t.Context(), templates.Draft{Name: "form", At: at}, []byte{byte(i)})
		})
	}
	group.Wait()
	stored := 0
	for _, err := range failures {
		switch {
		case err == nil:
			stored++
		case !errors.Is(err, templates.ErrChanged):
			t.Errorf("got %v, want %v", err, templates.ErrChanged)
		}
	}
	all, err := s.List(t.Context())
	if err != nil || stored != 1 || len(all) != 1 || all[0].Revision != 1 {
		t.Errorf("%d were stored, listed is %+v, %v", stored, all, err)
	}
}

// Bytes that were damaged are not given out, and are stored again by the next put.
func TestDamagedBytesAreStoredAgain(t *testing.T) {
	t.Parallel()
	s, objects := open(t)
	r := put(t, s, "form", 0, "content")
	if _, err := objects.PutBytes(t.Context(), jetsheet.TemplateObject(r.SHA256), []byte("other")); err != nil {
		t.Fatal(err)
	}
	if content, err := s.Bytes(t.Context(), r.SHA256); !errors.Is(err, templates.ErrDamaged) || !strings.Contains(err.Error(), "jetsheet templates put") {
		t.Errorf("got %q, %v, want %v", content, err, templates.ErrDamaged)
	}
	put(t, s, "form", 1, "content")
	if content, err := s.Bytes(t.Context(), r.SHA256); err != nil || string(content) != "content" {
		t.Errorf("got %q, %v", content, err)
	}
}

// A revision whose record was changed by hand is not taken for another one.
func TestRecordOfAnotherRevision(t *testing.T) {
	t.Parallel()
	s, objects := open(t)
	put(t, s, "form", 0, "content")
	info, err := objects.GetInfo(t.Context(), jetsheet.TemplateRevisionObject("form", 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := objects.UpdateMeta(t.Context(), info.Name, jetstream.ObjectMeta{Name: jetsheet.TemplateRevisionObject("form", 2), Metadata: info.Metadata}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Get(t.Context(), "form", 2); !errors.Is(err, templates.ErrDamaged) {
		t.Errorf("got %+v, %v, want %v", r, err, templates.ErrDamaged)
	}
}

func TestStoreThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	if _, err := templates.Open(t.Context(), js); err == nil || !strings.Contains(err.Error(), "jetsheet setup") {
		t.Errorf("got %v, want the command that makes it", err)
	}
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	s, err := templates.Open(t.Context(), js)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteObjectStore(t.Context(), jetsheet.StoreTemplates); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"get":   func() error { _, err := s.Get(t.Context(), "form", 0); return err },
		"list":  func() error { _, err := s.List(t.Context()); return err },
		"bytes": func() error { _, err := s.Bytes(t.Context(), strings.Repeat("0", 64)); return err },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), "jetsheet setup") {
			t.Errorf("%s: got %v, want the command that makes it", name, err)
		}
	}
}

func TestLargeContent(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 3<<20/16)
	r, err := s.Put(t.Context(), templates.Draft{Name: "large", At: at}, content)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Bytes(t.Context(), r.SHA256); err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(content))
	}
	if _, err := s.Put(t.Context(), templates.Draft{Name: "huge"}, make([]byte, templates.MaxBytes+1)); err == nil {
		t.Error("more than the limit is stored")
	}
}
