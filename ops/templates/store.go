package templates

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// MaxBytes is the most bytes of a template, far above what intake lets through. It bounds
// what [Store.Bytes] holds in memory.
const MaxBytes = 64 << 20

// Store reads and stores templates. It may be used concurrently.
type Store struct {
	js      jetstream.JetStream
	objects jetstream.ObjectStore // writes, and reads what is known of them
	stored  *delivery.ObjectStore // reads their bytes
}

// Open looks the object store up. Where it is missing, the error names setup.
func Open(ctx context.Context, js jetstream.JetStream) (*Store, error) {
	objects, err := js.ObjectStore(ctx, jetsheet.StoreTemplates)
	if err != nil {
		return nil, delivery.NotSetUp("object store "+jetsheet.StoreTemplates, err)
	}
	stored, err := delivery.OpenObjectStore(ctx, js, jetsheet.StoreTemplates)
	if err != nil {
		return nil, err
	}
	return &Store{js: js, objects: objects, stored: stored}, nil
}

// Digest is the sha256 of content in hex, under which it is stored.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Draft is a revision before it is stored.
type Draft struct {
	Name string
	// After is the newest revision that its author knows; 0 for none. Another newest one
	// is ErrChanged.
	After int
	// File, By and Reason may be empty. At is the author's clock.
	File, By, Reason string
	At               time.Time
}

// Put stores content as the revision after Draft.After. It wraps [ErrChanged] where that
// one exists already.
func (s *Store) Put(ctx context.Context, d Draft, content []byte) (*Revision, error) {
	if !jetsheet.ValidTemplateName(d.Name) {
		return nil, fmt.Errorf("store template %q: a name is 1 to 40 of a-z, 0-9 and -", d.Name)
	}
	if len(content) > MaxBytes {
		return nil, fmt.Errorf("store template %s: it has %d bytes, %d are the limit", d.Name, len(content), MaxBytes)
	}
	r := &Revision{
		Envelope: jetsheet.CurrentEnvelope(), Name: d.Name, Revision: d.After + 1, SHA256: Digest(content), SizeBytes: int64(len(content)),
		File: d.File, StoredAt: d.At.UTC(), StoredBy: d.By, Reason: d.Reason,
	}
	if err := s.putBytes(ctx, r.SHA256, content); err != nil {
		return nil, fmt.Errorf("store template %s: %w", d.Name, err)
	}
	if err := s.create(ctx, r); err != nil {
		return nil, fmt.Errorf("store revision %d of template %s: %w", r.Revision, d.Name, err)
	}
	return r, nil
}

// Restore stores the content of a revision again where it is lost or damaged.
func (s *Store) Restore(ctx context.Context, name string, content []byte) error {
	if err := s.putBytes(ctx, Digest(content), content); err != nil {
		return fmt.Errorf("restore template %s: %w", name, err)
	}
	return nil
}

// putBytes stores the bytes, unless they are there and whole.
func (s *Store) putBytes(ctx context.Context, digest string, content []byte) error {
	switch _, err := s.Bytes(ctx, digest); {
	case err == nil:
		return nil
	case !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrDamaged) && !errors.Is(err, delivery.ErrStoreSilent):
		return err
	}
	meta := jetstream.ObjectMeta{Name: jetsheet.TemplateObject(digest), Opts: &jetstream.ObjectMetaOptions{ChunkSize: jetsheet.ChunkBytes}}
	return delivery.PutObject(ctx, s.objects, meta, bytes.NewReader(content))
}

// create writes the revision's object if there is none.
func (s *Store) create(ctx context.Context, r *Revision) error {
	info, err := r.info()
	if err != nil {
		return err
	}
	info.NUID = nuid.Next() // readers of the store's format expect one
	data, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("encode object info: %w", err)
	}
	m := nats.NewMsg(jetsheet.ObjectMetaSubject(jetsheet.StoreTemplates, info.Name))
	m.Data = data
	_, err = s.js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(0))
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return ErrChanged
	}
	return err
}

// Get reads a revision; 0 is the newest one. It wraps [ErrUnknown].
func (s *Store) Get(ctx context.Context, name string, revision int) (*Revision, error) {
	if !jetsheet.ValidTemplateName(name) {
		return nil, fmt.Errorf("template %q: %w", name, ErrUnknown)
	}
	var r *Revision
	var err error
	if revision == 0 {
		r, err = s.newest(ctx, name)
	} else {
		r, err = s.revision(ctx, name, revision)
	}
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return r, nil
}

// newest looks for the last revision. Revisions have no gap, so few looks find the end:
// at 1, 2, 4, 8 and so on, and then between the last two.
func (s *Store) newest(ctx context.Context, name string) (*Revision, error) {
	found, err := s.revision(ctx, name, 1)
	if err != nil {
		return nil, err
	}
	missing := 0 // not known
	for missing == 0 || found.Revision+1 < missing {
		next := 2 * found.Revision
		if missing > 0 {
			next = (found.Revision + missing) / 2
		}
		switch r, err := s.revision(ctx, name, next); {
		case errors.Is(err, ErrUnknown):
			missing = next
		case err != nil:
			return nil, err
		default:
			found = r
		}
	}
	return found, nil
}

func (s *Store) revision(ctx context.Context, name string, revision int) (*Revision, error) {
	info, err := s.objects.GetInfo(ctx, jetsheet.TemplateRevisionObject(name, revision))
	switch {
	case errors.Is(err, jetstream.ErrObjectNotFound):
		return nil, ErrUnknown
	case err != nil:
		return nil, s.failed(ctx, err)
	}
	return decode(info)
}

// List reads all revisions, by name and then by number.
func (s *Store) List(ctx context.Context) ([]*Revision, error) {
	objects, err := s.objects.List(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil, fmt.Errorf("list templates: %w", s.failed(ctx, err))
	}
	var all []*Revision
	for _, info := range objects {
		if _, _, ok := jetsheet.ParseTemplateRevisionObject(info.Name); !ok {
			continue
		}
		r, err := decode(info)
		if err != nil {
			return nil, fmt.Errorf("list templates: %w", err)
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *Revision) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Revision, b.Revision))
	})
	return all, nil
}

// Bytes reads the bytes with that digest and checks them to the last. It wraps
// [ErrUnknown] or [ErrDamaged].
func (s *Store) Bytes(ctx context.Context, digest string) ([]byte, error) {
	content, err := s.content(ctx, digest)
	switch {
	case errors.Is(err, jetstream.ErrObjectNotFound):
		return nil, fmt.Errorf("template with sha256 %s: %w", digest, ErrUnknown)
	case errors.Is(err, delivery.ErrObjectDamaged):
	case err != nil:
		return nil, fmt.Errorf("read template with sha256 %s: %w", digest, s.failed(ctx, err))
	case Digest(content) == digest:
		return content, nil
	}
	return nil, fmt.Errorf("template with sha256 %s: %w; store it again with: jetsheet templates put", digest, ErrDamaged)
}

func (s *Store) content(ctx context.Context, digest string) ([]byte, error) {
	object, err := s.stored.Open(ctx, jetsheet.TemplateObject(digest))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(object, MaxBytes+1))
}

// failed names setup where the store is gone.
func (s *Store) failed(ctx context.Context, err error) error {
	if _, gone := s.objects.Status(ctx); errors.Is(gone, jetstream.ErrStreamNotFound) {
		return delivery.NotSetUp("object store "+jetsheet.StoreTemplates, gone)
	}
	return err
}
