package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
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
}

// openNATS connects. A role gets an inbox prefix of its own, "_INBOX_<role>", so that
// its permissions need not cover the answers to others. The caller closes the link.
func (a *app) openNATS(ctx context.Context, settings *natsSettings, role string) (*natsLink, error) {
	link := &natsLink{refusals: &refusals{log: a.log}, closed: make(chan struct{})}
	servers := settings.URL
	options := append(link.options(role), func(o *nats.Options) error {
		// By now the context's own options are in place.
		if settings.URL != "" {
			o.Servers = strings.Split(settings.URL, ",")
			for i, server := range o.Servers {
				o.Servers[i] = strings.TrimSpace(server)
			}
		}
		servers = strings.Join(o.Servers, ",")
		if role != clientCommand && o.InboxPrefix == "" {
			o.InboxPrefix = "_INBOX_" + role
		}
		return settings.authenticate(o)
	})
	conn, used, err := natscontext.Connect(settings.Context, options...)
	if err != nil {
		return nil, unreachableError("%s: %s", a.natsPlace(settings, servers), natsReason(err))
	}
	link.Conn = conn
	link.refusals.setUser(userName(conn, settings, used))
	link.JetStream, err = newJetStream(conn, used)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("JetStream of %s: %w", a.natsPlace(settings, servers), err)
	}
	if !conn.IsConnected() {
		a.log.WarnContext(ctx, "NATS does not answer yet", slog.String("servers", redactURLs(servers)))
	}
	return link, nil
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
			cancel(unreachableError("NATS closed the connection: %s", natsReason(l.LastError())))
		case <-stop:
		}
	}()
	return ctx, func() {
		close(stop)
		<-done
		cancel(nil)
	}
}

func (a *app) natsPlace(settings *natsSettings, servers string) string {
	at := "NATS"
	if servers != "" {
		at += " at " + redactURLs(servers)
	}
	switch {
	case settings.URL != "":
		return a.place(at, "nats-url")
	case settings.Context != "":
		return fmt.Sprintf("%s (context %q from %s)", at, settings.Context, a.settings.describe("nats-context"))
	default:
		return fmt.Sprintf("%s (set %s, or select a context with the nats CLI)", at, variableName("nats-url"))
	}
}

func natsReason(err error) string {
	switch {
	case err == nil:
		return "no reason given"
	case errors.Is(err, nats.ErrNoServers):
		return "no server answers"
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return fmt.Sprintf("the server refuses our credentials (%s)", strings.ToLower(err.Error()))
	default:
		return reason(err)
	}
}

// userName says who we are on the connection, without secrets.
func userName(conn *nats.Conn, settings *natsSettings, used natscontext.Settings) string {
	switch {
	case settings.Creds != "":
		return "credentials " + settings.Creds
	case settings.NKey != "":
		return "nkey " + conn.Opts.Nkey
	case settings.Token != "":
		return "token"
	case conn.Opts.User != "":
		return "user " + conn.Opts.User
	case used.Creds != "":
		return "credentials " + used.Creds
	case conn.Opts.Nkey != "":
		return "nkey " + conn.Opts.Nkey
	default:
		return userOfURL(conn)
	}
}

// userOfURL is the user in the server's URL. A name without a password is a token.
func userOfURL(conn *nats.Conn) string {
	parsed, err := url.Parse(conn.ConnectedUrl())
	if err != nil || parsed.User == nil {
		return "no user"
	}
	if _, ok := parsed.User.Password(); !ok {
		return "token"
	}
	return "user " + parsed.User.Username()
}
