package producer

import (
	"cmp"
	"slices"

	"github.com/jetsheet/jetsheet"
)

// entry is what ordering needs of a target; the target itself waits on disk.
type entry struct {
	offset int64 // of its line in the spool
	size   int32
	tenant int32 // number of its tenant in the order of the query
	turn   int32 // how many small targets of the tenant came before it
	weight int64
	lane   jetsheet.Lane
	route  jetsheet.Route
	// broken is set where the target has a problem that its line does not tell yet.
	broken *jetsheet.TargetProblem
	// repeats are the further rows of its conversion; nil means none.
	repeats *repeats
	faulty  bool
}

// inPublishingOrder sorts targets: the order of the plan is the scheduler. Large
// ones come longest first, so that the last worker is not left with the longest
// job. Small ones let the tenants take turns, so that a giant tenant does not make
// the others wait. What is never queued comes last.
func inPublishingOrder(entries []entry) {
	slices.SortStableFunc(entries, func(a, b entry) int {
		if c := cmp.Compare(laneRank(a.lane), laneRank(b.lane)); c != 0 {
			return c
		}
		switch a.lane {
		case jetsheet.LaneLarge, jetsheet.LaneBulk:
			return cmp.Compare(b.weight, a.weight)
		default:
			return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.tenant, b.tenant))
		}
	})
}

func laneRank(lane jetsheet.Lane) int {
	switch lane {
	case jetsheet.LaneExpress:
		return 0
	case jetsheet.LaneLarge:
		return 1
	case jetsheet.LaneSmall:
		return 2
	case jetsheet.LaneBulk:
		return 3
	default:
		return 4
	}
}
