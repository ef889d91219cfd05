package ops

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet/internal/delivery"
)

// Code says in which way a request was refused.
type Code string

// The codes of an [Error].
const (
	// CodeInvalid: the request cannot be used.
	CodeInvalid Code = "invalid"
	// CodeUnknown: what it names is not there.
	CodeUnknown Code = "unknown"
	// CodeNothing: there is nothing to do.
	CodeNothing Code = "nothingToDo"
	// CodeUnavailable: something outside does not answer or is not set up.
	CodeUnavailable Code = "unavailable"
	// CodeInternal: any other error.
	CodeInternal Code = "internal"
)

// Error is how a [Service] refuses a request. As the answer's body it is
//
//	{"error": "report orders is not applied", "next": "jetsheet reports apply DIR", "code": "unknown"}
//
// The header Nats-Service-Error-Code carries the code as well.
type Error struct {
	// Text is never empty in an error, and absent from every other answer.
	Text string `json:"error"`
	// Next is the command or step that helps, if one is known.
	Next string `json:"next,omitempty"`
	Code Code   `json:"code"`
}

func (e *Error) Error() string {
	if e.Next == "" {
		return e.Text
	}
	return e.Text + "; next: " + e.Next
}

// errorOf is how an error is answered.
func errorOf(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	e := &Error{Text: err.Error(), Code: CodeInternal}
	switch {
	case errors.Is(err, ErrUnknownRun), errors.Is(err, ErrUnknownWorkbook), errors.Is(err, ErrUnknownFailure), errors.Is(err, errPlanGone):
		e.Code = CodeUnknown
	case errors.Is(err, ErrAmbiguous):
		e.Code = CodeInvalid
	case errors.Is(err, delivery.ErrNotSetUp), errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout),
		errors.Is(err, nats.ErrNoResponders), errors.Is(err, nats.ErrConnectionClosed):
		e.Code = CodeUnavailable
	}
	return e
}

func invalid(err error) error { return &Error{Text: err.Error(), Code: CodeInvalid} }
