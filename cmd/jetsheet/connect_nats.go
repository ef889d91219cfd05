package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/natscontext"
)

const (
	// natsReconnectWait and its jitter spread a fleet's reconnects after a server's
	// restart over a few seconds.
	natsReconnectWait   = 2 * time.Second
	natsReconnectJitter = time.Second
	// natsPingInterval notices a dead connection within a lease: two pings without an
	// answer, 40 s, are less than AckWait, 60 s.
	natsPingInterval = 20 * time.Second
	natsDialLimit    = 5 * time.Second
)

// natsLink is a connection to NATS with what is known about refusals on it.
type natsLink struct {
	*nats.Conn
	JetStream jetstream.JetStream

	refusals *refusals
	closed   chan struct{} // closed by the connection's closed handler
	failure  *connectFailure
	// servers are the addresses that are tried, without credentials; setting is where
	// they come from, or what to set.
	servers, setting string
	// given says which credentials we have, without secrets; "" means none.
	given string
}

// openNATS connects. A role gets an inbox prefix of its own, "_INBOX_<role>", so that
// its permissions need not cover the answers to others. The caller closes the link.
func (a *app) openNATS(ctx context.Context, settings *natsSettings, role string) (*natsLink, error) {
	link := &natsLink{refusals: &refusals{log: a.log}, closed: make(chan struct{}), failure: newConnectFailure(), servers: redactURLs(settings.URL), setting: a.natsSetting(settings)}
	options := append(link.options(role), func(o *nats.Options) error {
		// By now the context's own options are in place.
		if settings.URL != "" {
			o.Servers = strings.Split(settings.URL, ",")
			for i, server := range o.Servers {
				o.Servers[i] = strings.TrimSpace(server)
			}
		}
		// With nothing set the library tries an address of its own.
		if link.servers = redactURLs(strings.Join(o.Servers, ",")); link.servers == "" {
			link.servers = nats.DefaultURL
		}
		if role != clientCommand && o.InboxPrefix == "" {
			o.InboxPrefix = "_INBOX_" + role
		}
		err := settings.authenticate(o)
		link.given = a.natsCredentials(settings, o)
		return err
	})
	conn, used, err := natscontext.Connect(settings.Context, options...)
	if err != nil {
		return nil, unreachableError("%s: %s", link.place(), link.reason(err))
	}
	link.Conn = conn
	link.refusals.setUser(userName(conn, settings, used))
	link.JetStream, err = newJetStream(conn, used)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("JetStream of %s: %w", link.place(), err)
	}
	if !conn.IsConnected() {
		link.failure.await(ctx)
		a.log.LogAttrs(ctx, slog.LevelWarn, "NATS does not answer yet", link.away()...)
	}
	return link, nil
}

// contextServers returns the servers that the nats CLI's context names, without connecting
// to them; none where there is no context.
func (s *natsSettings) contextServers() (servers []string, err error) {
	// The library has no other way to its contexts than to connect.
	enough := errors.New("the servers are known")
	_, _, err = natscontext.Connect(s.Context, func(o *nats.Options) error {
		servers = o.Servers
		return enough
	})
	if errors.Is(err, enough) {
		return servers, nil
	}
	return nil, err
}

// newJetStream honours the domain or API prefix that the context has.
func newJetStream(conn *nats.Conn, used natscontext.Settings) (jetstream.JetStream, error) {
	switch {
	case used.JSDomain != "":
		return jetstream.NewWithDomain(conn, used.JSDomain)
	case used.JSAPIPrefix != "":
		return jetstream.NewWithAPIPrefix(conn, used.JSAPIPrefix)
	default:
		return jetstream.New(conn)
	}
}

func (l *natsLink) options(role string) []nats.Option {
	name := "jetsheet"
	if role != clientCommand {
		name += " " + role
	}
	return []nats.Option{
		nats.Name(name),
		nats.Timeout(natsDialLimit),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(natsReconnectWait),
		nats.ReconnectJitter(natsReconnectJitter, natsReconnectJitter),
		nats.PingInterval(natsPingInterval),
		nats.RetryOnFailedConnect(role != clientCommand),
		nats.ErrorHandler(l.refusals.handle),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { l.failure.set(err) }),
		nats.ClosedHandler(func(*nats.Conn) { close(l.closed) }),
	}
}

// authenticate sets who we are. What the settings say replaces all that the context
// says about it: two identities at once would leave the choice to the server.
func (s *natsSettings) authenticate(o *nats.Options) error {
	var identity []nats.Option
	switch {
	case s.Creds != "":
		identity = append(identity, nats.UserCredentials(s.Creds))
	case s.NKey != "":
		option, err := nats.NkeyOptionFromSeed(s.NKey)
		if err != nil {
			return fmt.Errorf("read NKey seed %s: %w", s.NKey, err)
		}
		identity = append(identity, option)
	case s.Token != "":
		identity = append(identity, nats.Token(s.Token))
	case s.User != "":
		identity = append(identity, nats.UserInfo(s.User, s.Password))
	}
	if identity != nil {
		o.User, o.Password, o.Token, o.TokenHandler = "", "", "", nil
		o.Nkey, o.UserJWT, o.SignatureCB = "", nil, nil
	}
	if s.CA != "" {
		identity = append(identity, nats.RootCAs(s.CA))
	}
	if s.Cert != "" || s.Key != "" {
		identity = append(identity, nats.ClientCert(s.Cert, s.Key))
	}
	for _, option := range identity {
		if err := option(o); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the connection and waits until its handlers are done.
func (l *natsLink) Close() {
	l.Conn.Close()
	<-l.closed
}

// alive returns a context for a role's work that ends when the connection is closed for
// good, which without Close means that the server refuses our credentials. The role's
// result then is the cause; see [stopped].
func (l *natsLink) alive(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-l.closed:
			cancel(unreachableError("%s closed the connection: %s", l.place(), l.reason(l.LastError())))
		case <-stop:
		}
	}()
	return ctx, func() {
		close(stop)
		<-done
		cancel(nil)
	}
}
