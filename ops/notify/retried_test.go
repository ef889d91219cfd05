package notify

import (
	"slices"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// TestAReplayThatIsTriedAgainClosesNothing: what was replayed and failed for another cause,
// for which it is tried again by itself, is not mended. Its notice is closed when all of it
// is done or has failed for the other cause, also by a process that has just started.
func TestAReplayThatIsTriedAgainClosesNothing(t *testing.T) {
	t.Parallel()
	retrying := func(f *jetsheet.Failure) { f.RetryAt = start.Add(time.Minute) }
	replayed := func(f *jetsheet.Failure) { f.Replay = "20261101T050000000Z-aaaaaa" }
	workbooks := func(id jetsheet.RunID) string {
		return jetsheet.NoticeKey(string(KindFailures), id.String(), string(jetsheet.CauseWorkbook))
	}
	for name, test := range map[string]struct {
		ends func(r *rig)
		want []string // what is said after the end
	}{
		"done": {func(r *rig) { r.done(runOf(0), 0, 3) }, []string{"close " + workbooks(runOf(0)) + " 0"}},
		"failed for the other cause": {func(r *rig) { r.fail(runOf(0), jetsheet.CauseInternal, 0, 3, replayed) }, []string{
			"close " + workbooks(runOf(0)) + " 0",
			"open " + jetsheet.NoticeKey(string(KindFailures), runOf(0).String(), string(jetsheet.CauseInternal)) + " 3",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			b := &box{name: "box"}
			first := r.runnerOver(r.seeing(), "ops-1", b)
			expect := func(what string, want ...string) {
				t.Helper()
				for _, n := range []*Runner{first, r.runnerOver(r.seeing(), "ops-2", b)} {
					r.round(n)
				}
				r.clock.advance(settle)
				r.round(first)
				if got := b.said(); !slices.Equal(got, want) {
					t.Fatalf("%s: got %q, want %q", what, got, want)
				}
			}
			said := []string{"open " + workbooks(runOf(0)) + " 3", "open " + workbooks(runOf(5)) + " 1"}
			r.fail(runOf(0), jetsheet.CauseWorkbook, 0, 3)
			expect("the first has failed", said[0])
			r.fail(runOf(5), jetsheet.CauseWorkbook, 7, 8)
			expect("the second has failed", said...)
			r.fail(runOf(0), jetsheet.CauseInternal, 0, 3, retrying, replayed)
			r.fail(runOf(5), jetsheet.CauseInternal, 8, 9, retrying)
			expect("tried again by themselves", said...)
			r.done(runOf(5), 7, 8) // in a run where only what was planned is tried again
			said = append(said, "close "+workbooks(runOf(5))+" 0")
			expect("another run's is mended", said...)
			test.ends(r)
			expect("the end", append(said, test.want...)...)
		})
	}
}
