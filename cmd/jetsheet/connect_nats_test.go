package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// newTestApp returns an app outside of a command line.
func newTestApp(log io.Writer) *app {
	return &app{settings: newSettingsResolver(nil), log: slog.New(slog.NewTextHandler(log, nil))}
}

// setupNATS starts a server whose user "limited" may publish to "open" alone, and one
// context file for it: a context that is a file keeps the user's own out of the test.
func setupNATS(t *testing.T) (*natsServer, *natsSettings) {
	t.Helper()
	var options *server.Options
	running := localtest.StartNATS(t, local.NATSOptions{Addr: "127.0.0.1:0", Configure: func(o *server.Options) {
		o.Users = users("pa55")
		options = o
	}})
	file := t.TempDir() + "/empty.json"
	writeFile(t, file, "{}")
	return &natsServer{running, options}, &natsSettings{URL: running.URL(), Context: file, User: "limited", Password: "pa55"}
}

// natsServer is a server with what it was configured with.
type natsServer struct {
	*local.NATS
	options *server.Options
}

func users(password string) []*server.User {
	return []*server.User{{Username: "limited", Password: password, Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{"open"}},
	}}}
}

func TestRefusedRequestEndsAtOnce(t *testing.T) {
	t.Parallel()
	_, settings := setupNATS(t)
	var log bytes.Buffer
	link, err := newTestApp(&log).openNATS(t.Context(), settings, "renderer")
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = link.Do(ctx, func(ctx context.Context) error {
		_, err := link.JetStream.Stream(ctx, "CONVERSIONS")
		return err
	})
	var refused *permissionError
	if !errors.As(err, &refused) || refused.Subject != "$JS.API.STREAM.INFO.CONVERSIONS" || refused.Action != "publish" || refused.User != "user limited" {
		t.Errorf("stream information without permission: got %v, want a permission error with its subject", err)
	}
	if ctx.Err() != nil {
		t.Errorf("the refusal came with the deadline, want it at once")
	}
	if log.Len() > 0 {
		t.Errorf("the waiting caller has the refusal, and it is logged too: %s", log.String())
	}
}

func TestTimeOutIsExplainedOnce(t *testing.T) {
	t.Parallel()
	known := &refusals{log: slog.New(slog.DiscardHandler)}
	late := fmt.Errorf("look up stream: %w", context.DeadlineExceeded)
	if got := known.explain(late); got != late { //nolint:errorlint // the very same error
		t.Errorf("explain without a refusal: got %v, want %v", got, late)
	}
	known.handle(nil, nil, fmt.Errorf(`%w: Permissions Violation for Subscription to "a.b" using queue "q"`, nats.ErrPermissionViolation))
	other := errors.New("no such key")
	if got := known.explain(other); got != other { //nolint:errorlint // the very same error
		t.Errorf("explain of another error: got %v, want %v", got, other)
	}
	var refused *permissionError
	if got := known.explain(late); !errors.As(got, &refused) || refused.Action != "subscribe" || refused.Subject != "a.b" {
		t.Errorf(`explain of a time-out after a refusal: got %v, want "subscribe" and "a.b"`, got)
	}
	if got := known.explain(late); got != late { //nolint:errorlint // the very same error
		t.Errorf("explain of a later time-out: got %v, want %v", got, late)
	}
}

// TestRefusalNobodyWaitsForIsLogged: a role's stage does not use Do.
func TestRefusalNobodyWaitsForIsLogged(t *testing.T) {
	t.Parallel()
	_, settings := setupNATS(t)
	var log bytes.Buffer
	link, err := newTestApp(&log).openNATS(t.Context(), settings, "renderer")
	if err != nil {
		t.Fatal(err)
	}
	if err := link.Publish("closed", nil); err != nil {
		t.Fatal(err)
	}
	// The answer to the ping of Flush comes after the refusal, Close after its handler.
	if err := link.Flush(); err != nil {
		t.Fatal(err)
	}
	link.Close()
	for _, want := range []string{"level=ERROR", "subject=closed", "permission denied by NATS"} {
		if !bytes.Contains(log.Bytes(), []byte(want)) {
			t.Errorf("log after a refused publish: got %q, want %q in it", log.String(), want)
		}
	}
}

