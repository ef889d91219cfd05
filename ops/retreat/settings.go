package retreat

import (
	"fmt"
	"math"
	"time"
)

// Settings say when a group is taken back.
type Settings struct {
	Share    float64 `name:"share" placeholder:"SHARE" default:"0.02" help:"Share of failed conversions above which a group goes back to the previous system, with 95 % confidence; 0 turns that off."`
	Failures int     `name:"failures" placeholder:"N" default:"5" help:"Least failed conversions of the group in the run, or in the runs that are looked at together."`
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
