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
	return askFor[StartAnswer](ctx, c, EndpointStart, req)
}

// Replay has failed conversions tried again. Asking again is harmless.
func (c *Client) Replay(ctx context.Context, req ReplayRequest) (*ReplayAnswer, error) {
	return askFor[ReplayAnswer](ctx, c, EndpointReplay, req)
}

// ReplayStatus asks how far a replay is.
func (c *Client) ReplayStatus(ctx context.Context, id string) (*ReplayStatus, error) {
	return askFor[ReplayStatus](ctx, c, EndpointStatus, StatusRequest{Replay: id})
}

// Failures is [Reader.Failures], page by page. An error of each ends it and is returned.
func (c *Client) Failures(ctx context.Context, f FailureFilter, limit int, each func(*FailureInfo) error) (*FailureListing, error) {
	req := FailuresRequest{ListRequest: ListRequest{Of: ListFailures}, FailureFilter: f}
	var whole *FailureListing
	for listed := 0; ; {
		if req.Limit = maxFailures; limit > 0 {
			req.Limit = min(limit-listed, maxFailures)
		}
		page, err := askFor[FailuresAnswer](ctx, c, EndpointList, req)
		if err != nil {
			return nil, err
		}
		if whole == nil {
			whole = &page.FailureListing
		}
		for _, one := range page.Failures {
			if err := each(one); err != nil {
				return nil, err
			}
		}
		listed += len(page.Failures)
		if page.Before == 0 || limit > 0 && listed >= limit {
			return whole, nil
		}
		req.Before = page.Before
	}
}

// Failure asks for all that is known of one failure, by its name in lists.
func (c *Client) Failure(ctx context.Context, name string) (*FailureDetail, error) {
	return askFor[FailureDetail](ctx, c, EndpointStatus, StatusRequest{Conversion: name})
}

// Cancel stops a run or a replay. Asking again is harmless.
func (c *Client) Cancel(ctx context.Context, req CancelRequest) (*CancelAnswer, error) {
	return askFor[CancelAnswer](ctx, c, EndpointCancel, req)
}

// Dismiss says that nothing is to be done about failures, or takes that back. Asking again
// is harmless.
func (c *Client) Dismiss(ctx context.Context, req DismissRequest) (*DismissAnswer, error) {
	return askFor[DismissAnswer](ctx, c, EndpointDismiss, req)
}

// Routes asks which system makes which tenants' workbooks in a run, and freezes the run.
func (c *Client) Routes(ctx context.Context, req RoutesRequest) (*RoutesAnswer, error) {
	return askFor[RoutesAnswer](ctx, c, EndpointRoutes, req)
}

func askFor[Answer any](ctx context.Context, c *Client, endpoint string, req any) (*Answer, error) {
	answer := new(Answer)
	if err := c.ask(ctx, endpoint, req, answer); err != nil {
		return nil, err
	}
	return answer, nil
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
