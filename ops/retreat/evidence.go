package retreat

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/jetsheet/jetsheet"
)

// Evidence is what one run says of a group, or a row of runs of one report.
type Evidence struct {
	Group string
	// Runs are those that it is from, newest first.
	Runs []jetsheet.RunID
	// Planned are the conversions that the group's rule routes new, of Tenants tenants;
	// Failed are those that failed, of FailedTenants.
	Planned, Failed        int
	Tenants, FailedTenants int
	// Causes counts the failures.
	Causes map[jetsheet.Cause]int

	tenants map[string]*share
}

// share are one tenant's conversions.
type share struct{ planned, failed int }

func newEvidence(group string, run jetsheet.RunID) *Evidence {
	return &Evidence{Group: group, Runs: []jetsheet.RunID{run}, Causes: map[jetsheet.Cause]int{}, tenants: map[string]*share{}}
}

func (e *Evidence) plan(tenant string, conversions int) {
	if e.tenants[tenant] == nil {
		e.tenants[tenant] = &share{}
		e.Tenants++
	}
	e.tenants[tenant].planned += conversions
	e.Planned += conversions
}

func (e *Evidence) fail(tenant string, cause jetsheet.Cause) {
	s := e.tenants[tenant]
	if s.failed++; s.failed == 1 {
		e.FailedTenants++
	}
	e.Failed++
	e.Causes[cause]++
}

// worst are the conversions of the tenant of which most failed.
func (e *Evidence) worst() share {
	var worst share
	for _, s := range e.tenants {
		if s.failed > worst.failed || s.failed == worst.failed && s.planned < worst.planned {
			worst = *s
		}
	}
	return worst
}

// Of the normal distribution, what lies below them: 97.5 %, for a run that is weighed by
// itself, and 99.95 %, for a row of runs. A row is weighed anew with every run that it
// gets, and each time it may be wrong.
const (
	z95  = 1.959964
	z999 = 3.290527
)

// above says whether more failed than may, however little that proves.
func (s *Settings) above(e *Evidence) bool {
	return !s.Off() && float64(e.Failed) > s.Share*float64(e.Planned)
}

// Enough says whether the evidence of one run is enough to take the group back.
func (s *Settings) Enough(e *Evidence) bool {
	return s.many(e) && LowerBound(e.Failed, e.Planned) > s.Share
}

// EnoughInRow says whether the evidence of a row of runs is enough to take the group back.
func (s *Settings) EnoughInRow(e *Evidence) bool {
	if len(e.Runs) < 2 || !s.many(e) || wilson(e.Failed, e.Planned, z999) <= s.Share {
		return false
	}
	if min(s.Tenants, e.Tenants) < 2 {
		return true
	}
	worst := e.worst()
	return wilson(e.Failed-worst.failed, e.Planned-worst.planned, z999) > s.Share
}

// many says whether enough conversions failed, of enough tenants.
func (s *Settings) many(e *Evidence) bool {
	return !s.Off() && e.Failed >= s.Failures && e.FailedTenants >= min(s.Tenants, e.Tenants)
}

// LowerBound is the lower bound of Wilson's 95 % interval of the share failed/planned;
// 0 where nothing is planned.
func LowerBound(failed, planned int) float64 { return wilson(failed, planned, z95) }

// wilson is the lower bound of the interval that z spans.
func wilson(failed, planned int, z float64) float64 {
	if planned <= 0 {
		return 0
	}
	n := float64(planned)
	p := float64(min(failed, planned)) / n
	middle := p + z*z/(2*n)
	width := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (middle-width)/(1+z*z/n))
}

// Counts says whether a failure of the cause speaks against this pipeline. A person's
// decision and ids that no system can work with do not.
func Counts(cause jetsheet.Cause) bool {
	switch cause {
	case jetsheet.CauseCancelled, jetsheet.CauseHeld, jetsheet.CauseBadMessage, jetsheet.CauseTenantID, jetsheet.CauseTargetID:
		return false
	}
	return true
}

// reason is kept with the revision.
func (s *Settings) reason(period string, e *Evidence) string {
	var most jetsheet.Cause
	for _, cause := range slices.Sorted(maps.Keys(e.Causes)) {
		if e.Causes[cause] > e.Causes[most] {
			most = cause
		}
	}
	runs, bound, confidence := fmt.Sprintf("run %s", e.Runs[0]), LowerBound(e.Failed, e.Planned), "95"
	if len(e.Runs) > 1 {
		runs = fmt.Sprintf("%d runs from %s to %s", len(e.Runs), e.Runs[len(e.Runs)-1], e.Runs[0])
		bound, confidence = wilson(e.Failed, e.Planned, z999), "99.9"
	}
	return fmt.Sprintf("group %s, period %s: %d of %d conversions of %s failed, of %d of %d tenants: more than %.1f %% with %s %% confidence, the limit is %.1f %%; most of all %s (%d)",
		e.Group, period, e.Failed, e.Planned, runs, e.FailedTenants, e.Tenants, 100*bound, confidence, 100*s.Share, most, e.Causes[most])
}
