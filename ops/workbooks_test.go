package ops

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

func TestWorkbooksTellsWhereEachIs(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	ids := []string{
		"*", ">", "a.b", "with space", "冷蔵庫 🧊", "../x", "9223372036854775807", strings.Repeat("x", 250), "'; rm", "$JS", "previous", "held", "shadow", "waiting",
	}
	targets := make([]jetsheet.Target, len(ids))
	for i, name := range ids {
		targets[i] = target(name, name)
	}
	targets[10].Route, targets[10].Lane = jetsheet.RouteLegacy, ""
	targets[11].Route, targets[11].Lane = jetsheet.RouteHold, ""
	targets[12].Route = jetsheet.RouteShadow
	targets[13].Lane = jetsheet.LaneLarge
	r.store(id, jetsheet.Scope{}, targets...)
	at := func(i int) *jetsheet.Target { return &targets[i] }

	r.done(id, at(0), jetsheet.DonePublished)
	r.done(id, at(1), jetsheet.DoneSkipped)
	r.fail(id, at(2), jetsheet.CauseStatement, time.Time{})
	r.fail(id, at(3), jetsheet.CauseInternal, time.Now().Add(time.Hour))
	r.queue(id, at(4)) // taken up below
	r.takeUp(jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall))
	r.progress(jetsheet.StageRenderer, conversion(id, at(4)), jetsheet.Progress{Rows: 42, Starts: []jetsheet.Start{{Worker: "renderer@h/1", At: tick}}})
	r.queue(id, at(5))
	r.rendered(id, at(6)) // taken up below
	r.takeUp(jetsheet.StreamRendered, jetsheet.ConsumerUploader)
	r.rendered(id, at(7))
	// 8 is planned, 9 was failed and is queued again, 10 is not ours.
	r.fail(id, at(9), jetsheet.CauseInternal, time.Time{})
	r.queue(id, at(9))
	r.fail(id, at(11), jetsheet.CauseHeld, time.Time{})
	r.done(id, at(12), jetsheet.DoneCompared)
	r.queue(id, at(13))
	r.takeUp(jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneLarge))
	r.progress(jetsheet.StageRenderer, conversion(id, at(13)), jetsheet.Progress{
		Waiting: "database", LastError: "connection refused", Starts: []jetsheet.Start{{Worker: "w", At: tick}},
	})

	want := []struct {
		state     State
		madeBy    string
		why, next string
	}{
		{StatePublished, MadeHere, "", ""},
		{StateSkipped, MadeHere, "no records", ""},
		{StateFailed, MadeHere, "statement_invalid", "--definition current; where its targets, output or template change, then: jetsheet runs start orders --tick 2026-10-31T20:00:00Z --tenant=a.b --target=a.b --again"},
		{StateRetrying, MadeHere, "is tried again at", ""},
		{StateRendering, MadeHere, "a renderer is at work", ""},
		{StateQueued, MadeHere, "waits for a renderer in lane small", ""},
		{StateUploading, MadeHere, "an uploader is at work", ""},
		{StateRendered, MadeHere, "waits for an uploader", ""},
		{StatePlanned, MadeHere, "about to be queued", "jetsheet producer"},
		{StateQueued, MadeHere, "waits for a renderer", ""},
		{StatePrevious, MadeByPrevious, "routed legacy", ""},
		{StateFailed, MadeByNobody, "held", "jetsheet failures replay 20261031T200000Z-orders-0/held/held"},
		{StateCompared, MadeByPrevious, "routed shadow", ""},
		{StateWaiting, MadeHere, "waits for database", ""},
	}
	found, listing := r.list(WorkbookFilter{})
	if len(found) != len(want) || listing.More {
		t.Fatalf("got %d workbooks, more %t, want %d", len(found), listing.More, len(want))
	}
	for i, w := range found {
		if w.Tenant != ids[i] || w.State != want[i].state || w.MadeBy != want[i].madeBy ||
			!strings.Contains(w.Why, want[i].why) || !strings.Contains(w.Next, want[i].next) {
			t.Errorf("workbook %q: got %s, made by %s, why %q, next %q; want %+v", w.Tenant, w.State, w.MadeBy, w.Why, w.Next, want[i])
		}
	}
	if w := found[0]; w.Rows != 7 || w.SizeBytes != 700 || w.Bucket != "exports" {
		t.Errorf("published: got %+v, want its outcome's rows, size and bucket", w)
	}
	if w := found[4]; w.Rows != 42 || w.Worker != "renderer@h/1" || !w.Since.Equal(tick) {
		t.Errorf("rendering: got %+v, want what its worker wrote", w)
	}
	r.checkFilters(ids)

	d, err := r.reader.Run(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if want := (jetsheet.Counts{Expected: 13, Done: 3, Failed: 2, Pending: 8}); d.Counts != want || d.Retrying != 1 {
		t.Errorf("counts: got %+v, %d retrying, want %+v, 1", d.Counts, d.Retrying, want)
	}
	if got := d.ByRoute[jetsheet.RouteNew]; got != (jetsheet.Counts{Expected: 11, Done: 2, Failed: 1, Pending: 8}) {
		t.Errorf("route new: got %+v", got)
	}
	if got := d.ByRoute[jetsheet.RouteHold]; got != (jetsheet.Counts{Expected: 1, Failed: 1}) {
		t.Errorf("route hold: got %+v", got)
	}
	if len(d.Causes) != 2 || d.Causes[1].Cause != jetsheet.CauseStatement || !strings.Contains(d.Causes[1].Next, "--tenant=a.b --target=a.b") {
		t.Errorf("causes: got %+v", d.Causes)
	}
	if len(d.Running) != 3 {
		t.Errorf("running: got %+v, want 3", d.Running)
	}
	if d.Outcomes[jetsheet.DonePublished] != 1 || d.Outcomes[jetsheet.DoneSkipped] != 1 || d.Queued[jetsheet.LaneSmall] != 3 || d.Rendered != 2 {
		t.Errorf("got outcomes %v, queued %v, rendered %d", d.Outcomes, d.Queued, d.Rendered)
	}
}

