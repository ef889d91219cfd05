package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Connections are opened by methods of app that take the settings group and the role.
// The role is the name of a role's command, or clientCommand for a person's command:
//
//   - A person's command checks what it opened at once. What cannot be reached or is
//     not set up ends it with exit code 5 and an error that names the setting.
//   - A role may start before its servers do: it logs a warning and goes on, and its
//     stage waits. Only what waiting does not mend (a wrong password, a database that is
//     not there) ends it.
//
// No error and no log line holds credentials.

// clientCommand stands for the role of a command that people run.
const clientCommand = ""

// connectLimit is how long the check of one connection may take: long enough for a
// database that is just starting, short enough for a person who waits.
const connectLimit = 10 * time.Second

// explain turns an error that any command may meet into one that names the next step
// and has its exit code. Other errors stay as they are.
func explain(err error) error {
	var decided *exitError
	if err == nil || errors.As(err, &decided) {
		return err
	}
	for _, explain := range []func(error) error{explainNATS, explainS3, explainDatabase} {
		if explained := explain(err); explained != nil {
			return explained
		}
	}
	return err
}

// explainNATS returns nil if the error has another cause.
func explainNATS(err error) error {
	var denied *permissionError
	switch {
	case errors.As(err, &denied), errors.Is(err, jetsheet.ErrMaxPayload):
		return &exitError{Code: exitUnreachable, Err: err}
	case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, jetstream.ErrConsumerNotFound),
		errors.Is(err, jetstream.ErrBucketNotFound), errors.Is(err, jetstream.ErrNoStreamResponse):
		if strings.Contains(err.Error(), "jetsheet setup") { // the advice is given where it was noticed
			return unreachableError("%w", err)
		}
		return unreachableError("%w: run \"jetsheet setup\"", err)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return unreachableError("%w: enable JetStream in the server's configuration", err)
	case errors.Is(err, nats.ErrNoResponders):
		return unreachableError("nobody answers on NATS: is \"jetsheet ops\" running? (on a new NATS \"jetsheet setup\" comes first; %w)", err)
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrDisconnected):
		return unreachableError("NATS: %w", err)
	default:
		return nil
	}
}

// explainS3 returns nil if the error has another cause.
func explainS3(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return nil
	}
	switch api.ErrorCode() {
	case "NoSuchBucket":
		return unreachableError("the bucket is not there: run \"jetsheet setup\", or correct %s (%w)", variableName("s3-bucket"), err)
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken":
		return unreachableError("S3 refuses these credentials (%s): %w", api.ErrorCode(), err)
	default:
		return nil
	}
}

// explainDatabase returns nil if the error has another cause.
func explainDatabase(err error) error {
	var connect *pgconn.ConnectError
	if !errors.As(err, &connect) {
		return nil
	}
	return unreachableError("database: %s", databaseReason(connect))
}

// networkReason is the part of a network error that people can act on, without URL.
// For other errors it returns false.
func networkReason(err error) (string, bool) {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.Error(), true
	}
	var operation *net.OpError
	if errors.As(err, &operation) {
		return operation.Error(), true
	}
	return "", false
}

// reason is the text of an error that may hold a URL: it keeps what is known to be
// harmless and hides the credentials of the rest.
func reason(err error) string {
	if text, ok := networkReason(err); ok {
		return text
	}
	// The error inside of a url.Error quotes the part of the URL that it is about, and
	// with a password that is not encoded this part is the password.
	var bad *url.Error
	if errors.As(err, &bad) && bad.Op == "parse" {
		return "is not a valid URL (is a special character in the password not percent-encoded?)"
	}
	return redactURLs(err.Error())
}

// place names a server and the setting that named it.
func (a *app) place(what, flag string) string {
	return fmt.Sprintf("%s (%s)", what, a.settings.describe(flag))
}
