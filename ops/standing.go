package ops

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// standings is a tally with the state of every done conversion.
type standings struct {
	*tally
	doneAs    map[digest]jetsheet.DoneState
	outcomes  map[jetsheet.DoneState]int
	compared  map[digest]jetsheet.ComparisonResult
	rows      int64
	sizeBytes int64
}

// standings reads what became of each conversion of a run, or of one tenant in it.
// Without states the bodies of DONE are not read, and every done one counts as
// published.
func (r *Reader) standings(ctx context.Context, run *jetsheet.Run, tenant string, states bool) (*standings, error) {
	s := &standings{
		tally:    &tally{expected: run.Plan.Expected, failed: map[string]failureMark{}},
		doneAs:   map[digest]jetsheet.DoneState{},
		outcomes: map[jetsheet.DoneState]int{},
		compared: map[digest]jetsheet.ComparisonResult{},
	}
	id := run.ID()
	if err := r.readQueues(ctx, s.tally, id, tenant); err != nil {
		return nil, err
	}
	if err := r.readFailures(ctx, s.tally, id, tenant); err != nil {
		return nil, err
	}
	err := delivery.Scan(ctx, r.js, jetsheet.StreamDone, !states, func(m jetstream.Msg) error {
		return s.seeDone(m, states)
	}, ofTenant(jetsheet.RunDoneSubjects(id), tenant))
	s.done = len(s.doneAs)
	return s, err
}

func (s *standings) seeDone(m jetstream.Msg, states bool) error {
	key := jetsheet.SubjectKey(m.Subject())
	if key == "" { // no conversion has such a subject
		return nil
	}
	done := jetsheet.Done{State: jetsheet.DonePublished}
	if states {
		if err := jetsheet.Decode(m.Data(), &done); err != nil {
			return errUnreadable(m.Subject(), err)
		}
	}
	s.doneAs[digestOf(key)] = done.State
	s.outcomes[done.State]++
	if done.Comparison != nil {
		s.compared[digestOf(key)] = done.Comparison.Result
	}
	if done.State == jetsheet.DonePublished {
		s.rows += done.Rows
		s.sizeBytes += done.SizeBytes
	}
	delete(s.failed, key)
	delete(s.queued, key)
	delete(s.rendered, key)
	return nil
}

// errUnreadable is of a record in DONE that is no outcome, or one of a newer version.
func errUnreadable(subject string, err error) error {
	run, _, _ := strings.Cut(strings.TrimPrefix(subject, strings.TrimSuffix(jetsheet.SubjectDone, ">")), ".")
	return &Error{
		Text: fmt.Sprintf("the outcome on %s cannot be read: %v", subject, err),
		Next: "each such record, and what mends it, names: jetsheet verify " + run, Code: CodeInternal,
	}
}

// results counts the comparisons by their result.
func (s *standings) results() map[jetsheet.ComparisonResult]int {
	counts := map[jetsheet.ComparisonResult]int{}
	for _, result := range s.compared {
		counts[result]++
	}
	return counts
}

func (s *standings) byLane() map[jetsheet.Lane]int {
	counts := map[jetsheet.Lane]int{}
	for _, lane := range s.queued {
		counts[lane]++
	}
	return counts
}

// of returns the state of a target.
func (s *standings) of(run jetsheet.RunID, t *jetsheet.Target) State {
	if t.Route == jetsheet.RouteLegacy {
		return StatePrevious
	}
	key := jetsheet.Conversion{Run: run, Tenant: t.Tenant, Target: t.Target}.Address().Key()
	if done, ok := s.doneAs[digestOf(key)]; ok {
		return State(done)
	}
	if s.rendered[key] {
		return StateRendered
	}
	if _, ok := s.queued[key]; ok {
		return StateQueued
	}
	mark, ok := s.failed[key]
	switch {
	case !ok:
		return StatePlanned
	case !mark.retryAt.IsZero():
		return StateRetrying
	default:
		return StateFailed
	}
}