// TestRefusalIsFoundAgain: what a job waited for is asked for afterwards, by its subject.
func TestRefusalIsFoundAgain(t *testing.T) {
	t.Parallel()
	_, settings := setupNATS(t)
	link, err := newTestApp(io.Discard).openNATS(t.Context(), settings, "renderer")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for i := range maxRefusals + 1 {
		if err := link.Publish(fmt.Sprint("closed.", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := link.Flush(); err != nil {
		t.Fatal(err)
	}
	link.Close() // its handlers are done
	is := func(want string) func(string) bool { return func(subject string) bool { return subject == want } }
	known := link.refusals
	if got := known.since(began, is("closed.7")); got == nil || *got != (permissionError{Action: "publish", Subject: "closed.7", User: "user limited"}) {
		t.Errorf("the refusal of closed.7: got %v", got)
	}
	for what, got := range map[string]*permissionError{
		"of another subject": known.since(began, is("open")), "from before": known.since(time.Now(), is("closed.7")),
		"of too long ago": known.since(began, is("closed.0")),
	} {
		if got != nil {
			t.Errorf("a refusal %s: got %v, want none", what, got)
		}
	}
}

// TestRoleEndsWhenItsCredentialsAreRefused: after a reload without its user, a role's
// context ends with a cause of exit code 5 instead of reconnecting for ever in silence.
func TestRoleEndsWhenItsCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	running, settings := setupNATS(t)
	link, err := newTestApp(io.Discard).openNATS(t.Context(), settings, "renderer")
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	ctx, release := link.alive(t.Context())
	defer release()
	changed := running.options.Clone()
	changed.Users = users("changed")
	if err := running.Server().ReloadOptions(changed); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
		t.Fatal("the role still waits a minute after its credentials were refused")
	}
	var exit *exitError
	if err := stopped(ctx, ctx.Err()); !errors.As(err, &exit) || exit.Code != exitUnreachable {
		t.Errorf("end of the role: got %v, want exit code %d", err, exitUnreachable)
	}
}

// TestRoleNamesWhereItLooksForNATS: with nothing set the library tries an address of its
// own, and what building a stage says is only that something timed out.
func TestRoleNamesWhereItLooksForNATS(t *testing.T) {
	t.Parallel()
	empty := t.TempDir() + "/empty.json"
	writeFile(t, empty, "{}")
	for _, test := range []struct {
		settings natsSettings
		want     string
	}{
		{natsSettings{URL: localtest.Unused, Context: empty}, "servers=" + localtest.Unused + " setting=JETSHEET_NATS_URL err=\"no server answers\""},
		{natsSettings{Context: empty}, "servers=" + nats.DefaultURL + " "},
	} {
		var log bytes.Buffer
		a := newTestApp(&log)
		link, err := a.openNATS(t.Context(), &test.settings, "renderer")
		if err != nil {
			t.Fatal(err)
		}
		link.refusals.log = slog.New(slog.DiscardHandler)
		if link.IsConnected() { // somebody's own server on the default port
			link.Close()
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		tries := 0
		_, err = a.buildRole(ctx, parts{}, link, func(context.Context, parts) (stage, error) {
			if tries++; tries == 2 {
				cancel()
			}
			return nil, fmt.Errorf("look up bucket runs: %w", context.DeadlineExceeded)
		})
		link.Close()
		if lines := strings.Count(log.String(), test.want); err == nil || lines != 2 || strings.Contains(log.String(), "look up") {
			t.Errorf("log without NATS: %d lines have %q, want 2 and no time-out, error %v:\n%s", lines, test.want, err, log.String())
		}
	}
}

func TestAdviceIsGivenOnce(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		delivery.NotSetUp("bucket runs", jetstream.ErrBucketNotFound),
		fmt.Errorf("look up stream DONE: %w", jetstream.ErrStreamNotFound),
	} {
		explained := explain(err)
		var exit *exitError
		if text := explained.Error(); strings.Count(text, "jetsheet setup") != 1 || !errors.As(explained, &exit) || exit.Code != exitUnreachable {
			t.Errorf("explain(%v) = %q, want the advice once and exit code %d", err, text, exitUnreachable)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	plain := errors.New("plain")
	for _, test := range []struct {
		err  error
		code int
	}{
		{jetstream.ErrStreamNotFound, exitUnreachable},
		{jetstream.ErrBucketNotFound, exitUnreachable},
		{nats.ErrNoResponders, exitUnreachable},
		{&permissionError{}, exitUnreachable},
		{exitWith(exitNothing), exitNothing},
		{plain, 0},
	} {
		var exit *exitError
		code := 0
		if errors.As(explain(test.err), &exit) {
			code = exit.Code
		}
		if code != test.code {
			t.Errorf("explain(%v): exit code %d, want %d", test.err, code, test.code)
		}
		if !errors.Is(explain(test.err), test.err) {
			t.Errorf("explain(%v) lost the error", test.err)
		}
	}
}
