package ops

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// Client asks a [Service]. The zero value must not be used. It may be used
// concurrently.
type Client struct {
	Conn *nats.Conn
}

// Start starts a run. The error is an [*Error] where the service refuses, and wraps
// [nats.ErrNoResponders] where none is running. After any other error the run may
// have been started; asking again is harmless unless Again is set.
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
	ctx, cancel := context.WithTimeout(ctx, answerLimit+answerLimit/6)
	defer cancel()
	m, err := c.Conn.RequestWithContext(ctx, subject, body)
	if err != nil {
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
