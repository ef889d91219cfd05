package producer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jetsheet/jetsheet"
)

// noteProblem writes into the run's record why it stands still, once per reason; nil
// says that it goes on.
func (r *runner) noteProblem(ctx context.Context, err error) {
	problem := problemOf(err)
	_, err = r.p.updateRun(ctx, r.id, func(run *jetsheet.Run) bool {
		had := run.Problem
		switch {
		case had == nil && problem == nil, run.State == jetsheet.RunClosed:
			return false
		case had != nil && problem != nil && had.Message == problem.Message:
			return false
		}
		run.Problem = problem
		return true
	})
	if err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "problem not recorded", slog.Any("err", err))
	}
}

func problemOf(err error) *jetsheet.RunProblem {
	if err == nil {
		return nil
	}
	problem := &jetsheet.RunProblem{Class: jetsheet.ClassTransient, Cause: jetsheet.CauseInternal, Message: err.Error(), At: time.Now().UTC()}
	var known *planError
	if errors.As(err, &known) {
		problem.Class, problem.Cause = known.class, known.cause
	}
	return problem
}
