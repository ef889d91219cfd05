package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jetsheet/jetsheet"
)

// maxLookBack is how many ticks of a report are looked at for a period.
const maxLookBack = 400

// scope is a run whose workbooks are listed, without those that a newer run of the
// same tick has made again.
type scope struct {
	run    *jetsheet.Run
	hidden []jetsheet.Scope
}

func (s *scope) hides(t *jetsheet.Target) bool {
	return slices.ContainsFunc(s.hidden, func(h jetsheet.Scope) bool { return h.Matches(t.Tenant, t.Target) })
}

// scopes picks the runs to list: the one that is named, or each report's newest.
func (r *Reader) scopes(ctx context.Context, f *WorkbookFilter) ([]*scope, error) {
	if f.Run != "" {
		id, err := r.Find(ctx, f.Run)
		if err != nil {
			return nil, err
		}
		if f.Report != "" && f.Report != id.Report {
			return nil, errOtherReport(id, f.Report)
		}
		run, err := r.Record(ctx, id)
		if err != nil {
			return nil, err
		}
		return []*scope{{run: run}}, nil
	}
	ids, err := r.knownRuns(ctx)
	if err != nil {
		return nil, err
	}
	byReport := map[string][]jetsheet.RunID{}
	var reports []string
	for _, id := range ids {
		if f.Report != "" && f.Report != id.Report {
			continue
		}
		if byReport[id.Report] == nil {
			reports = append(reports, id.Report)
		}
		byReport[id.Report] = append(byReport[id.Report], id)
	}
	if f.Report != "" && len(reports) == 0 {
		return nil, fmt.Errorf("report %q: %w", f.Report, ErrUnknownRun)
	}
	slices.Sort(reports)
	var all []*scope
	for _, report := range reports {
		picked, err := r.newest(ctx, byReport[report], f.Period)
		if err != nil {
			return nil, err
		}
		all = append(all, picked...)
	}
	return all, nil
}

// newest picks from a report's runs, newest first, those of the newest tick; with a
// period those of the newest tick whose plan begins with it.
func (r *Reader) newest(ctx context.Context, ids []jetsheet.RunID, period string) ([]*scope, error) {
	for range maxLookBack {
		if len(ids) == 0 {
			return nil, nil
		}
		end := slices.IndexFunc(ids, func(id jetsheet.RunID) bool { return !id.Tick.Equal(ids[0].Tick) })
		if end < 0 {
			end = len(ids)
		}
		picked, err := r.ofTick(ctx, ids[:end])
		if err != nil || period == "" {
			return picked, err
		}
		if last := picked[len(picked)-1].run; last.Plan != nil {
			has, err := r.periodOf(ctx, last)
			switch {
			case errors.Is(err, errPlanGone): // what its period was is not known any more
			case err != nil:
				return nil, err
			case has.Label == period:
				return picked, nil
			}
		}
		ids = ids[end:]
	}
	return nil, nil
}

// ofTick returns a tick's runs, newest first, down to the first that covers
// everybody.
func (r *Reader) ofTick(ctx context.Context, ids []jetsheet.RunID) ([]*scope, error) {
	var list []*scope
	var hidden []jetsheet.Scope
	for _, id := range ids {
		run, err := r.Record(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, &scope{run: run, hidden: slices.Clone(hidden)})
		if run.Plan == nil {
			continue // it hides nothing yet
		}
		if run.Frozen.Scope == (jetsheet.Scope{}) {
			break
		}
		hidden = append(hidden, run.Frozen.Scope)
	}
	return list, nil
}
