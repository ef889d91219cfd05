package uploader

import (
	"encoding/json"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// TestRemove removes workbooks as the renderer stores them, of one chunk with one token
// for chunk and meta, and as the library does; others stay.
func TestRemove(t *testing.T) {
	t.Parallel()
	r := setup(t)
	short := func(target string) *event {
		request := r.request(1, target)
		object := jetsheet.WorkbookObject(request.Conversion(), "nonce")
		info := jetstream.ObjectInfo{ObjectMeta: jetstream.ObjectMeta{Name: object}, Bucket: jetsheet.StoreWorkbooks, NUID: jetsheet.ObjectToken(object), Size: 3, Chunks: 1}
		meta, err := json.Marshal(info)
		if err != nil {
			t.Fatal(err)
		}
		for subject, data := range map[string][]byte{jetsheet.ObjectChunkSubject(jetsheet.StoreWorkbooks, info.NUID): []byte("abc"), jetsheet.ObjectMetaSubject(jetsheet.StoreWorkbooks, object): meta} {
			if _, err := r.js.Publish(t.Context(), subject, data); err != nil {
				t.Fatalf("store %s: %v", subject, err)
			}
		}
		return &event{Rendered: jetsheet.Rendered{Object: object, NUID: info.NUID}, Request: request}
	}
	library := func(target string) *event {
		e := r.render(r.request(1, target), []byte("abc"))
		return &event{Rendered: e, Request: r.request(1, target)}
	}
	store, err := openWorkbooks(t.Context(), r.js)
	if err != nil {
		t.Fatal(err)
	}
	kept := short("kept")
	for _, e := range []*event{short("short"), library("library")} {
		if err := store.remove(t.Context(), e); err != nil {
			t.Errorf("remove %s: %v", e.Object, err)
		}
	}
	stream, err := r.js.Stream(t.Context(), jetsheet.StoreStream(jetsheet.StoreWorkbooks))
	if err != nil {
		t.Fatal(err)
	}
	if left := stream.CachedInfo().State.Msgs; left != 2 {
		t.Errorf("%d messages are left in the store, want the 2 of the workbook that was not removed", left)
	}
	if info, err := store.info(t.Context(), kept.Object); err != nil || info.NUID != kept.NUID {
		t.Errorf("info of %s = %+v, %v; want its nuid %s", kept.Object, info, err, kept.NUID)
	}
}