// checkFilters asks the run of the test above in every way.
func (r *rig) checkFilters(ids []string) {
	r.t.Helper()
	for _, test := range []struct {
		filter WorkbookFilter
		want   int
		more   bool
	}{
		{WorkbookFilter{State: string(StatePublished)}, 1, false},
		{WorkbookFilter{State: string(StateSkipped)}, 1, false},
		{WorkbookFilter{State: AnyDone}, 3, false},
		{WorkbookFilter{State: AnyPending}, 8, false},
		{WorkbookFilter{State: string(StateFailed)}, 2, false},
		{WorkbookFilter{Tenant: "冷蔵庫 🧊"}, 1, false},
		{WorkbookFilter{Tenant: "冷蔵庫"}, 0, false},
		{WorkbookFilter{Tenant: "*", Target: "*"}, 1, false},
		{WorkbookFilter{Tenant: "*", Target: ">"}, 0, false},
		{WorkbookFilter{Text: "冷蔵庫"}, 1, false},
		{WorkbookFilter{Text: "WITH space.XLSX"}, 1, false},
		{WorkbookFilter{Text: "2026-10/with=20space"}, 1, false},
		{WorkbookFilter{Text: "20261031T200000Z-orders-0/a=2Eb/a=2Eb"}, 1, false},
		{WorkbookFilter{Period: "2026-10", Report: "orders"}, len(ids), false},
		{WorkbookFilter{Period: "2026-09"}, 0, false},
		{WorkbookFilter{Limit: 3}, 3, true},
		{WorkbookFilter{Limit: len(ids)}, len(ids), false},
		{WorkbookFilter{Run: "orders"}, len(ids), false},
		{WorkbookFilter{Run: "20261031"}, len(ids), false},
	} {
		found, listing := r.list(test.filter)
		if len(found) != test.want || listing.More != test.more {
			r.t.Errorf("filter %+v: got %d, more %t, want %d, %t", test.filter, len(found), listing.More, test.want, test.more)
		}
	}
}

func TestWorkbooksNamesTheRoleThatIsMissing(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	a, b := target("a", "1"), target("a", "2")
	r.store(id, jetsheet.Scope{}, a, b)
	r.queue(id, &a)
	r.rendered(id, &b)
	found, _ := r.list(WorkbookFilter{})
	if found[0].Next != "jetsheet renderer" || found[1].Next != "jetsheet uploader" {
		t.Errorf("got next %q and %q, want the renderer and the uploader", found[0].Next, found[1].Next)
	}
}

