package main

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// waitResult is how a run ended, for programs.
type waitResult struct {
	*ops.RunInfo
	// Result is done, failures, unrecorded, nothing, problem or timeout.
	Result string           `json:"result"`
	Causes []ops.CauseCount `json:"causes,omitempty"`
	// Compared counts the comparisons of shadow workbooks by their result.
	Compared map[jetsheet.ComparisonResult]int `json:"compared,omitempty"`
	// Obstacles are what kept the run from going on when the time was over.
	Obstacles []ops.Obstacle `json:"obstacles,omitempty"`
}

// tell says how a run ended.
func (w *waiter) tell(ctx context.Context, run *ops.RunInfo) error {
	result := &waitResult{RunInfo: run, Result: "done"}
	code := exitDone
	switch {
	case run.StandsStill():
		result.Result, code = "problem", exitFailure
	case run.Counts.Failed > 0:
		result.Result, code = "failures", exitDifferences
		var err error
		if result.Causes, err = w.reader.Causes(ctx, run.Run); err != nil {
			return err
		}
	case run.Unrecorded > 0:
		result.Result, code = "unrecorded", exitDifferences
	case run.Counts.Expected == 0:
		result.Result, code = "nothing", exitNothing
	}
	if run.Routes[jetsheet.RouteShadow] > 0 {
		detail, err := w.reader.Run(ctx, run.Run)
		if err != nil {
			return err
		}
		result.Compared = detail.Compared
	}
	w.code = worse(w.code, code)
	if w.json {
		return w.app.printJSON(result)
	}
	return w.print(result)
}

func (w *waiter) print(result *waitResult) error {
	text := fmt.Sprintf("%s: closed, %s", result.Run, countsText(result.RunInfo))
	switch result.Result {
	case "problem":
		text = fmt.Sprintf("%s: %s\n  next: %s", result.Run, printable(result.Notice), printable(result.Next))
	case "nothing":
		text = fmt.Sprintf("%s: closed, nothing to do: %s\n  next: %s", result.Run, printable(result.Notice), printable(result.Next))
	}
	if result.Unrecorded > 0 {
		text += fmt.Sprintf("\n  %s\n  next: %s", printable(result.Notice), printable(result.Next))
	}
	if len(result.Compared) > 0 {
		text += "\n  compared: " + comparedText(result.Run, result.Compared)
	}
	if _, err := fmt.Fprintln(w.app.stdout, text); err != nil {
		return err
	}
	if len(result.Causes) == 0 {
		return nil
	}
	if err := printCauses(w.app, result.Causes, waitCauses); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w.app.stdout, "\neach of them: jetsheet workbooks list --run %s --state failed\n", result.Run)
	return err
}
