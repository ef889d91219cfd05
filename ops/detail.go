package ops

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/jetsheet/jetsheet"
)

// RunDetail is all that is known of one run.
type RunDetail struct {
	RunInfo
	Plan             *jetsheet.PlanSummary `json:"plan,omitempty"`
	DefinitionSHA256 string                `json:"definitionSha256"`
	FlagsRevision    uint64                `json:"flagsRevision,omitempty"`
	// Outcomes counts the done conversions by state; Rows and SizeBytes are the sums
	// over the published ones.
	Outcomes  map[jetsheet.DoneState]int `json:"outcomes,omitempty"`
	Rows      int64                      `json:"rows"`
	SizeBytes int64                      `json:"sizeBytes"`
	// Compared counts the comparisons of shadow workbooks by their result.
	Compared map[jetsheet.ComparisonResult]int `json:"compared,omitempty"`
	// ByRoute splits the counts by route, those of routes without targets left out.
	ByRoute map[jetsheet.Route]jetsheet.Counts `json:"byRoute,omitempty"`
	// Causes counts the failures by cause, most frequent first.
	Causes []CauseCount `json:"causes,omitempty"`
	// RetryAt is when the next of the retrying ones is due.
	RetryAt time.Time `json:"retryAt,omitzero"`
	// Queued counts the requests that wait or are worked on, by lane; Rendered the
	// workbooks that wait for an uploader.
	Queued   map[jetsheet.Lane]int `json:"queued,omitempty"`
	Rendered int                   `json:"rendered"`
	Running  []Running             `json:"running,omitempty"`
	// Workers are those of every stage that live, whatever run they work on; Obstacles
	// what keeps this run from going on.
	Workers   []jetsheet.WorkerState `json:"workers"`
	Obstacles []Obstacle             `json:"obstacles,omitempty"`
}

// Running is a conversion that a worker has in hand.
type Running struct {
	Stage  jetsheet.Stage `json:"stage"`
	Lane   jetsheet.Lane  `json:"lane,omitempty"`
	Tenant string         `json:"tenant"`
	Target string         `json:"target"`
	Worker string         `json:"worker,omitempty"`
	// Since is when the attempt began; zero when the stage does not record it.
	Since time.Time `json:"since,omitzero"`
	// Rows counts the records read so far.
	Rows int64 `json:"rows,omitempty"`
	// Waiting says what it waits for, LastError why; empty when it works.
	Waiting   string `json:"waiting,omitempty"`
	LastError string `json:"lastError,omitempty"`
}

// Run returns all that is known of a run. It reads the run's outcomes, and its plan
// if the run has more than one route: a second or two at 100,000 targets.
func (r *Reader) Run(ctx context.Context, id jetsheet.RunID) (*RunDetail, error) {
	run, err := r.Record(ctx, id)
	if err != nil {
		return nil, err
	}
	d := &RunDetail{Plan: run.Plan, DefinitionSHA256: run.Frozen.DefinitionSHA256, FlagsRevision: run.Frozen.FlagsRevision}
	if run.Plan == nil {
		d.RunInfo = newRunInfo(run, &tally{})
	} else if err := r.detail(ctx, run, d); err != nil {
		return nil, err
	}
	if d.Workers, err = r.Workers(ctx); err != nil {
		return nil, err
	}
	d.Obstacles, err = r.obstacles(ctx, &d.RunInfo, d.Workers)
	return d, err
}

// detail fills in what became of a plan.
func (r *Reader) detail(ctx context.Context, run *jetsheet.Run, d *RunDetail) error {
	s, err := r.standings(ctx, run, "", true)
	if err != nil {
		return err
	}
	if err := r.dropUnplanned(ctx, s.tally, run); err != nil {
		return err
	}
	if err := r.noteUnrecorded(ctx, s.tally, run); err != nil {
		return err
	}
	d.RunInfo = newRunInfo(run, s.tally)
	d.Outcomes, d.Rows, d.SizeBytes = s.outcomes, s.rows, s.sizeBytes
	d.Compared = s.results()
	d.Queued, d.Rendered = s.byLane(), len(s.rendered)
	for _, mark := range s.failed {
		if !mark.retryAt.IsZero() && (d.RetryAt.IsZero() || mark.retryAt.Before(d.RetryAt)) {
			d.RetryAt = mark.retryAt
		}
	}
	if d.Causes, err = r.causes(ctx, run, s.tally); err != nil {
		return err
	}
	if d.ByRoute, err = r.byRoute(ctx, run, s); err != nil {
		return err
	}
	d.Running, err = r.running(ctx, run.ID())
	return err
}

