package retreat

import (
	"fmt"
	"math"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Settings say when a group is taken back.
type Settings struct {
	Share    float64 `name:"share" placeholder:"SHARE" default:"0.02" help:"Share of failed conversions above which a group goes back to the previous system, with 95 % confidence; 0 turns that off."`
	Failures int     `name:"failures" placeholder:"N" default:"5" help:"Least failed conversions of the group in the run."`
	Tenants  int     `name:"tenants" placeholder:"N" default:"2" help:"Least tenants of the group that they are of."`

	Every time.Duration `name:"every" default:"30s" help:"How often the newest runs are looked at."`
}

// minEvery is how often the newest runs are looked at at most.
const minEvery = 100 * time.Millisecond

// Off says that no group is ever taken back.
func (s *Settings) Off() bool { return s.Share == 0 }

// Check returns what is wrong with the settings.
func (s *Settings) Check() error {
	switch {
	case s.Share < 0 || s.Share >= 1 || math.IsNaN(s.Share):
		return fmt.Errorf("share %v is not a share from 0 to less than 1", s.Share)
	case s.Failures < 1 || s.Tenants < 1:
		return fmt.Errorf("failures %d and tenants %d must be at least 1", s.Failures, s.Tenants)
	case s.Every < minEvery:
		return fmt.Errorf("every %v is too often, at least %v", s.Every, minEvery)
	}
	return nil
}

// Evidence is what a run says of a group.
type Evidence struct {
	Group string
	// Planned are the conversions that the group's rule routes new, of Tenants tenants;
	// Failed are those that failed, of FailedTenants.
	Planned, Failed        int
	Tenants, FailedTenants int
	// Causes counts the failures.
	Causes map[jetsheet.Cause]int
}

// Enough says whether the evidence is enough to take the group back.
func (s *Settings) Enough(e *Evidence) bool {
	return !s.Off() && e.Failed >= s.Failures && e.FailedTenants >= min(s.Tenants, e.Tenants) && LowerBound(e.Failed, e.Planned) > s.Share
}

// LowerBound is the lower bound of Wilson's 95 % interval of the share failed/planned;
// 0 where nothing is planned.
func LowerBound(failed, planned int) float64 {
	const z = 1.959964 // 97.5 % of a normal distribution lie below it
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
