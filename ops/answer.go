package ops

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"
)

// StatusRequest asks for one run, one replay, or one failure.
type StatusRequest struct {
	// Run is a run's id, the beginning of one, or a report's name for the run of it that
	// was started last.
	Run string `json:"run,omitempty"`
	// Replay is a replay's id.
	Replay string `json:"replay,omitempty"`
	// Conversion is a failure's name, as a list of failures has it: RUN/TENANT/TARGET.
	Conversion string `json:"conversion,omitempty"`
}

// encode writes an answer. The nats CLI shows it as it is, so < and & stay legible.
func encode(v any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(body.Bytes(), []byte("\n")), err
}

// ReadRequest decodes a request strictly: a misspelt key, or what stands behind the request,
// would start something else than what was meant. An empty body is an empty request. The
// error is an [*Error].
func ReadRequest(body []byte, v any) error {
	if strings.TrimSpace(string(body)) == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return notUnderstood(err, v)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return notUnderstood(errors.New("something stands behind its closing brace"), v)
	}
	return nil
}

// notUnderstood refuses a request in words for who typed it, with the keys that it may have.
func notUnderstood(err error, v any) error {
	what := strings.TrimPrefix(err.Error(), "json: ")
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field == "" {
		what = fmt.Sprintf("it is a JSON %s instead of an object", wrong.Value)
	} else if ok { // the path to the field names embedded types, which are no keys
		what = fmt.Sprintf("%q cannot be %s", wrong.Field[strings.LastIndex(wrong.Field, ".")+1:], withArticle(wrong.Value))
	} else if wrong, ok := errors.AsType[*time.ParseError](err); ok {
		what = strings.Trim(wrong.Value, `"`) + " is no time; write it like 2026-10-31T20:00:00Z"
	} else if strings.HasPrefix(what, "Time.") { // it has no type, and names no field
		what = "a time is a JSON string, such as \"2026-10-31T20:00:00Z\""
	}
	next := "leave the body empty"
	if may := keys(v); len(may) > 0 {
		next = "write one JSON object; its keys may be " + strings.Join(may, ", ")
	}
	return &Error{Text: "the request is not understood: " + what, Next: next, Code: CodeInvalid}
}

func withArticle(noun string) string {
	if strings.HasPrefix(noun, "a") || strings.HasPrefix(noun, "o") { // array, object
		return "an " + noun
	}
	return "a " + noun
}

// keys are the JSON keys of the struct that v points to, in its order.
func keys(v any) []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(v).Elem()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// ask makes an endpoint of what answers a decoded request.
func ask[Request, Answer any](answer func(context.Context, *Request) (*Answer, error)) answerFunc {
	return func(ctx context.Context, body []byte) (any, error) {
		var req Request
		if err := ReadRequest(body, &req); err != nil {
			return nil, err
		}
		return answer(ctx, &req)
	}
}

// somebody is who asked where the request does not say: records and failures name who did
// something.
const somebody = "somebody without a name"

// answerCancel stops a run or a replay.
func (s *Service) answerCancel(ctx context.Context, req *CancelRequest) (*CancelAnswer, error) {
	req.By = cmp.Or(req.By, somebody)
	switch {
	case (req.Run == "") == (req.Replay == ""):
		return nil, invalid(errors.New(`name what to cancel: {"run": RUN} or {"replay": ID}`))
	case req.Replay != "":
		return s.replays.cancel(ctx, req)
	default:
		return s.cancels.cancel(ctx, req)
	}
}

func (s *Service) answerStart(ctx context.Context, body []byte) (any, error) {
	var req StartRequest
	if err := ReadRequest(body, &req); err != nil {
		return nil, err
	}
	return s.starter.start(ctx, &req)
}

func (s *Service) answerStatus(ctx context.Context, body []byte) (any, error) {
	var req StatusRequest
	if err := ReadRequest(body, &req); err != nil {
		return nil, err
	}
	switch {
	case severalNamed(req.Run, req.Replay, req.Conversion):
		return nil, invalid(errors.New(`ask for one thing at a time: {"run": RUN}, {"conversion": RUN/TENANT/TARGET} or {"replay": ID}`))
	case req.Conversion != "":
		return s.reader.Failure(ctx, req.Conversion)
	case req.Replay != "":
		return s.reader.ReplayStatus(ctx, req.Replay)
	case req.Run == "":
		return nil, invalid(errors.New(`no run is named; write {"run": RUN}, with a run's id or a report's name, or ask conversions.ops.list; {"conversion": RUN/TENANT/TARGET} asks for a failure, {"replay": ID} for a replay`))
	}
	id, err := s.reader.Find(ctx, req.Run)
	if err != nil {
		return nil, err
	}
	return s.reader.Run(ctx, id)
}

// severalNamed says whether more than one of the names is given.
func severalNamed(names ...string) bool {
	return len(slices.DeleteFunc(names, func(name string) bool { return name == "" })) > 1
}
