package ops

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// TestReplayLeavesOutWhatALaterRunHas fails every target in a run and its re-run has
// most of them, in every way in which it may. The other report has no re-run.
func TestReplayLeavesOutWhatALaterRunHas(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	first, again, other := runOf("orders", 0), runOf("orders", 1_793_500_000_000), runOf("visits", 0)
	names := []string{"done", "skipped", "queued", "rendered", "retrying", "failed", "held", "never", "older"}
	targets := make([]jetsheet.Target, len(names))
	for i, name := range names {
		targets[i] = target("t", name)
	}
	for _, id := range []jetsheet.RunID{first, again, other} {
		r.store(id, jetsheet.Scope{}, targets...)
	}
	for i := range targets[:8] {
		r.fail(first, &targets[i], jetsheet.CauseStatement, time.Time{})
		r.fail(other, &targets[i], jetsheet.CauseStatement, time.Time{})
	}
	r.done(again, &targets[0], jetsheet.DonePublished)
	r.done(again, &targets[1], jetsheet.DoneSkipped)
	r.queue(again, &targets[2])
	r.rendered(again, &targets[3])
	r.fail(again, &targets[4], jetsheet.CauseStatement, time.Now().Add(time.Hour))
	r.fail(again, &targets[5], jetsheet.CauseStatement, time.Time{})
	r.fail(again, &targets[6], jetsheet.CauseHeld, time.Time{})
	// The other way round nothing is covered: the re-run's failure is the newer word.
	r.fail(again, &targets[8], jetsheet.CauseStatement, time.Time{})
	r.done(first, &targets[8], jetsheet.DonePublished)

	filter := FailureFilter{Report: "orders"}
	var listed []string
	listing, err := client.Failures(t.Context(), filter, 0, func(f *FailureInfo) error {
		listed = append(listed, fmt.Sprint(f.Run.Rerun > 0, " ", f.Target))
		return nil
	})
	if want, left := []string{"true older", "true held", "true failed", "false never"}, (Skipped{Pending: 1, Superseded: 7}); err != nil || !slices.Equal(listed, want) || listing.Left != left {
		t.Errorf("listed %q, %+v, %v, want %q and %+v left", listed, listing, err, want, left)
	}
	want := Skipped{Pending: 1, Held: 1, Superseded: 6}
	dry, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: filter, DryRun: true})
	if err != nil || dry.Left != want || dry.Matched != 4 {
		t.Errorf("dry run: got %+v, %v, want %+v left and 4 matched", dry, err, want)
	}
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: filter})
	if err != nil || answer.Left != want || answer.Queued != 4 {
		t.Errorf("got %+v, %v, want %+v left and 4 queued", answer, err, want)
	}
	for id, queued := range map[jetsheet.RunID][]string{first: {"held", "never"}, again: {"failed", "older"}} {
		for _, name := range queued {
			one := target("t", name)
			if r.queued(jetsheet.LaneBulk, conversion(id, &one)) == nil {
				t.Errorf("%s of run %s is not queued", name, id)
			}
		}
	}
	named, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: first.String()}, DryRun: true})
	if err != nil || named.Left != (Skipped{Pending: 2}) || named.Matched != 6 {
		t.Errorf("a run by its name: got %+v, %v, want 6 matched", named, err)
	}
	refusal := FailureFilter{Report: "orders", Target: "done"}
	_, err = client.Replay(t.Context(), ReplayRequest{FailureFilter: refusal})
	refusedWith(t, "superseded", err, CodeNothing, "nothing to replay: 1 superseded by a later run")
}

// TestReplayAsksOnceForManyInALaterRun: above so many, DONE of the later run is read once.
func TestReplayAsksOnceForManyInALaterRun(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	first, again := runOf("orders", 0), runOf("orders", 1_793_500_000_000)
	targets := r.failMany(first, askEach+10, jetsheet.CauseStatement)
	r.store(first, jetsheet.Scope{}, targets...)
	r.store(again, jetsheet.Scope{}, targets...)
	for i := range targets[5:] {
		r.done(again, &targets[5+i], jetsheet.DonePublished)
	}
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{All: true}, DryRun: true})
	if want := (Skipped{Superseded: askEach + 5}); err != nil || answer.Matched != 5 || answer.Left != want {
		t.Errorf("got %s, want 5 matched and %+v left", fmt.Sprint(answer, err), want)
	}
}
