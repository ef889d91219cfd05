package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// A misspelt id narrows a run to nothing: it would close at once with no workbook. Only the
// targets query knows who there is now, so what the plans of the tick do not have may
// still have come since, and whoever says so is believed.

// plannedIDs are the ids in a tick's plans, as far as a scope asks for them.
type plannedIDs struct {
	scope jetsheet.Scope
	// tenants are all of them, targets are those of the scope's tenant.
	tenants, targets map[string]bool
}

// checkScope refuses a scope that is in none of the plans of a tick's runs. Where one of
// them cannot be read, or is not there yet, nothing is refused.
func (s *starter) checkScope(ctx context.Context, scope jetsheet.Scope, ofTick []jetsheet.RunID) error {
	ids := plannedIDs{scope: scope, tenants: map[string]bool{}, targets: map[string]bool{}}
	for _, id := range ofTick {
		planned, err := s.reader.addPlanned(ctx, id, &ids)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil || !planned || ids.found() {
			return nil //nolint:nilerr // a damaged plan is no reason to make nothing
		}
	}
	return ids.refusal(ofTick[0])
}

// mayHave says whether a run could have planned what a scope names.
func mayHave(run *jetsheet.Run, scope jetsheet.Scope) bool {
	narrowed := run.Frozen.Scope
	return narrowed.Tenant == "" || narrowed.Tenant == scope.Tenant
}

// addPlanned reads a run's plan until the scope is found; false says that there is none yet.
func (r *Reader) addPlanned(ctx context.Context, id jetsheet.RunID, ids *plannedIDs) (bool, error) {
	run, err := r.Record(ctx, id)
	if err != nil {
		return false, err
	}
	if !mayHave(run, ids.scope) {
		return true, nil
	}
	if run.Plan == nil {
		return false, nil
	}
	plan, err := r.openPlan(ctx, run)
	if err != nil {
		return false, err
	}
	for !ids.found() {
		var t jetsheet.Target
		err := plan.read(&t)
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		ids.tenants[t.Tenant] = true
		if t.Tenant == ids.scope.Tenant {
			ids.targets[t.Target] = true
		}
	}
	return true, nil
}

func (p *plannedIDs) found() bool {
	if p.scope.Target != "" {
		return p.targets[p.scope.Target]
	}
	return p.tenants[p.scope.Tenant]
}

// refusal names what is not there, and what is, the likeliest first.
func (p *plannedIDs) refusal(id jetsheet.RunID) error {
	tick := id.Tick.UTC().Format(time.RFC3339)
	text, wanted, known := fmt.Sprintf("no run of %s has a tenant %q", tick, p.scope.Tenant), p.scope.Tenant, p.tenants
	if p.tenants[p.scope.Tenant] {
		text, wanted, known = fmt.Sprintf("in no run of %s tenant %q has a target %q", tick, p.scope.Tenant, p.scope.Target), p.scope.Target, p.targets
	}
	if len(known) > 0 {
		names := slices.Collect(maps.Keys(known))
		likeliestFirst(names, wanted)
		for i := range names[:min(len(names), maxCandidates)] {
			names[i] = strconv.Quote(names[i])
		}
		text += "; there are " + someOf(names)
	}
	return &Error{Text: text, Next: "if it has come since: " + jetsheet.StartAgain(id, p.scope) + " --unplanned", Code: CodeUnknown}
}

// likeliestFirst sorts names by how much they are like one that is unknown.
func likeliestFirst(names []string, unknown string) {
	slices.SortFunc(names, func(a, b string) int {
		if c := alike(unknown, b) - alike(unknown, a); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
}

// alike counts the pairs of letters that two names share.
func alike(a, b string) int {
	n := 0
	for i := range max(0, len(a)-1) {
		if strings.Contains(b, strings.ToLower(a[i:i+2])) {
			n++
		}
	}
	return n
}
