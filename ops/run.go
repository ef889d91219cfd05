package ops

import (
	"context"
	"errors"
	"time"

	"github.com/jetsheet/jetsheet"
)

// RunInfo is how a run stands.
type RunInfo struct {
	Run    jetsheet.RunID `json:"run"`
	Report string         `json:"report"`
	Tick   time.Time      `json:"tick"`
	// Rerun is 0 for the scheduled run.
	Rerun int64             `json:"rerun"`
	Scope jetsheet.Scope    `json:"scope,omitzero"`
	State jetsheet.RunState `json:"state"`
	// Targets counts the lines of the plan, those of the previous system included.
	Targets int `json:"targets"`
	// Counts are as they are now, not as they were when the run closed: a replay may
	// have changed them. All are zero while the run is planning.
	Counts jetsheet.Counts `json:"counts"`
	// Retrying is how many of the pending ones failed and will be tried again.
	Retrying int `json:"retrying"`
	// Unrecorded is how many of the pending ones of a closed run nothing is known of any
	// more: their outcome is too old for DONE and FAILED, or was lost. Nothing goes on with
	// them by itself.
	Unrecorded int `json:"unrecorded,omitempty"`
	// Dismissed is how many of the failed ones a person has dismissed.
	Dismissed int `json:"dismissed,omitempty"`
	// Unplanned counts failures under the run's subjects of what is not in its plan:
	// messages that somebody published by hand. The counts leave them out.
	Unplanned int                    `json:"unplanned,omitempty"`
	Routes    map[jetsheet.Route]int `json:"routes,omitempty"`
	Problem   *jetsheet.RunProblem   `json:"problem,omitempty"`
	Cancelled *jetsheet.Mark         `json:"cancelled,omitempty"`
	FrozenAt  time.Time              `json:"frozenAt"`
	FrozenBy  string                 `json:"frozenBy,omitempty"`
	ClosedAt  time.Time              `json:"closedAt,omitzero"`
	// Notice says what a person should know, Next which command or step helps; both
	// are empty when all is well.
	Notice string `json:"notice,omitempty"`
	Next   string `json:"next,omitempty"`

	closedWith *jetsheet.Counts // nil until it is closed
}

// Planned says whether the run's targets are known.
func (i *RunInfo) Planned() bool { return i.State != jetsheet.RunPlanning }

// AllPrevious says whether the previous system makes every workbook of the run, so
// that nothing is expected here.
func (i *RunInfo) AllPrevious() bool {
	return i.Planned() && i.Targets > 0 && i.Routes[jetsheet.RouteLegacy] == i.Targets
}

// StandsStill says whether the run's last attempt at planning failed for a reason that
// time alone does not mend, such as a statement that PostgreSQL refuses. It is tried
// again all the same: somebody may mend the database.
func (i *RunInfo) StandsStill() bool {
	return i.State != jetsheet.RunClosed && i.Problem != nil && i.Problem.Class == jetsheet.ClassPermanent
}

// RunFilter picks runs. Empty fields match everything.
type RunFilter struct {
	Report string `json:"report,omitempty"`
	// Tick is one instant; zero matches all.
	Tick  time.Time         `json:"tick,omitzero"`
	State jetsheet.RunState `json:"state,omitempty"`
	// Unfinished picks the runs that are not closed.
	Unfinished bool `json:"unfinished,omitempty"`
	// Limit is the most runs; 0 or less means all.
	Limit int `json:"limit,omitempty"`
}

func (f *RunFilter) matchesID(id jetsheet.RunID) bool {
	return (f.Report == "" || f.Report == id.Report) && (f.Tick.IsZero() || f.Tick.Equal(id.Tick))
}

func (f *RunFilter) matches(run *jetsheet.Run) bool {
	return (f.State == "" || f.State == run.State) && (!f.Unfinished || run.State != jetsheet.RunClosed)
}

// Runs returns runs with their counts, newest first. A record that cannot be read is
// an error, after all others: the runs are returned all the same.
func (r *Reader) Runs(ctx context.Context, f RunFilter) ([]RunInfo, error) {
	ids, err := r.knownRuns(ctx)
	if err != nil {
		return nil, err
	}
	list := []RunInfo{}
	var unreadable []error
	for _, id := range ids {
		if f.Limit > 0 && len(list) >= f.Limit {
			break
		}
		if !f.matchesID(id) {
			continue
		}
		info, err := r.runInfo(ctx, id, &f)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			unreadable = append(unreadable, err)
		case info != nil:
			list = append(list, *info)
		}
	}
	return list, errors.Join(unreadable...)
}

// runInfo returns nil for a run that the filter leaves out.
func (r *Reader) runInfo(ctx context.Context, id jetsheet.RunID, f *RunFilter) (*RunInfo, error) {
	run, err := r.Record(ctx, id)
	if err != nil || !f.matches(run) {
		return nil, err
	}
	t, err := r.tally(ctx, run)
	if err != nil {
		return nil, err
	}
	info := newRunInfo(run, t)
	return &info, nil
}

// Info returns how one run stands.
func (r *Reader) Info(ctx context.Context, id jetsheet.RunID) (*RunInfo, error) {
	return r.runInfo(ctx, id, &RunFilter{})
}

func newRunInfo(run *jetsheet.Run, t *tally) RunInfo {
	id := run.ID()
	info := RunInfo{
		Run: id, Report: id.Report, Tick: id.Tick, Rerun: id.Rerun, Scope: run.Frozen.Scope, State: run.State,
		Counts: t.counts(), Retrying: t.retrying(), Unrecorded: t.unrecorded, Dismissed: t.dismissed(), Unplanned: t.unplanned,
		Problem: run.Problem, Cancelled: run.Cancelled, closedWith: run.Closed,
		FrozenAt: run.Frozen.FrozenAt, FrozenBy: run.Frozen.FrozenBy, ClosedAt: run.ClosedAt,
	}
	if run.Plan != nil {
		info.Targets, info.Routes = run.Plan.Targets, run.Plan.Routes
	}
	info.Notice, info.Next = runAdvice(&info)
	if info.AllPrevious() && info.Next == "" {
		info.Next = takeOver(run.Frozen.Flags)
	}
	return info
}
