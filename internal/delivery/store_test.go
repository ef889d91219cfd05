package delivery_test

import (
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
	arm("get message OBJ_o", faults.Fail)
	if _, err := delivery.GetObject(ctx, store, "y"); !errors.Is(err, delivery.ErrStoreSilent) {
		t.Errorf("get: %v, want ErrStoreSilent", err)
	}
	object, err := delivery.GetObject(ctx, store, "y")
	if err != nil {
		t.Fatal(err)
	}
	if err := object.Close(); err != nil {
		t.Error(err)
	}
	// Its chunks are lost on the way: the reading ends, well or not.
	arm("deliver OBJ_o/a reader", faults.Fail)
	began = time.Now()
	if object, err = delivery.GetObject(ctx, store, "y"); err == nil {
		text, readErr := io.ReadAll(object)
		if took := time.Since(began); took > 25*time.Second || readErr == nil && string(text) != "content" {
			t.Errorf("read %q, %v, after %s; want an end after 10 s", text, readErr, took)
		}
		_ = object.Close() // what it tells is told
	}
}
