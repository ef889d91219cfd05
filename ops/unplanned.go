package ops

import (
	"context"
	"errors"
	"io"

	"github.com/jetsheet/jetsheet"
)

// Anybody who may publish can put a message under a run's subjects. What is no request
// fails like one, under a conversion that nobody planned, and is not to be counted as a
// planned one that failed.

// suspicious says whether failures may be of something that is not in the plan: they
// were no readable message, or there are more outcomes than targets. To read the plan
// for every failure would cost a run of 100,000 targets half a second per look.
func (t *tally) suspicious() bool {
	if t.done+len(t.failed) > t.expected {
		return true
	}
	for _, mark := range t.failed {
		if mark.cause == jetsheet.CauseBadMessage || mark.cause == jetsheet.CauseMessageVersion {
			return true
		}
	}
	return false
}

// dropUnplanned takes out of the failures what is not expected by the plan.
func (r *Reader) dropUnplanned(ctx context.Context, t *tally, run *jetsheet.Run) error {
	if len(t.failed) == 0 || !t.suspicious() {
		return nil
	}
	planned, err := r.plannedOf(ctx, t.failed, run)
	if err != nil {
		return err
	}
	for key := range t.failed {
		if !planned[key] {
			delete(t.failed, key)
			t.unplanned++
		}
	}
	return nil
}

// plannedOf returns which of the failures are of expected targets of the plan.
func (r *Reader) plannedOf(ctx context.Context, failed map[string]failureMark, run *jetsheet.Run) (map[string]bool, error) {
	plan, err := r.openPlan(ctx, run)
	if err != nil {
		return nil, err
	}
	planned := make(map[string]bool, len(failed))
	id := run.ID()
	for {
		var t jetsheet.Target
		err := plan.read(&t)
		if errors.Is(err, io.EOF) {
			return planned, nil
		}
		if err != nil {
			return nil, err
		}
		if !t.Route.Expected() {
			continue
		}
		key := jetsheet.Conversion{Run: id, Tenant: t.Tenant, Target: t.Target}.Address().Key()
		if _, ok := failed[key]; ok {
			planned[key] = true
		}
	}
}
