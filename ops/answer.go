package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"time"
)

// StatusRequest asks for one run, or for one replay.
type StatusRequest struct {
	// Run is a run's id, the beginning of one, or a report's name for the run of it that
	// was started last.
	Run string `json:"run,omitempty"`
	// Replay is a replay's id.
	Replay string `json:"replay,omitempty"`
}

// ListAnswer lists runs, newest first.
type ListAnswer struct {
	Runs []RunInfo `json:"runs"`
}

// WorkbooksAnswer lists workbooks.
type WorkbooksAnswer struct {
	Listing
	Workbooks []*Workbook `json:"workbooks"`
}

// read decodes a request strictly: a misspelt key, or what stands behind the request,
// would start something else than what was meant. An empty body is an empty request.
func read(body []byte, v any) error {
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
		what = fmt.Sprintf("%q cannot be a %s", wrong.Field[strings.LastIndex(wrong.Field, ".")+1:], wrong.Value)
	} else if wrong, ok := errors.AsType[*time.ParseError](err); ok {
		what = strings.Trim(wrong.Value, `"`) + " is no time; write it like 2026-10-31T20:00:00Z"
	}
	return &Error{
		Text: "the request is not understood: " + what,
		Next: "write one JSON object; its keys may be " + strings.Join(keys(v), ", "),
		Code: CodeInvalid,
	}
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
		if err := read(body, &req); err != nil {
			return nil, err
		}
		return answer(ctx, &req)
	}
}

// answerCancel stops a run or a replay.
func (s *Service) answerCancel(ctx context.Context, req *CancelRequest) (*CancelAnswer, error) {
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
	if err := read(body, &req); err != nil {
		return nil, err
	}
	return s.starter.start(ctx, &req)
}

func (s *Service) answerStatus(ctx context.Context, body []byte) (any, error) {
	var req StatusRequest
	if err := read(body, &req); err != nil {
		return nil, err
	}
	if req.Replay != "" {
		return s.reader.ReplayStatus(ctx, req.Replay)
	}
	if req.Run == "" {
		return nil, invalid(errors.New(`no run is named; write {"run": RUN}, with a run's id or a report's name, or ask conversions.ops.list`))
	}
	id, err := s.reader.Find(ctx, req.Run)
	if err != nil {
		return nil, err
	}
	return s.reader.Run(ctx, id)
}

func (s *Service) answerList(ctx context.Context, body []byte) (any, error) {
	var f RunFilter
	if err := read(body, &f); err != nil {
		return nil, err
	}
	if f.Limit <= 0 {
		f.Limit = defaultRuns
	}
	runs, err := s.reader.Runs(ctx, f)
	if err != nil && len(runs) == 0 {
		return nil, err
	}
	if err != nil {
		s.log.WarnContext(ctx, "some runs cannot be read", slog.Any("err", err))
	}
	return ListAnswer{Runs: runs}, nil
}

func (s *Service) answerWorkbooks(ctx context.Context, body []byte) (any, error) {
	var f WorkbookFilter
	if err := read(body, &f); err != nil {
		return nil, err
	}
	if err := CheckState(f.State); err != nil {
		return nil, invalid(err)
	}
	if f.Limit <= 0 {
		f.Limit = defaultWorkbooks
	}
	f.Limit = min(f.Limit, maxWorkbooks)
	answer := WorkbooksAnswer{Workbooks: []*Workbook{}}
	listing, err := s.reader.Workbooks(ctx, f, func(w *Workbook) error {
		answer.Workbooks = append(answer.Workbooks, w)
		return nil
	})
	if err != nil {
		return nil, err
	}
	answer.Listing = *listing
	return answer, nil
}
