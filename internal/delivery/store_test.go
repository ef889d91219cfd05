package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/faults"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// faulty is a server, and a connection to it that faults are put into.
func faulty(t *testing.T) (js, through jetstream.JetStream, arm func(effect string, action faults.Action)) {
	t.Helper()
	server := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0"})
	_, js = localtest.Connect(t, server)
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	director := faults.NewDirector(func(string) {})
	proxy, err := faults.StartNATS(director, "role", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := nats.Connect(proxy.URLs(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if through, err = jetstream.New(conn); err != nil {
		t.Fatal(err)
	}
	return js, through, func(effect string, action faults.Action) {
		director.Arm(faults.Fault{Point: faults.Point{Role: "role", Wire: faults.WireNATS, Effect: effect}, Action: action})
	}
}

// A scan that does not see a message that is there says so: who counts decides by it.
func TestScanIsWholeOrFails(t *testing.T) {
	t.Parallel()
	for _, action := range []faults.Action{faults.Fail, faults.ApplyThenFail, faults.Duplicate} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			js, through, arm := faulty(t)
			if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}}); err != nil {
				t.Fatal(err)
			}
			const messages = 20
			for i := range messages {
				if _, err := js.Publish(t.Context(), "s."+strconv.Itoa(i), nil); err != nil {
					t.Fatal(err)
				}
			}
			arm("deliver S/a reader", action)
			seen := map[string]int{}
			err := delivery.Scan(t.Context(), through, "S", true, func(m jetstream.Msg) error {
				seen[m.Subject()]++
				return nil
			}, "s.>")
			if err == nil && len(seen) != messages {
				t.Errorf("the scan saw %d of %d messages and found nothing wrong", len(seen), messages)
			}
			for subject, n := range seen {
				if n != 1 {
					t.Errorf("%s was given %d times", subject, n)
				}
			}
		})
	}
}

// An answer that got lost with its connection does not hold a workbook.
func TestPutObjectGivesUpASilentStore(t *testing.T) {
	t.Parallel()
	js, through, arm := faulty(t)
	if _, err := js.CreateObjectStore(t.Context(), jetstream.ObjectStoreConfig{Bucket: "o"}); err != nil {
		t.Fatal(err)
	}
	store, err := through.ObjectStore(t.Context(), "o")
	if err != nil {
		t.Fatal(err)
	}
	arm("get message OBJ_o", faults.Fail)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // as long as a large object may take
	defer cancel()
	began := time.Now()
	err = delivery.PutObject(ctx, store, jetstream.ObjectMeta{Name: "x"}, strings.NewReader("content"))
	if took := time.Since(began); !errors.Is(err, delivery.ErrStoreSilent) || took > 25*time.Second {
		t.Errorf("put: %v after %s, want ErrStoreSilent after 10 s", err, took)
	}
	if err := delivery.PutObject(ctx, store, jetstream.ObjectMeta{Name: "y"}, strings.NewReader("content")); err != nil {
		t.Errorf("the next put: %v", err)
	}
}

// TestObjectStoreReads what the library has stored, of several chunks, over a line that
// loses answers.
func TestObjectStoreReads(t *testing.T) {
	t.Parallel()
	js, through, arm := faulty(t)
	put, err := js.CreateObjectStore(t.Context(), jetstream.ObjectStoreConfig{Bucket: "o"})
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("0123456789"), 30_000) // three chunks
	if _, err := put.PutBytes(t.Context(), "y", content); err != nil {
		t.Fatal(err)
	}
	store, err := delivery.OpenObjectStore(t.Context(), through, "o")
	if err != nil {
		t.Fatal(err)
	}
	read := func() ([]byte, error) {
		object, err := store.Open(t.Context(), "y")
		if err != nil {
			return nil, err
		}
		return io.ReadAll(object)
	}
	arm("get message OBJ_o", faults.Fail)
	if _, err := read(); err == nil {
		t.Error("a lost answer went unnoticed")
	}
	if got, err := read(); err != nil || !bytes.Equal(got, content) {
		t.Errorf("read %d bytes, %v; want the %d that were put", len(got), err, len(content))
	}
	info, err := store.Info(t.Context(), "y")
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := js.Stream(t.Context(), "OBJ_o")
	if err != nil {
		t.Fatal(err)
	}
	second, err := chunks.GetMsg(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := chunks.DeleteMsg(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if _, err := read(); !errors.Is(err, delivery.ErrObjectDamaged) {
		t.Errorf("with a chunk gone: %v, want ErrObjectDamaged", err)
	}
	if _, err := js.Publish(t.Context(), second.Subject, second.Data); err != nil { // behind the third
		t.Fatal(err)
	}
	if _, err := read(); !errors.Is(err, delivery.ErrObjectDamaged) {
		t.Errorf("with chunks of object %s in another order: %v, want ErrObjectDamaged", info.NUID, err)
	}
	if err := put.Delete(t.Context(), "y"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"y", "never put"} {
		if _, err := store.Open(t.Context(), name); !errors.Is(err, jetstream.ErrObjectNotFound) {
			t.Errorf("object %s: %v, want ErrObjectNotFound", name, err)
		}
	}
}
