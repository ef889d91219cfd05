package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// What a list is of.
const (
	// ListRuns: runs, newest first. It is what a request that says nothing means.
	ListRuns = "runs"
	// ListFailures: failures, newest first.
	ListFailures = "failures"
	// ListWorkbooks: workbooks, in the order of the plans.
	ListWorkbooks = "workbooks"
)

// Limits of lists: an answer has to fit a message.
const (
	defaultListed = 100
	maxWorkbooks  = 500
	maxFailures   = 1000
)

// ListRequest is what requests to conversions.ops.list have in common: see [RunsRequest],
// [FailuresRequest] and [WorkbooksRequest].
type ListRequest struct {
	// Of says what to list; empty means [ListRuns].
	Of string `json:"of,omitempty"`
}

// RunsRequest asks for runs; they are answered as a [RunsAnswer].
type RunsRequest struct {
	ListRequest
	RunFilter
}

// RunsAnswer lists runs.
type RunsAnswer struct {
	Runs []RunInfo `json:"runs"`
}

// FailuresRequest asks for failures; they are answered as a [FailuresAnswer].
type FailuresRequest struct {
	ListRequest
	FailureFilter
	// Limit is the most failures to answer; 0 or less means 100, and 1,000 is the most at
	// once.
	Limit int `json:"limit,omitempty"`
	// Before asks for the next page: it is what the answer before said.
	Before uint64 `json:"before,omitempty"`
}

// FailuresAnswer is a page of failures: it ends at the limit, or where a message is full.
type FailuresAnswer struct {
	// FailureListing counts what is left to list, with this page.
	FailureListing
	Failures []*FailureInfo `json:"failures"`
	// Before is set where more follow: with it, the next page is asked for.
	Before uint64 `json:"before,omitempty"`
}

// WorkbooksRequest asks for workbooks; they are answered as a [WorkbooksAnswer].
type WorkbooksRequest struct {
	ListRequest
	WorkbookFilter
}

// WorkbooksAnswer lists workbooks.
type WorkbooksAnswer struct {
	Listing
	Workbooks []*Workbook `json:"workbooks"`
}

// answerList lists what the request says.
func (s *Service) answerList(ctx context.Context, body []byte) (any, error) {
	var req ListRequest
	_ = json.Unmarshal(body, &req) // what is wrong with the request is told where it is read whole
	switch req.Of {
	case "", ListRuns:
		answer, err := ask(s.listRuns)(ctx, body)
		if refusal, ok := errors.AsType[*Error](err); ok && req.Of == "" && refusal.Code == CodeInvalid {
			others := `other keys and states go with "of": ` + ListFailures + " or " + ListWorkbooks
			refusal.Next = strings.TrimPrefix(refusal.Next+"; "+others, "; ")
		}
		return answer, err
	case ListFailures:
		return ask(s.listFailures)(ctx, body)
	case ListWorkbooks:
		return ask(s.listWorkbooks)(ctx, body)
	}
	return nil, invalid(fmt.Errorf(`there is no list of %q; "of" may be %s, %s or %s`, req.Of, ListRuns, ListFailures, ListWorkbooks))
}

func (s *Service) listRuns(ctx context.Context, req *RunsRequest) (*RunsAnswer, error) {
	if err := CheckRunState(req.State); err != nil {
		return nil, invalid(err)
	}
	if req.Limit <= 0 {
		req.Limit = defaultListed
	}
	runs, err := s.reader.Runs(ctx, req.RunFilter)
	if err != nil && len(runs) == 0 {
		return nil, err
	}
	if err != nil {
		s.log.WarnContext(ctx, "some runs cannot be read", slog.Any("err", err))
	}
	return &RunsAnswer{Runs: runs}, nil
}

func (s *Service) listWorkbooks(ctx context.Context, req *WorkbooksRequest) (*WorkbooksAnswer, error) {
	if err := CheckState(req.State); err != nil {
		return nil, invalid(err)
	}
	if req.Limit <= 0 {
		req.Limit = defaultListed
	}
	req.Limit = min(req.Limit, maxWorkbooks)
	answer := &WorkbooksAnswer{Workbooks: []*Workbook{}}
	listing, err := s.reader.Workbooks(ctx, req.WorkbookFilter, func(w *Workbook) error {
		answer.Workbooks = append(answer.Workbooks, w)
		return nil
	})
	if err != nil {
		return nil, err
	}
	answer.Listing = *listing
	return answer, nil
}

// errPageFull ends a page.
var errPageFull = errors.New("the page is full")

// restOfAnswer is what an answer with failures takes beside these, and some room.
const restOfAnswer = 4 << 10

func (s *Service) listFailures(ctx context.Context, req *FailuresRequest) (*FailuresAnswer, error) {
	if req.Limit <= 0 {
		req.Limit = defaultListed
	}
	req.Limit = min(req.Limit, maxFailures)
	answer := &FailuresAnswer{Failures: []*FailureInfo{}}
	room := s.cfg.JetStream.Conn().MaxPayload() - restOfAnswer
	listing, before, err := s.reader.failuresBefore(ctx, req.FailureFilter, req.Before, req.Limit, func(f *FailureInfo) error {
		text, err := encode(f)
		if err != nil {
			return err
		}
		if room -= int64(len(text)) + 1; room < 0 && len(answer.Failures) > 0 {
			return errPageFull
		}
		answer.Failures = append(answer.Failures, f)
		return nil
	})
	if err != nil && !errors.Is(err, errPageFull) {
		return nil, err
	}
	answer.FailureListing, answer.Before = *listing, before
	return answer, nil
}
