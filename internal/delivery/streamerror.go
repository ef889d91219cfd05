package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// storeFailed is the server's code for "maximum messages per subject exceeded",
// "maximum bytes exceeded" and everything else that keeps it from storing a message.
const storeFailed jetstream.ErrorCode = 10077

// AlreadyQueued says whether a request was refused because its conversion waits in the
// lane: that is success. "The stream is full" has the same code, only the text tells
// them apart.
func AlreadyQueued(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == storeFailed && strings.Contains(api.Description, "maximum messages per subject exceeded")
}

// WrongLastSequence says whether a conditional write was refused because somebody else
// wrote first: a record that exists, or a KV entry of another revision.
func WrongLastSequence(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

// Gone says whether a message was not deleted because it is not there.
func Gone(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) ||
		errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeMessageNotFound
}

// LastMessage returns the newest message of a subject, nil when there is none.
func LastMessage(ctx context.Context, stream jetstream.Stream, subject string) (*jetstream.RawStreamMsg, error) {
	m, err := stream.GetLastMsgForSubject(ctx, subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, nil //nolint:nilnil // absence is an answer
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", subject, err)
	}
	return m, nil
}

// HasMessage says whether a subject has a message. On DONE and FAILED it tells whether
// a conversion has such an outcome.
func HasMessage(ctx context.Context, stream jetstream.Stream, subject string) (bool, error) {
	m, err := LastMessage(ctx, stream, subject)
	return m != nil, err
}
