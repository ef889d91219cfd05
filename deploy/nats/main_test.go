package nats_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// users are all users of the configuration's account.
func users() []string {
	return []string{"setup", "producer", "renderer", "uploader", "ops", "operator", "exports", "flags", "previous"}
}

func TestMain(m *testing.M) {
	// The server reads passwords from the environment when it parses its file.
	for _, user := range append(users(), "admin") {
		if err := os.Setenv(passwordVariable(user), "p"+rand.Text()); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	localtest.Main(m)
}

func passwordVariable(user string) string {
	return "JETSHEET_NATS_" + strings.ToUpper(user) + "_PASSWORD"
}

// inboxOf is the inbox prefix of a user: roles have one of their own, people the
// default of every client.
func inboxOf(user string) string {
	if user == "setup" || user == "operator" {
		return "_INBOX"
	}
	return "_INBOX_" + user
}

// startServer starts a server on the configuration as it is shipped, but for where it
// listens and keeps its data.
func startServer(t *testing.T) *local.NATS {
	t.Helper()
	shipped := shippedOptions(t)
	return localtest.StartNATS(t, local.NATSOptions{Configure: func(o *server.Options) {
		shipped.DontListen, shipped.HTTPPort, shipped.NoSigs = o.DontListen, 0, o.NoSigs
		shipped.StoreDir = o.StoreDir
		*o = *shipped
	}})
}

// shippedOptions are the options in the configuration.
func shippedOptions(t *testing.T) *server.Options {
	t.Helper()
	shipped, err := server.ProcessConfigFile("jetsheet.conf")
	if err != nil {
		t.Fatalf("jetsheet.conf: %v", err)
	}
	return shipped
}

// link is a user's connection with everything that NATS complained of on it.
type link struct {
	t    *testing.T
	user string
	conn *nats.Conn
	js   jetstream.JetStream
	sent *recorder

	mu         sync.Mutex
	complaints []string
	news       chan struct{} // holds a token when complaints has grown
}

// connect connects as a user, as `jetsheet` does.
func connect(t *testing.T, running *local.NATS, user string) *link {
	t.Helper()
	l := &link{t: t, user: user, news: make(chan struct{}, 1), sent: &recorder{server: running.Server()}}
	var err error
	l.conn, err = nats.Connect("", nats.InProcessServer(l.sent),
		nats.UserInfo(user, os.Getenv(passwordVariable(user))), nats.CustomInboxPrefix(inboxOf(user)),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { l.complain(err) }))
	if err != nil {
		t.Fatalf("connect as user %s: %v", user, err)
	}
	t.Cleanup(l.conn.Close)
	if l.js, err = jetstream.New(l.conn); err != nil {
		t.Fatalf("JetStream of user %s: %v", user, err)
	}
	return l
}

func (l *link) complain(err error) {
	l.mu.Lock()
	l.complaints = append(l.complaints, err.Error())
	l.mu.Unlock()
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// refused says whether NATS has refused a subject on the link so far.
func (l *link) refused(action, subject string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.complaints, func(c string) bool {
		return strings.Contains(strings.ToLower(c), "permissions violation for "+action+` to "`+strings.ToLower(subject)+`"`)
	})
}

// awaitRefusal waits until NATS has refused a subject.
func (l *link) awaitRefusal(action, subject string) {
	l.t.Helper()
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	for !l.refused(action, subject) {
		select {
		case <-l.news:
		case <-limit.C:
			l.t.Fatalf("user %s: no refusal of %s to %q; complaints so far: %q", l.user, action, subject, l.all())
		}
	}
}

// all returns what NATS has complained of.
func (l *link) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.complaints)
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
