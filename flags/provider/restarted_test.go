package provider_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags/provider"
)

// restarted is a server that can be stopped and started again where it was, and a
// connection that survives that.
type restarted struct {
	dir, address string
	server       *local.NATS
	js           jetstream.JetStream
	// connected has something in it when the connection was back.
	connected chan struct{}
}

func newRestarted(tb testing.TB) *restarted {
	tb.Helper()
	r := &restarted{dir: tb.TempDir(), address: freeAddress(tb), connected: make(chan struct{}, 1)}
	r.start(tb)
	conn, err := nats.Connect(r.server.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.ReconnectHandler(func(*nats.Conn) {
			select {
			case r.connected <- struct{}{}:
			default:
			}
		}))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(conn.Close)
	if r.js, err = jetstream.New(conn); err != nil {
		tb.Fatal(err)
	}
	return r
}

func (r *restarted) start(tb testing.TB) {
	tb.Helper()
	r.server = localtest.StartNATS(tb, local.NATSOptions{Dir: r.dir, Addr: r.address})
	r.address = host(tb, r.server.URL())
}

// putByAnother puts a document over a connection of its own.
func (r *restarted) putByAnother(tb testing.TB, document []byte) {
	tb.Helper()
	_, js := localtest.Connect(tb, r.server)
	kv, err := js.KeyValue(tb.Context(), "flags")
	if err != nil {
		tb.Fatal(err)
	}
	put(tb, kv, document)
}

func freeAddress(tb testing.TB) string {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func host(tb testing.TB, url string) string {
	tb.Helper()
	_, address, found := strings.Cut(url, "://")
	if !found {
		tb.Fatalf("%s has no address", url)
	}
	return address
}

// watched is a provider that is asked whenever it tells an event.
func watched(b *testing.B, source provider.Source) (seen func(want bool)) {
	b.Helper()
	p, err := provider.New(provider.Config{Source: source})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.Shutdown)
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		b.Fatal(err)
	}
	return func(want bool) {
		for p.BooleanEvaluation(b.Context(), "beta", !want, nil).Value != want {
			select {
			case <-p.EventChannel():
			case <-b.Context().Done():
				b.Fatal("the document was not seen")
			}
		}
	}
}

// BenchmarkServerRestart stops the server, starts it again and puts a document: after
// how long is that in use? From when the connection was back, which lies with whoever
// made it, and from when the server was.
func BenchmarkServerRestart(b *testing.B) {
	r := newRestarted(b)
	put(b, createBucket(b, r.js), document(false))
	seen := watched(b, kvSource(b, r.js))
	var longest, longestOfServer time.Duration
	for on := true; b.Loop(); on = !on {
		r.server.Shutdown()
		r.start(b)
		up := time.Now()
		r.putByAnother(b, document(on))
		<-r.connected
		back := time.Now()
		seen(on)
		longest, longestOfServer = max(longest, time.Since(back)), max(longestOfServer, time.Since(up))
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-after-connection")
	b.ReportMetric(float64(longestOfServer.Microseconds())/1000, "ms-after-server")
}

// BenchmarkBucketMadeAnew deletes the bucket under the watch, which does not notice, and
// makes it anew: after how long is the new document in use? It takes half a minute.
func BenchmarkBucketMadeAnew(b *testing.B) {
	_, js := localtest.NATS(b)
	put(b, createBucket(b, js), document(false))
	seen := watched(b, kvSource(b, js))
	var longest time.Duration
	for on := true; b.Loop(); on = !on {
		if err := js.DeleteKeyValue(b.Context(), "flags"); err != nil {
			b.Fatal(err)
		}
		put(b, createBucket(b, js), document(on))
		began := time.Now()
		seen(on)
		longest = max(longest, time.Since(began))
	}
	b.ReportMetric(longest.Seconds(), "s-after-bucket")
}
