package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Why a job's context ends before its handler does; see [context.Cause].
var (
	// ErrShutdown: the worker stops; the job is given back.
	ErrShutdown = errors.New("worker shuts down")
	// ErrLeaseLost: heartbeats did not get through for AckWait; another worker may
	// hold the message, so the job is dropped.
	ErrLeaseLost = errors.New("lease lost: heartbeats did not get through")
	// ErrStreamReplaced: the stream was deleted and made anew, so the message's
	// sequence now belongs to another one; the job is dropped.
	ErrStreamReplaced = errors.New("stream was made anew")
	// ErrStalled: no progress for AckWait, or past the job deadline.
	ErrStalled = errors.New("no progress")
)

// Error carries what the system does next. Errors without one are transient with
// the cause internal_error.
type Error struct {
	Class jetsheet.Class
	// Cause is set for permanent and transient errors, for an interrupted one to
	// [jetsheet.CauseMessageVersion] where a newer worker is needed, and for an unavailable
	// one where it may be the job's own: see [Doubtful].
	Cause jetsheet.Cause
	// Waiting says, for unavailable ones, what is waited for: see [Unavailable].
	Waiting string
	// After says, for interrupted ones, when the message is to come again: see [Postpone].
	// For unavailable ones the worker sets it where it puts the job off.
	After time.Duration
	Err   error
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Permanent marks bad input: the conversion fails at once.
func Permanent(cause jetsheet.Cause, err error) error {
	return &Error{Class: jetsheet.ClassPermanent, Cause: cause, Err: err}
}

// Transient marks an error that another attempt may not meet.
func Transient(cause jetsheet.Cause, err error) error {
	return &Error{Class: jetsheet.ClassTransient, Cause: cause, Err: err}
}

// Unavailable marks something that every attempt would meet now. waiting names it for
// people and begins with what it is: "database", "S3 bucket NAME", "object store
// NAME", "stream NAME", "consumer NAME", "KV bucket NAME", "NATS", "flag document". Notices
// are grouped by that; anything else is [jetsheet.ResourceOther].
func Unavailable(waiting string, err error) error {
	return &Error{Class: jetsheet.ClassUnavailable, Waiting: waiting, Err: err}
}

// Doubtful marks something that looks unavailable and may be this job's own trouble all the
// same: it was there and refused only what this job asked for. It is like [Unavailable] as
// long as no other job gets through to it ([Job.Used]); where others do, each time, it is
// a transient error of the given cause.
func Doubtful(waiting string, cause jetsheet.Cause, err error) error {
	return &Error{Class: jetsheet.ClassUnavailable, Cause: cause, Waiting: waiting, Err: err}
}

// Postpone marks a message that cannot be dealt with yet: it is given back, comes again
// after a while, longer than zero, and nothing is counted. Until then it holds no slot;
// it does count for the consumer's MaxAckPending, which has to leave room for all that may
// wait at a time.
func Postpone(after time.Duration, err error) error {
	return &Error{Class: jetsheet.ClassInterrupted, After: after, Err: err}
}

// anyOfNATS is what is waited for where it is not known which part of NATS that is.
const anyOfNATS = "NATS"

// Waits returns what an error made by [Unavailable] waits for: its kind, and its text.
// ok is false where there is no such error.
func Waits(err error) (on jetsheet.Resource, what string, ok bool) {
	var known *Error
	if !errors.As(err, &known) || known.Class != jetsheet.ClassUnavailable {
		return "", "", false
	}
	return known.on(), known.what(), true
}

// what returns what is waited for.
func (e *Error) what() string {
	if e.Waiting == "" {
		return shorten(e.Err.Error())
	}
	return e.Waiting
}

// on returns the kind of what is waited for.
func (e *Error) on() jetsheet.Resource {
	what := e.what()
	begins := func(with string) bool { return strings.HasPrefix(what, with) }
	switch {
	case begins("database"):
		return jetsheet.ResourceDatabase
	case begins("S3 "):
		return jetsheet.ResourceS3
	case begins("object store "):
		return jetsheet.ResourceObjectStore
	case begins("flag document"):
		return jetsheet.ResourceFlags
	case begins("stream "), begins("consumer "), begins("KV bucket "), begins(anyOfNATS):
		return jetsheet.ResourceNATS
	}
	return jetsheet.ResourceOther
}

// classify decides what is done about a handler's error.
func classify(ctx context.Context, err error) *Error {
	if ctx.Err() != nil {
		switch cause := context.Cause(ctx); {
		case errors.Is(cause, ErrStalled):
			return &Error{Class: jetsheet.ClassTransient, Cause: jetsheet.CauseStalled, Err: fmt.Errorf("%w: %w", cause, err)}
		default:
			return &Error{Class: jetsheet.ClassInterrupted, Err: fmt.Errorf("%w: %w", cause, err)}
		}
	}
	// Whatever else is wrong: who cannot read it all cannot judge it.
	if errors.Is(err, jetsheet.ErrNewerSchema) {
		return &Error{Class: jetsheet.ClassInterrupted, Cause: jetsheet.CauseMessageVersion, Err: err}
	}
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return &Error{Class: jetsheet.ClassTransient, Cause: jetsheet.CauseInternal, Err: err}
}
