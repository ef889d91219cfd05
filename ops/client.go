package ops

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// Client asks a [Service]. The zero value must not be used. It may be used
// concurrently.
type Client struct {
	Conn *nats.Conn

	limit time.Duration // 0 means a little longer than a service works on an answer
}

// Start starts a run. The error is an [*Error] where the service refuses or ends
// before it answers, and wraps [nats.ErrNoResponders] where none is running. After an
// error with [CodeUnavailable], or one that is neither, the run may have been started;
// asking again is harmless unless Again is set.
func (c *Client) Start(ctx context.Context, req StartRequest) (*StartAnswer, error) {
	var answer StartAnswer
	if err := c.ask(ctx, EndpointStart, req, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

func (c *Client) ask(ctx context.Context, endpoint string, req, answer any) error {
	subject := jetsheet.SubjectOps + "." + endpoint
	body, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("encode request to %s: %w", subject, err)
	}
	limited, cancel := context.WithTimeout(ctx, cmp.Or(c.limit, answerLimit+answerLimit/6))
	defer cancel()
	m, err := c.Conn.RequestWithContext(limited, subject, body)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return errUnanswered(subject)
	case err != nil:
		return fmt.Errorf("ask %s: %w", subject, err)
	}
	var refusal Error
	if err := json.Unmarshal(m.Data, &refusal); err != nil {
		return fmt.Errorf("read the answer of %s: %w", subject, err)
	}
	if refusal.Text != "" {
		return &refusal
	}
	if err := json.Unmarshal(m.Data, answer); err != nil {
		return fmt.Errorf("read the answer of %s: %w", subject, err)
	}
	return nil
}

// errUnanswered says that a service took a request and has not answered it: its process
// has ended, or something that it needs does not answer.
func errUnanswered(subject string) error {
	return &Error{
		Text: subject + " took the request and has not answered: the process may have ended meanwhile, and what was asked may have been done",
		Next: "look with: jetsheet runs list, then ask again", Code: CodeUnavailable,
	}
}
