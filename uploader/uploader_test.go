package uploader

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// noise is content that no two sizes share and that does not compress.
func noise(size int) []byte {
	content := make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(size), byte(size >> 8), byte(size >> 16)})
	_, _ = random.Read(content)
	return content
}

func TestPublishes(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{
		"one byte": 1, "one chunk": 7000, "one full chunk": jetsheet.ChunkBytes,
		"a chunk and a byte": jetsheet.ChunkBytes + 1, "many chunks": 5 << 20,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			request, content := r.request(1, "s1"), noise(size)
			e := r.render(request, content)
			r.announce(e, jetsheet.HeaderTrace, "00-aa-bb-01")
			r.run(r.uploader())

			want := jetsheet.Done{
				Envelope: jetsheet.CurrentEnvelope(), Run: request.Run, Tenant: "t1", Target: "s1", Report: "temperature",
				State: jetsheet.DonePublished, Period: request.Period,
				Bucket: r.bucket, Key: "t1/s1.xlsx", Filename: "冷蔵庫温度記録_s1.xlsx",
				SizeBytes: int64(size), SHA256: e.SHA256, Rows: 20, Snapshot: e.Snapshot, Version: "v1.2.3", Notes: e.Notes,
			}
			got := r.done(request.Conversion())
			if since := time.Since(got.At); since < 0 || since > time.Minute {
				t.Errorf("at: got %s, want about now", got.At)
			}
			want.At = got.At
			if !reflect.DeepEqual(got, want) {
				t.Errorf("done record:\n got %+v\nwant %+v", got, want)
			}
			if trace := r.last(jetsheet.StreamDone, jetsheet.DoneSubject(request.Conversion())).Header.Get(jetsheet.HeaderTrace); trace != "00-aa-bb-01" {
				t.Errorf("trace of the done record: got %q, want the event's", trace)
			}
			stored, head := r.object(request.Key)
			if !bytes.Equal(stored, content) {
				t.Errorf("object has %d bytes, want the workbook's %d", len(stored), size)
			}
			checkHeaders(t, head.Metadata, aws.ToString(head.ContentType), aws.ToString(head.ContentDisposition), e)
			r.drained()
			objects, err := r.store.List(t.Context())
			if !errors.Is(err, jetstream.ErrNoObjectsFound) {
				t.Errorf("object store lists %v, %v, want nothing", objects, err)
			}
		})
	}
}

func checkHeaders(t *testing.T, meta map[string]string, contentType, disposition string, e jetsheet.Rendered) {
	t.Helper()
	want := map[string]string{
		"run": "20261001T200000Z-temperature-0", "conversion": "20261001T200000Z-temperature-0/t1/s1", "report": "temperature",
		"sha256": e.SHA256, "rows": "20", "sheets": "1", "snapshot": "795:799:795,797", "snapshot-time": "2026-10-01T20:01:00Z",
		"version": "v1.2.3",
	}
	if !reflect.DeepEqual(meta, want) {
		t.Errorf("metadata:\n got %v\nwant %v", meta, want)
	}
	if contentType != ContentType {
		t.Errorf("content type: got %q, want %q", contentType, ContentType)
	}
	const file = `attachment; filename="__s1.xlsx"; filename*=UTF-8''%E5%86%B7%E8%94%B5%E5%BA%AB%E6%B8%A9%E5%BA%A6%E8%A8%98%E9%8C%B2_s1.xlsx`
	if disposition != file {
		t.Errorf("content disposition:\n got %s\nwant %s", disposition, file)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		remove func(*rig) error
	}{
		{"stream RENDERED", func(r *rig) error { return r.js.DeleteStream(t.Context(), jetsheet.StreamRendered) }},
		{"consumer RENDERED/uploader", func(r *rig) error {
			return r.js.DeleteConsumer(t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploader)
		}},
		{"stream DONE", func(r *rig) error { return r.js.DeleteStream(t.Context(), jetsheet.StreamDone) }},
		{"object store workbooks", func(r *rig) error { return r.js.DeleteObjectStore(t.Context(), jetsheet.StoreWorkbooks) }},
		{"bucket progress", func(r *rig) error { return r.js.DeleteKeyValue(t.Context(), jetsheet.BucketProgress) }},
		{"S3 bucket elsewhere", func(r *rig) error { r.cfg.Bucket = "elsewhere"; return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			if err := c.remove(r); err != nil {
				t.Fatal(err)
			}
			_, err := New(t.Context(), r.cfg)
			if !errors.Is(err, delivery.ErrNotSetUp) || !strings.Contains(err.Error(), c.name) || !strings.Contains(err.Error(), "jetsheet setup") {
				t.Errorf("New: got %v, want one that names %s and jetsheet setup", err, c.name)
			}
		})
	}
}

func TestBadEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*jetsheet.Rendered, *jetsheet.Request)
		cause jetsheet.Cause
		says  string
	}{
		{"digest", func(e *jetsheet.Rendered, _ *jetsheet.Request) { e.SHA256 = "abc" }, jetsheet.CauseBadMessage, `sha256 is "abc"`},
		{"nuid", func(e *jetsheet.Rendered, _ *jetsheet.Request) { e.NUID = ">" }, jetsheet.CauseBadMessage, `nuid is ">"`},
		{"object", func(e *jetsheet.Rendered, _ *jetsheet.Request) { e.Object = "" }, jetsheet.CauseBadMessage, "no object"},
		{"size", func(e *jetsheet.Rendered, _ *jetsheet.Request) { e.SizeBytes = 0 }, jetsheet.CauseBadMessage, "sizeBytes is 0"},
		{"key", func(_ *jetsheet.Rendered, q *jetsheet.Request) { q.Key = "" }, jetsheet.CauseBadMessage, "no key"},
		{"record's key", func(_ *jetsheet.Rendered, q *jetsheet.Request) { q.Key = jetsheet.RecordKey(q.Run) }, jetsheet.CauseUploadRefused, "jetsheet's own records"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			request := r.request(1, "s1")
			e := r.render(request, noise(100))
			c.spoil(&e, &request)
			e.Request = mustJSON(t, request)
			r.announce(e)
			r.run(r.uploader())
			f := r.failed(request.Conversion())
			if f.Cause != c.cause || !strings.Contains(f.Message, c.says) || f.Retrying() {
				t.Errorf("failure: got %s %q retrying=%v, want %s with %q for good", f.Cause, f.Message, f.Retrying(), c.cause, c.says)
			}
			if keys := r.keys(); len(keys) != 0 {
				t.Errorf("objects on S3: got %q, want none", keys)
			}
		})
	}
}

// TestDeliveredAgain plays a crash after every step that lasts: the event comes
// again and the first outcome stays.
func TestDeliveredAgain(t *testing.T) {
	t.Parallel()
	r := setup(t)
	u := r.uploader()
	r.run(u)
	request := r.request(1, "s1")
	first := r.render(request, noise(7000))
	r.announce(first)
	done := r.done(request.Conversion())
	r.drained()

	// A second attempt saw a later snapshot.
	second := r.render(request, noise(8000))
	second.Snapshot.ID = "900:901:"
	r.announce(second)
	r.drained()
	if again := r.done(request.Conversion()); !reflect.DeepEqual(again, done) {
		t.Errorf("done record changed:\n got %+v\nwant %+v", again, done)
	}

	// DONE is lost after the PUT: it is written from the object, not from the event.
	s, err := r.js.Stream(t.Context(), jetsheet.StreamDone)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.announce(r.render(request, noise(9000)))
	again := r.done(request.Conversion())
	done.At, done.Notes = again.At, nil // the notes of another attempt are unknown
	if !reflect.DeepEqual(again, done) {
		t.Errorf("done record of another attempt's object:\n got %+v\nwant %+v", again, done)
	}
	if content, _ := r.object(request.Key); !bytes.Equal(content, noise(7000)) {
		t.Errorf("object has %d bytes, want the first attempt's 7000", len(content))
	}
	r.drained()
}

func TestShadowIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := setup(t)
	request := r.request(1, "s1")
	e := r.render(request, noise(100))
	if _, err := r.js.Publish(t.Context(), jetsheet.RenderedSubject(jetsheet.RouteShadow, request.Conversion()), mustJSON(t, e)); err != nil {
		t.Fatal(err)
	}
	r.run(r.uploader())
	other := r.request(1, "s2")
	r.announce(r.render(other, noise(100)))
	r.done(other.Conversion())
	if n := r.messages(jetsheet.StreamRendered); n > 1 {
		r.eventually("only the shadow event", func() bool { return r.messages(jetsheet.StreamRendered) == 1 })
	}
	if keys := r.keys(); len(keys) != 1 || keys[0] != other.Key {
		t.Errorf("objects on S3: got %q, want %q", keys, other.Key)
	}
}
