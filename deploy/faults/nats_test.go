package faults_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/faults"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// natsBench is a server with a stream, a connection through a proxy and one without.
type natsBench struct {
	*bench
	conn    *nats.Conn
	through jetstream.JetStream
	stream  jetstream.Stream // without the proxy
}

func newNATSBench(t *testing.T) *natsBench {
	t.Helper()
	server := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0"})
	_, js := localtest.Connect(t, server)
	b := &natsBench{bench: newBench()}
	var err error
	if b.stream, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"conversions.>"}}); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := faults.StartNATS(b.Director, "role", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	if b.conn, err = nats.Connect(proxy.URLs(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.conn.Close)
	if b.through, err = jetstream.New(b.conn); err != nil {
		t.Fatal(err)
	}
	return b
}

// stored counts the messages in the stream.
func (b *natsBench) stored(t *testing.T) int {
	t.Helper()
	info, err := b.stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(info.State.Msgs) //nolint:gosec // a handful
}

func TestNATSPublish(t *testing.T) {
	t.Parallel()
	for _, action := range faults.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			b := newNATSBench(t)
			armed := b.arm(faults.WireNATS, "publish conversions.done", action)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			began := time.Now()
			_, err := b.through.PublishMsg(ctx, &nats.Msg{Subject: "conversions.done.run.a.b", Data: []byte("x")}, jetstream.WithRetryAttempts(0))
			b.check(t, armed, action, b.stored(t), err, time.Since(began))
			// One fault is one fault: the next is passed on, by a new connection if need be.
			again, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if _, err := b.through.Publish(again, "conversions.done.run.a.c", nil); err != nil {
				t.Errorf("the next publish: %v", err)
			}
		})
	}
}

func TestNATSDelivery(t *testing.T) {
	t.Parallel()
	for action, want := range map[faults.Action]int{
		faults.Fail: 0, faults.Crash: 0, faults.ApplyThenFail: 1, faults.Delay: 1, faults.Duplicate: 2,
	} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			b := newNATSBench(t)
			if _, err := b.through.Publish(t.Context(), "conversions.request.small.run.a.b", nil); err != nil {
				t.Fatal(err)
			}
			consumer, err := b.stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "renderer-small", AckPolicy: jetstream.AckExplicitPolicy})
			if err != nil {
				t.Fatal(err)
			}
			consumer, err = b.through.Consumer(t.Context(), "S", consumer.CachedInfo().Name)
			if err != nil {
				t.Fatal(err)
			}
			armed := b.arm(faults.WireNATS, "deliver S/renderer-small", action)
			batch, err := consumer.Fetch(2, jetstream.FetchMaxWait(2*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			for range batch.Messages() {
				got++
			}
			if got != want {
				t.Errorf("%d messages came, want %d", got, want)
			}
			select {
			case <-armed.Fired():
			default:
				t.Error("the fault did not fire")
			}
		})
	}
}

// A late effect happens also when the one who wanted it has gone.
func TestNATSLateEffectOfTheDead(t *testing.T) {
	t.Parallel()
	b := newNATSBench(t)
	b.arm(faults.WireNATS, "publish conversions.done", faults.Delay)
	if err := b.conn.Publish("conversions.done.run.a.b", nil); err != nil {
		t.Fatal(err)
	}
	if err := b.conn.FlushTimeout(late / 3); !errors.Is(err, nats.ErrTimeout) {
		t.Errorf("flush behind the late message: %v, want a time-out", err)
	}
	b.conn.Close()
	deadline := time.After(10 * time.Second)
	for b.stored(t) == 0 {
		select {
		case <-deadline:
			t.Fatal("the late message never came")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestNATSPoints(t *testing.T) {
	t.Parallel()
	b := newNATSBench(t)
	if _, err := b.through.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "progress"}); err != nil {
		t.Fatal(err)
	}
	kv, err := b.through.KeyValue(t.Context(), "progress")
	if err != nil {
		t.Fatal(err)
	}
	revision, err := kv.Create(t.Context(), "renderer.run.a.b", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Update(t.Context(), "renderer.run.a.b", nil, revision); err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Get(t.Context(), "renderer.run.a.b"); err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), "worker.renderer.x", nil); err != nil {
		t.Fatal(err)
	}
	if err := kv.Delete(t.Context(), "publisher.run"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.through.Publish(t.Context(), "conversions.rendered.publish.run.a.b", nil); err != nil {
		t.Fatal(err)
	}
	counts := b.Counts()
	for _, effect := range []string{
		"connect", "stream info KV_progress", "kv create progress renderer", "kv update progress renderer", "kv get progress renderer",
		"kv put progress worker", "kv delete progress publisher", "publish conversions.rendered.publish",
	} {
		if p := (faults.Point{Role: "role", Wire: faults.WireNATS, Effect: effect}); counts[p] != 1 {
			t.Errorf("%s was met %d times, want once; all: %v", p, counts[p], faults.SortPoints(counts))
		}
	}
}
