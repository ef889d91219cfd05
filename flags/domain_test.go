package flags_test

import (
	"net"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
)

// TestLedgerBehindADomain changes the document of a hub through a leaf node that has a
// bucket of the same name in a domain of its own: that one stays empty.
func TestLedgerBehindADomain(t *testing.T) {
	t.Parallel()
	var listening *server.Options
	hub := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0", Configure: func(o *server.Options) {
		o.JetStreamDomain, o.ServerName = "hub", "hub"
		o.LeafNode.Host, o.LeafNode.Port = "127.0.0.1", server.RANDOM_PORT
		listening = o
	}})
	leaf := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0", Configure: func(o *server.Options) {
		o.JetStreamDomain, o.ServerName = "leaf", "leaf"
		o.LeafNode.Remotes = []*server.RemoteLeafOpts{{URLs: []*url.URL{{Scheme: "nats-leaf", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(listening.LeafNode.Port))}}}}
		o.LeafNode.ReconnectInterval = 100 * time.Millisecond
	}})
	_, own := localtest.Connect(t, leaf)
	_, ofLeaf := provision(t, own)
	_, inHub := localtest.Connect(t, hub)
	_, ofHub := provision(t, inHub)

	conn, err := nats.Connect(leaf.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	for name, js := range map[string]func() (jetstream.JetStream, error){
		"domain": func() (jetstream.JetStream, error) { return jetstream.NewWithDomain(conn, "hub") },
		"prefix": func() (jetstream.JetStream, error) { return jetstream.NewWithAPIPrefix(conn, "$JS.hub.API") },
	} {
		js, err := js()
		if err != nil {
			t.Fatal(err)
		}
		ledger := openWhenThere(t, js)
		after := uint64(0)
		if newest, err := ledger.Newest(t.Context()); err == nil {
			after = newest.Number
		}
		stored, err := ledger.Put(t.Context(), flags.InitialDocument(jetsheet.RouteLegacy), after, somebody)
		if err != nil {
			t.Fatalf("%s: Put: %v", name, err)
		}
		if entry, err := ofHub.Get(t.Context(), jetsheet.FlagsKey); err != nil || entry.Revision() != stored.Number {
			t.Errorf("%s: the hub's document is %v, %v, want revision %d", name, entry, err, stored.Number)
		}
		if back, err := ledger.TakeBack(t.Context(), flags.TakeBack{Group: "g1", Period: "2026-10", Author: "ops", Reason: "failures"}); err != nil || back != nil {
			t.Errorf("%s: TakeBack = %v, %v, want nothing to do", name, back, err)
		}
	}
	if status, err := ofLeaf.Status(t.Context()); err != nil || status.Values() != 0 {
		t.Errorf("the leaf's own bucket has %d values, %v, want none", status.Values(), err)
	}
}

// openWhenThere opens the ledger as soon as the leaf node has found the hub.
func openWhenThere(t *testing.T, js jetstream.JetStream) *flags.Ledger {
	t.Helper()
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for limit := time.Now().Add(30 * time.Second); ; <-pace.C {
		ledger, err := flags.OpenLedger(t.Context(), js)
		if err == nil {
			return ledger
		}
		if time.Now().After(limit) {
			t.Fatalf("open the hub's bucket: %v", err)
		}
	}
}
