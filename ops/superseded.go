package ops

import (
	"context"

	"github.com/jetsheet/jetsheet"
)

// leaveOutSuperseded takes out what a later run of the same tick has: it is done or pending
// there, or failed and in the list as well. The workbook of the earlier run would be made
// and not be kept. Where the filter names a run, its conversions are meant.
func (r *Reader) leaveOutSuperseded(ctx context.Context, s *failureScan, set *failureSet) error {
	if !s.address.Run.IsZero() || len(set.list) == 0 {
		return nil
	}
	known, err := r.knownRuns(ctx)
	if err != nil {
		return err
	}
	ofTick := map[jetsheet.RunID][]jetsheet.RunID{} // by the scheduled run
	for _, id := range known {
		ofTick[id.First()] = append(ofTick[id.First()], id)
	}
	there := map[string]bool{} // pending or in the list
	for key := range set.pending {
		there[key] = true
	}
	for i := range set.list {
		there[set.list[i].address.Key()] = true
	}
	superseded := make([]bool, len(set.list))
	var later []jetsheet.Address
	var of []int // the place in the list that each of later is asked for
	for i := range set.list {
		address := set.list[i].address
		for _, id := range ofTick[address.Run.First()] {
			if id.Rerun <= address.Run.Rerun {
				continue
			}
			address.Run = id
			superseded[i] = superseded[i] || there[address.Key()]
			later, of = append(later, address), append(of, i)
		}
	}
	isDone, err := r.areDone(ctx, later)
	if err != nil {
		return err
	}
	for n, done := range isDone {
		superseded[of[n]] = superseded[of[n]] || done
	}
	set.skipped.Superseded += set.leaveOut(func(i int) bool { return superseded[i] })
	return nil
}
