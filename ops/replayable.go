package ops

import (
	"cmp"
	"slices"

	"github.com/jetsheet/jetsheet"
)

// replayable says whether the request of a failure can end in another way. The others
// were never asked for properly: their target has no valid id, key or size, or what lies
// in FAILED is no request.
func replayable(cause jetsheet.Cause) bool {
	switch cause {
	case jetsheet.CauseBadMessage, jetsheet.CauseTenantID, jetsheet.CauseTargetID, jetsheet.CauseTargetInvalid,
		jetsheet.CauseTemplateUnknown, jetsheet.CauseDuplicateTarget, jetsheet.CauseDuplicateKey, jetsheet.CauseRequestTooLarge:
		return false
	default:
		return true
	}
}

// CauseAdvice is how many failures of one cause a replay leaves alone, and what helps.
type CauseAdvice struct {
	Cause jetsheet.Cause `json:"cause"`
	Count int            `json:"count"`
	Next  string         `json:"next"`
}

// leaveOutHopeless takes out what a replay does not change, and what is only replayed
// when a person says so: to make a held workbook here is a decision that nobody should
// take by accident.
func (set *failureSet) leaveOutHopeless(s *failureScan) []CauseAdvice {
	type kind struct {
		cause jetsheet.Cause
		stray bool
	}
	advice := map[kind]*CauseAdvice{}
	note := func(one *failedOne, next string) {
		k := kind{one.cause, one.stray()}
		if advice[k] == nil {
			advice[k] = &CauseAdvice{Cause: one.cause, Next: next}
		}
		advice[k].Count++
	}
	kept := set.list[:0]
	for i := range set.list {
		one := &set.list[i]
		switch {
		case one.stray():
			set.skipped.NotReplayable++
			note(one, mendStray(DismissStray(one.cause)))
		case !replayable(one.cause):
			set.skipped.NotReplayable++
			note(one, mend(one.cause, one.address.Run, jetsheet.Scope{}))
		case one.cause == jetsheet.CauseHeld && s.Cause != jetsheet.CauseHeld && !s.one():
			set.skipped.Held++
			note(one, mend(one.cause, one.address.Run, jetsheet.Scope{}))
		default:
			kept = append(kept, *one)
		}
	}
	set.list = kept
	list := make([]CauseAdvice, 0, len(advice))
	for _, a := range advice {
		list = append(list, *a)
	}
	slices.SortFunc(list, func(a, b CauseAdvice) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Next, b.Next))
	})
	return list
}

// byCause counts what is in the set.
func (set *failureSet) byCause() map[jetsheet.Cause]int {
	counts := map[jetsheet.Cause]int{}
	for i := range set.list {
		counts[set.list[i].cause]++
	}
	return counts
}
