package ops

import (
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// TestOutcomesThatNATSNoLongerHas closes a run and takes outcomes out of DONE and FAILED, as
// their age does, or a stream that is lost. Nothing goes on with those, so nobody is told to
// wait for them, as for what was asked for again.
func TestOutcomesThatNATSNoLongerHas(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	targets := make([]jetsheet.Target, 6)
	for i, name := range []string{"done", "failed", "gone", "queued", "rendered", "retrying"} {
		targets[i] = target("aoba", name)
	}
	run := r.store(id, jetsheet.Scope{}, targets...)
	r.done(id, &targets[0], jetsheet.DonePublished)
	r.queue(id, &targets[3])
	r.rendered(id, &targets[4])
	r.fail(id, &targets[5], jetsheet.CauseInternal, time.Now().Add(time.Hour))

	for _, open := range []bool{true, false} {
		if !open {
			run.State, run.Closed = jetsheet.RunClosed, &jetsheet.Counts{Expected: 6, Done: 2, Failed: 4}
			r.put(run)
		}
		info, err := r.reader.Info(t.Context(), id)
		r.check(err)
		detail, err := r.reader.Run(t.Context(), id)
		r.check(err)
		for name, got := range map[string]*RunInfo{"Info": info, "Run": &detail.RunInfo} {
			want := 2 // "failed" and "gone"
			if open {
				want = 0
			}
			if got.Counts != (jetsheet.Counts{Expected: 6, Done: 1, Pending: 5}) || got.Unrecorded != want || got.Again() == open {
				t.Errorf("%s, open %t: got %+v, %d unrecorded, again %t, want 5 pending, %d unrecorded", name, open, got.Counts, got.Unrecorded, got.Again(), want)
			}
			if open != (got.Notice == "") || !open && (!strings.Contains(got.Notice, "outcome of 2") ||
				!strings.Contains(got.Notice, "2 done and 4 failed") || !strings.Contains(got.Next, "--again")) {
				t.Errorf("%s, open %t: got notice %q, next %q", name, open, got.Notice, got.Next)
			}
		}
		found, _ := r.list(WorkbookFilter{Target: "gone"})
		if len(found) != 1 || strings.Contains(found[0].Why, "about to be queued") != open ||
			!open && !strings.HasSuffix(found[0].Next, "--tenant=aoba --target=gone --again") {
			t.Errorf("open %t: got %+v", open, found)
		}
	}

	r.queue(id, &targets[1])
	r.queue(id, &targets[2])
	info, err := r.reader.Info(t.Context(), id)
	r.check(err)
	if info.Unrecorded != 0 || !info.Again() || info.Notice != "" {
		t.Errorf("everything is asked for again: got %+v", info)
	}
}
