package ops

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// seeBody is what the header of an error says: the rest is in the body.
const seeBody = "see the body"

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
	reply := s.reply(limited, name, req.Data(), answer)
	reply.Subject = req.Reply()
	// Not through the request's own methods: they keep the error for the service, which reads it
	// when the handler returns, and that is before the answer.
	if err := s.cfg.JetStream.Conn().PublishMsg(reply); err != nil {
		s.log.WarnContext(ctx, "answer not sent", slog.String("endpoint", name), slog.Any("err", err))
	}
}

// reply works on a request and returns what answers it, an error too.
func (s *Service) reply(ctx context.Context, name string, body []byte, answer answerFunc) *nats.Msg {
	reply := nats.NewMsg("")
	value, err := s.survive(ctx, name, body, answer)
	if err == nil {
		reply.Data, err = encode(value)
	}
	if err == nil && int64(len(reply.Data)) > s.cfg.JetStream.Conn().MaxPayload() {
		err = &Error{Text: fmt.Sprintf("the answer has %d bytes and does not fit a message", len(reply.Data)), Next: "ask for less with limit", Code: CodeInvalid}
	}
	if err == nil {
		return reply
	}
	if code := Refuse(reply, err); code == CodeInternal || code == CodeUnavailable {
		s.log.WarnContext(ctx, "request refused", slog.String("endpoint", name), slog.Any("err", err))
	}
	return reply
}

// Refuse makes a message what answers an error, an [Error] in JSON with the headers of a service's
// errors, and returns its code.
func Refuse(reply *nats.Msg, err error) Code {
	refusal := errorOf(err)
	code := refusal.Code
	if reply.Data, err = encode(refusal); err != nil {
		code, reply.Data = CodeInternal, []byte(`{"error":"the error cannot be written as JSON","code":"internal"}`)
	}
	reply.Header.Set(micro.ErrorHeader, seeBody)
	reply.Header.Set(micro.ErrorCodeHeader, string(code))
	return code
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
