package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/natscontext"
)

// place names the servers and the setting that named them.
func (l *natsLink) place() string {
	if l.servers == "" {
		return fmt.Sprintf("NATS (%s)", l.setting)
	}
	return fmt.Sprintf("NATS at %s (%s)", l.servers, l.setting)
}

// away is what a log line tells about a connection that is not there: where it was
// looked for, by which setting, and what came of it.
func (l *natsLink) away() []slog.Attr {
	err := l.LastError()
	if err == nil { // the library forgets it when it tries again
		err = l.failure.last()
	}
	return []slog.Attr{slog.String("servers", l.servers), slog.String("setting", l.setting), slog.String("err", l.reason(err))}
}

// reason is the text of a connection's error: for refused credentials, which ones they
// are and what sets others.
func (l *natsLink) reason(err error) string {
	text := natsReason(err)
	if !refusesCredentials(err) {
		return text
	}
	given := "none were given"
	if l.given != "" {
		given = "given: " + l.given
	}
	return fmt.Sprintf("%s; %s; set %s and %s, or --nats-creds, or --nats-context", text, given, variableName("nats-user"), variableName("nats-password"))
}

func natsReason(err error) string {
	switch {
	case err == nil:
		return "no reason given"
	case errors.Is(err, nats.ErrNoServers):
		return "no server answers"
	case refusesCredentials(err):
		return fmt.Sprintf("the server refuses our credentials (%s)", strings.ToLower(err.Error()))
	default:
		return reason(err)
	}
}

func refusesCredentials(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, nats.ErrAuthRevoked)
}

// natsSetting names where the servers' addresses come from, or what to set.
func (a *app) natsSetting(settings *natsSettings) string {
	switch {
	case settings.URL != "":
		return a.settings.describe("nats-url")
	case settings.Context != "":
		return fmt.Sprintf("context %q from %s", settings.Context, a.settings.describe("nats-context"))
	default:
		return fmt.Sprintf("set %s or NATS_URL, or select a context with the nats CLI", variableName("nats-url"))
	}
}

// natsCredentials says which credentials a connection with these options gives, and
// where they come from; "" means none.
func (a *app) natsCredentials(settings *natsSettings, o *nats.Options) string {
	from := func(what, flag string) string { return a.place(what, flag) }
	inURL := userOfServers(o.Servers)
	switch {
	case settings.Creds != "":
		return from("file "+settings.Creds, "nats-creds")
	case settings.NKey != "":
		return from("NKey file "+settings.NKey, "nats-nkey")
	case inURL != "": // beats the ones below
		return inURL + " in the server's URL"
	case settings.Token != "":
		return from("a token", "nats-token")
	case settings.User != "" && settings.Password == "":
		return from("user "+settings.User+" without a password", "nats-user")
	case settings.User != "":
		return from("user "+settings.User+" with a password", "nats-user")
	case o.User != "":
		return "user " + o.User + " of the context"
	case o.Token != "", o.TokenHandler != nil, o.Nkey != "", o.UserJWT != nil:
		return "credentials of the context"
	default:
		return ""
	}
}

// userOfServers is the first user in the servers' URLs, or "".
func userOfServers(servers []string) string {
	for _, server := range servers {
		if !strings.Contains(server, "://") {
			server = "nats://" + server
		}
		parsed, err := url.Parse(server)
		if err != nil || parsed.User == nil {
			continue
		}
		return userOf(parsed.User)
	}
	return ""
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

// userOfURL is the user in the URL of the server that we are connected to.
func userOfURL(conn *nats.Conn) string {
	parsed, err := url.Parse(conn.ConnectedUrl())
	if err != nil || parsed.User == nil {
		return "no user"
	}
	return userOf(parsed.User)
}

// userOf names who a URL says that we are. A name without a password is a token.
func userOf(user *url.Userinfo) string {
	if _, ok := user.Password(); !ok {
		return "token"
	}
	return "user " + user.Username()
}
