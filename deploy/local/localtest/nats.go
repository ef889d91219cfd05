package localtest

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/local"
)

// answerLimit is how long a test waits for an answer of JetStream where its context says nothing. The library's 5 s are
// over on a machine where many tests begin at once.
const answerLimit = 30 * time.Second

// NATS starts a server of the test's own, inside the process and without syncing, and returns a connection to it. Both
// end with the test.
func NATS(tb testing.TB) (*nats.Conn, jetstream.JetStream) {
	tb.Helper()
	return Connect(tb, StartNATS(tb, local.NATSOptions{}))
}

// StartNATS starts a server for a test that needs more of it: to stop it and start another on the same directory, to
// listen for child processes, to set permissions. An empty Dir means one that goes with the test. The server ends with
// the test at the latest.
func StartNATS(tb testing.TB, o local.NATSOptions) *local.NATS {
	tb.Helper()
	if o.Dir == "" {
		o.Dir = tempDir(tb)
	}
	server, err := local.StartNATS(o)
	if err != nil {
		tb.Fatalf("localtest.StartNATS: %v", err)
	}
	tb.Cleanup(server.Shutdown)
	return server
}

// Connect opens a further connection to a server; it is closed when the test ends.
func Connect(tb testing.TB, server *local.NATS, options ...nats.Option) (*nats.Conn, jetstream.JetStream) {
	tb.Helper()
	conn, err := server.Connect(options...)
	if err != nil {
		tb.Fatalf("localtest.Connect: %v", err)
	}
	tb.Cleanup(conn.Close)
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(answerLimit))
	if err != nil {
		tb.Fatalf("localtest.Connect: %v", err)
	}
	return conn, js
}
