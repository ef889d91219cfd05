package jetsheet_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) { localtest.Main(m) }

// The names are the library's: what it stores lies under them.
func TestNamesAreTheLibrarys(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	ctx := t.Context()
	store, err := js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: "s"})
	if err != nil {
		t.Fatal(err)
	}
	const name = "20261031T200000Z-r-0.ten=20ant.東京/x?>*. 1"
	info, err := store.PutString(ctx, name, "content")
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.PutString(ctx, "renderer.run.a", "value"); err != nil {
		t.Fatal(err)
	}
	if !jetsheet.ValidNUID(info.NUID) {
		t.Errorf("ValidNUID(%q) = false for the library's own", info.NUID)
	}
	for subject, stream := range map[string]string{
		jetsheet.ObjectMetaSubject("s", name):        jetsheet.StoreStream("s"),
		jetsheet.ObjectChunkSubject("s", info.NUID):  jetsheet.StoreStream("s"),
		jetsheet.EntrySubject("b", "renderer.run.a"): jetsheet.BucketStream("b"),
		jetsheet.WholeObjectSubjects("s", name):      jetsheet.StoreStream("s"),
	} {
		handle, err := js.Stream(ctx, stream)
		if err != nil {
			t.Fatalf("stream %s: %v", stream, err)
		}
		if _, err := handle.GetLastMsgForSubject(ctx, subject); err != nil {
			t.Errorf("nothing on %s of %s: %v", subject, stream, err)
		}
	}
}

// An object of one chunk with its name's token for nuid is one for the library too, and
// one purge removes all of it.
func TestWholeObject(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	ctx := t.Context()
	store, err := js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: "s"})
	if err != nil {
		t.Fatal(err)
	}
	object := jetsheet.WorkbookObject(jetsheet.Conversion{Run: jetsheet.RunID{Tick: tick, Report: "r"}, Tenant: "a.b", Target: "*"}, "nonce")
	const meta = `{"name":"%s","bucket":"s","nuid":"%s","size":7,"chunks":1,"digest":"SHA-256=7XACtDnprIRfIjV9giusFERzD722AW0-yUMil7nsn3M="}`
	for subject, data := range map[string]string{
		jetsheet.ObjectChunkSubject("s", jetsheet.ObjectToken(object)): "content",
		jetsheet.ObjectMetaSubject("s", object):                        fmt.Sprintf(meta, object, jetsheet.ObjectToken(object)),
	} {
		if _, err := js.Publish(ctx, subject, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := store.Get(ctx, object)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(reader); err != nil || string(data) != "content" {
		t.Errorf("the library reads %q, %v, want content", data, err)
	}
	stream, err := js.Stream(ctx, jetsheet.StoreStream("s"))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(ctx, jetstream.WithPurgeSubject(jetsheet.WholeObjectSubjects("s", object))); err != nil {
		t.Fatal(err)
	}
	if info, err := stream.Info(ctx); err != nil || info.State.Msgs != 0 {
		t.Errorf("after the purge: %+v, %v, want no message", info, err)
	}
}

func TestValidNUID(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "oOHXlPkvUAgQfQbYcpcjZ9", jetsheet.ObjectToken("東京"), "_-="} {
		if !jetsheet.ValidNUID(good) {
			t.Errorf("ValidNUID(%q) = false", good)
		}
	}
	for _, bad := range []string{"", ".", "a.b", "*", ">", "a b", "a\n", "é", "$O"} {
		if jetsheet.ValidNUID(bad) {
			t.Errorf("ValidNUID(%q) = true", bad)
		}
	}
}