// TestWorkbooksOfRunsMadeAgain: what a narrowed re-run has made again counts there,
// everything else where it was.
func TestWorkbooksOfRunsMadeAgain(t *testing.T) {
	t.Parallel()
	r := setup(t)
	first, second, third := runOf("orders", 0), runOf("orders", 100), runOf("orders", 200)
	older := first
	older.Tick = tick.AddDate(0, -1, 0)
	a, b, c := target("a", "1"), target("a", "2"), target("b", "1")
	past := target("a", "1")
	past.Period.Label = "2026-09"
	r.store(older, jetsheet.Scope{}, past)
	r.store(first, jetsheet.Scope{}, a, b, c)
	r.store(second, jetsheet.Scope{Tenant: "a", Target: "1"}, a)
	r.put(&jetsheet.Run{Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunPlanning, Frozen: jetsheet.Frozen{
		Envelope: jetsheet.CurrentEnvelope(), Run: third, Scope: jetsheet.Scope{Tenant: "b"},
	}})
	r.store(runOf("other", 0), jetsheet.Scope{}, target("a", "other"))

	found, listing := r.list(WorkbookFilter{Report: "orders"})
	var got []string
	for _, w := range found {
		got = append(got, w.Conversion().String())
	}
	want := fmt.Sprintf("[%s/a/1 %s/a/2 %s/b/1]", second, first, first)
	if fmt.Sprint(got) != want || len(listing.Notices) != 1 {
		t.Errorf("got %v, notices %v, want %s and one notice of the run that is planned", got, listing.Notices, want)
	}
	if found, _ := r.list(WorkbookFilter{Period: "2026-09"}); len(found) != 1 || found[0].Run != older {
		t.Errorf("period 2026-09: got %+v, want the workbook of %s", found, older)
	}
	if found, _ := r.list(WorkbookFilter{}); len(found) != 4 {
		t.Errorf("all reports: got %d, want 4", len(found))
	}
	if w, err := r.reader.One(t.Context(), WorkbookFilter{Report: "orders", Text: "_2.xlsx"}); err != nil || w.Target != "2" {
		t.Errorf("One: got %+v, %v", w, err)
	}
	var ambiguous *AmbiguousError
	if _, err := r.reader.One(t.Context(), WorkbookFilter{Text: "記録"}); !errors.As(err, &ambiguous) || len(ambiguous.Candidates) != 4 {
		t.Errorf("One: got %v, want 4 candidates", err)
	}
	if _, err := r.reader.One(t.Context(), WorkbookFilter{Text: "nothing"}); !errors.Is(err, ErrUnknownWorkbook) {
		t.Errorf("One: got %v, want %v", err, ErrUnknownWorkbook)
	}
}

func TestWorkbooksRefusesADamagedPlan(t *testing.T) {
	t.Parallel()
	r := setup(t)
	run := r.store(runOf("orders", 0), jetsheet.Scope{}, target("a", "1"))
	run.Plan.SHA256 = strings.Repeat("0", 64)
	r.put(run)
	_, err := r.reader.Workbooks(t.Context(), WorkbookFilter{}, func(*Workbook) error { return nil })
	if !errors.Is(err, jetsheet.ErrPlan) {
		t.Errorf("got %v, want %v", err, jetsheet.ErrPlan)
	}
}

// Plans pass their age, and the records of runs stay: a report that was made once, long ago,
// does not keep people from the workbooks of the others.
func TestWorkbooksOfAPlanThatIsGone(t *testing.T) {
	t.Parallel()
	r := setup(t)
	first := target("aoba", "1")
	shadow := target("minato", "2")
	shadow.Route = jetsheet.RouteShadow
	old := r.store(runOf("once", 0), jetsheet.Scope{}, first, shadow)
	old.State = jetsheet.RunClosed
	r.put(old)
	r.check(r.plans.Delete(t.Context(), old.Plan.Object))
	r.store(runOf("orders", 0), jetsheet.Scope{}, first)

	for _, f := range []WorkbookFilter{{}, {Tenant: "aoba"}} {
		found, listing := r.list(f)
		if len(found) != 1 || found[0].Run != runOf("orders", 0) || len(listing.Notices) != 1 ||
			!strings.Contains(listing.Notices[0], "no longer in NATS") || !strings.HasSuffix(listing.Notices[0], "runs start once --tick 2026-10-31T20:00:00Z --again") {
			t.Errorf("%+v: got %+v, %q, want the other report's and what became of the plan", f, found, listing.Notices)
		}
	}
	// Which period it had is not known any more.
	if found, listing := r.list(WorkbookFilter{Period: "2026-10"}); len(found) != 1 || len(listing.Notices) != 0 {
		t.Errorf("by period: got %+v, %q, want the other report's alone", found, listing.Notices)
	}
	if detail, err := r.reader.Run(t.Context(), old.ID()); err != nil || detail.Counts.Expected != 2 {
		t.Errorf("the run: got %+v, %v, want its counts", detail, err)
	}
	if _, err := r.reader.Workbooks(t.Context(), WorkbookFilter{Run: "once"}, nil); !errors.Is(err, errPlanGone) || errorOf(err).Code != CodeUnknown {
		t.Errorf("named: got %v, want that its plan is gone", err)
	}
}
