package delivery

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// TestStillBucket: a bucket that is gone, or that is another one, is not the same.
func TestStillBucket(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	config := jetstream.KeyValueConfig{Bucket: "b"}
	kv, err := js.CreateKeyValue(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	created, err := BucketCreated(t.Context(), kv)
	if err != nil {
		t.Fatal(err)
	}
	if err := StillBucket(t.Context(), kv, created); err != nil {
		t.Errorf("the same: got error %v, want none", err)
	}
	if err := js.DeleteKeyValue(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if err := StillBucket(t.Context(), kv, created); !errors.Is(err, ErrNotSetUp) {
		t.Errorf("gone: got error %v, want %v", err, ErrNotSetUp)
	}
	if _, err := js.CreateKeyValue(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if err := StillBucket(t.Context(), kv, created); !errors.Is(err, ErrStreamReplaced) {
		t.Errorf("made anew: got error %v, want %v", err, ErrStreamReplaced)
	}
	js.Conn().Close()
	if err := StillBucket(t.Context(), kv, created); err != nil {
		t.Errorf("without NATS: got error %v, want none", err)
	}
}