// Causes returns why conversions of a run failed, most frequent first.
func (r *Reader) Causes(ctx context.Context, id jetsheet.RunID) ([]CauseCount, error) {
	run, err := r.Record(ctx, id)
	if err != nil {
		return nil, err
	}
	t, err := r.tally(ctx, run)
	if err != nil {
		return nil, err
	}
	return r.causes(ctx, run, t)
}

func (r *Reader) causes(ctx context.Context, run *jetsheet.Run, t *tally) ([]CauseCount, error) {
	counts := map[jetsheet.Cause]int{}
	last := map[jetsheet.Cause]string{}
	for key, mark := range t.failed {
		if mark.retryAt.IsZero() {
			counts[mark.cause]++
			last[mark.cause] = key
		}
	}
	list := make([]CauseCount, 0, len(counts))
	for cause, count := range counts {
		c := *t.causes[cause]
		c.Count = count
		scope := run.Frozen.Scope
		if count == 1 {
			var err error
			if scope, err = r.scopeOf(ctx, last[cause], scope); err != nil {
				return nil, err
			}
		}
		c.Next = mend(cause, run.ID(), scope)
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b CauseCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Cause, b.Cause))
	})
	return list, nil
}

// scopeOf is the one conversion whose failure lies on a key, or the scope given
// where the failure's request cannot be read.
func (r *Reader) scopeOf(ctx context.Context, key string, otherwise jetsheet.Scope) (jetsheet.Scope, error) {
	m, err := lastMessage(ctx, r.failed, failedSubject(key))
	if err != nil || m == nil {
		return otherwise, err
	}
	request, ok := requestIn(m.Data)
	if !ok || request.Tenant == "" || request.Target.Target == "" {
		return otherwise, nil
	}
	return jetsheet.Scope{Tenant: request.Tenant, Target: request.Target.Target}, nil
}

// requestIn reads a request as far as it can be read.
func requestIn(body []byte) (request jetsheet.Request, ok bool) {
	err := json.Unmarshal(body, &request)
	return request, err == nil
}

// byRoute splits the counts by route. Where only one route is expected its counts
// are those of the run.
func (r *Reader) byRoute(ctx context.Context, run *jetsheet.Run, s *standings) (map[jetsheet.Route]jetsheet.Counts, error) {
	split := map[jetsheet.Route]jetsheet.Counts{}
	for route, targets := range run.Plan.Routes {
		if route.Expected() && targets > 0 {
			split[route] = s.counts()
		}
	}
	if len(split) < 2 {
		return split, nil
	}
	clear(split)
	plan, err := r.openPlan(ctx, run)
	switch {
	case errors.Is(err, errPlanGone):
		return nil, nil //nolint:nilnil // the counts of the whole run are known all the same
	case err != nil:
		return nil, err
	}
	for {
		var t jetsheet.Target
		err := plan.read(&t)
		if errors.Is(err, io.EOF) {
			return split, nil
		}
		if err != nil {
			return nil, err
		}
		if !t.Route.Expected() {
			continue
		}
		c := split[t.Route]
		c.Expected++
		switch state := s.of(run.ID(), &t); {
		case state.done():
			c.Done++
		case state == StateFailed:
			c.Failed++
		default:
			c.Pending++
		}
		split[t.Route] = c
	}
}

func (r *Reader) running(ctx context.Context, id jetsheet.RunID) ([]Running, error) {
	lines, err := r.lines(ctx)
	if err != nil {
		return nil, err
	}
	var list []Running
	for _, f := range lines.flights {
		if f.request.Run.String() == id.String() {
			list = append(list, f.running())
		}
	}
	return list, nil
}
