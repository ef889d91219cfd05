package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// standstill watches a run that cannot be planned. What it stands still for may be
// mended meanwhile, and the producer tries again by itself: it is over only when a try
// that was made while we looked has met the problem.
type standstill struct {
	looked  bool
	problem string
	since   time.Time
}

// lasting says whether the run stands still and a try that we waited for has not
// helped: the problem came up while we looked, or has been the same for longer than a
// producer pauses.
func (s *standstill) lasting(run *ops.RunInfo, now time.Time) bool {
	first := !s.looked
	s.looked = true
	if !run.StandsStill() {
		s.problem = ""
		return false
	}
	if s.problem == run.Problem.Message {
		return now.Sub(s.since) > problemPatience
	}
	s.problem, s.since = run.Problem.Message, now
	return !first
}

// unfinished returns the runs that are not closed, without those that cannot be planned
// and whose workbooks a newer run of the same tick makes: nobody waits for them.
func unfinished(ctx context.Context, app *app, r *ops.Reader) ([]jetsheet.RunID, error) {
	open, err := r.Runs(ctx, ops.RunFilter{Unfinished: true})
	if err != nil {
		return nil, err
	}
	var ids []jetsheet.RunID
	for i := range open {
		run := &open[i]
		by, err := replacedBy(ctx, r, run)
		if err != nil {
			return nil, err
		}
		if by == nil {
			ids = append(ids, run.Run)
			continue
		}
		_, err = fmt.Fprintf(app.stderr, "%s: not waited for: it cannot be planned, and %s made its workbooks again\n", run.Run, by.Run)
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// replacedBy returns the newer run that makes all of a run that cannot be planned, nil
// where there is none.
func replacedBy(ctx context.Context, r *ops.Reader, run *ops.RunInfo) (*ops.RunInfo, error) {
	if !run.StandsStill() || run.Planned() {
		return nil, nil //nolint:nilnil // absence is an answer
	}
	same, err := r.Runs(ctx, ops.RunFilter{Report: run.Report, Tick: run.Tick})
	if err != nil {
		return nil, err
	}
	for i := range same {
		newer := &same[i]
		whole := newer.Scope == (jetsheet.Scope{}) || newer.Scope == run.Scope
		if newer.Rerun > run.Rerun && newer.Planned() && whole {
			return newer, nil
		}
	}
	return nil, nil //nolint:nilnil // absence is an answer
}
