package ops

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/nats-io/nats.go/micro"
)

// answerFunc works on a request.
type answerFunc func(ctx context.Context, body []byte) (any, error)

// refuseStopping answers a request that came too late.
func refuseStopping(context.Context, []byte) (any, error) {
	return nil, &Error{Text: "this process is stopping", Next: "ask again", Code: CodeUnavailable}
}

// respond works on a request and sends the answer.
func (s *Service) respond(ctx context.Context, name string, req micro.Request, answer answerFunc) {
	// A request in hand is finished: it may have had its effect.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	body, code := s.answer(limited, name, req.Data(), answer)
	var err error
	if code == "" {
		err = req.Respond(body)
	} else {
		err = req.Error(string(code), "see the body", body)
	}
	if err != nil {
		s.log.WarnContext(ctx, "answer not sent", slog.String("endpoint", name), slog.Any("err", err))
	}
}

// answer returns the body of an answer, and the code of an error.
func (s *Service) answer(ctx context.Context, name string, body []byte, answer answerFunc) ([]byte, Code) {
	value, err := s.survive(ctx, name, body, answer)
	if err == nil {
		var encoded []byte
		if encoded, err = encode(value); err == nil && int64(len(encoded)) > s.cfg.JetStream.Conn().MaxPayload() {
			err = &Error{Text: fmt.Sprintf("the answer has %d bytes and does not fit a message", len(encoded)), Next: "ask for less with limit", Code: CodeInvalid}
		}
		if err == nil {
			return encoded, ""
		}
	}
	refusal := errorOf(err)
	if refusal.Code == CodeInternal || refusal.Code == CodeUnavailable {
		s.log.WarnContext(ctx, "request refused", slog.String("endpoint", name), slog.Any("err", err))
	}
	encoded, err := encode(refusal)
	if err != nil {
		return []byte(`{"error":"the error cannot be written as JSON","code":"internal"}`), CodeInternal
	}
	return encoded, refusal.Code
}

// survive makes an error of a panic: one request must not end a process that may have
// other roles.
func (s *Service) survive(ctx context.Context, name string, body []byte, answer answerFunc) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(ctx, "request panicked", slog.String("endpoint", name), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = &Error{
				Text: fmt.Sprintf("a mistake in jetsheet ended the work on this request: %v", p),
				Next: "report it, with the request and the stack in the log of jetsheet ops", Code: CodeInternal,
			}
		}
	}()
	return answer(ctx, body)
}
