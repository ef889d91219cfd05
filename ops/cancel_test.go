package ops

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

func TestCancelMarksTheRun(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	a, b := target("a", "1"), target("b", "2")
	run := r.store(id, jetsheet.Scope{}, a, b)
	r.done(id, &a, jetsheet.DonePublished)
	// What a newer version wrote into the record stays.
	var fields map[string]json.RawMessage
	r.check(json.Unmarshal(r.json(run), &fields))
	fields["later"] = json.RawMessage(`{"kept":[1.50]}`)
	_, err := r.runs.Put(t.Context(), jetsheet.RunKey(id), r.json(fields))
	r.check(err)

	dry, err := client.Cancel(t.Context(), CancelRequest{Run: "orders", DryRun: true})
	if err != nil || *dry.Counts != (jetsheet.Counts{Expected: 2, Done: 1, Pending: 1}) {
		t.Errorf("dry run: got %+v, %v", dry, err)
	}
	if got, err := r.reader.Record(t.Context(), id); err != nil || got.Cancelled != nil {
		t.Errorf("after a dry run: got %+v, %v, want no mark", got.Cancelled, err)
	}
	answer, err := client.Cancel(t.Context(), CancelRequest{Run: "orders", By: "me@h", Reason: "wrong month"})
	if err != nil || answer.Run.String() != id.String() || !strings.Contains(answer.Next, "jetsheet failures replay --run 20261031T200000Z-orders-0 --cause cancelled") {
		t.Errorf("got %+v, %v", answer, err)
	}
	got, err := r.reader.Record(t.Context(), id)
	if err != nil || got.Cancelled == nil || got.Cancelled.By != "me@h" || got.Cancelled.Reason != "wrong month" || got.Cancelled.At.IsZero() || got.Plan.SHA256 != run.Plan.SHA256 {
		t.Errorf("got %+v, %v, want the mark and everything else as it was", got, err)
	}
	if entry, err := r.runs.Get(t.Context(), jetsheet.RunKey(id)); err != nil || !strings.Contains(string(entry.Value()), `"later":{"kept":[1.50]}`) {
		t.Errorf("the record is %s, %v, want an unknown field kept", entry.Value(), err)
	}
	_, err = client.Cancel(t.Context(), CancelRequest{Run: "orders"})
	refusedWith(t, "twice", err, CodeNothing, "was cancelled at")
	_, err = client.Cancel(t.Context(), CancelRequest{Run: "nope"})
	refusedWith(t, "unknown run", err, CodeUnknown, "nope")

	closed := r.store(runOf("closed", 0), jetsheet.Scope{}, a)
	closed.State = jetsheet.RunClosed
	r.put(closed)
	_, err = client.Cancel(t.Context(), CancelRequest{Run: "closed"})
	refusedWith(t, "a closed run", err, CodeNothing, "is closed")
}

// TestCancelBeforeThePlan: nothing fails of a run without a plan, and so there is nothing to
// replay; and nobody has asked the targets query.
func TestCancelBeforeThePlan(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	run := r.store(id, jetsheet.Scope{Tenant: "a"})
	run.State, run.Plan = jetsheet.RunPlanning, nil
	r.put(run)
	const again = "jetsheet runs start orders --tick 2026-10-31T20:00:00Z --tenant=a --again"
	answer, err := client.Cancel(t.Context(), CancelRequest{Run: "orders", By: "me"})
	if err != nil || !strings.Contains(answer.Next, again) || strings.Contains(answer.Next, "failures replay") {
		t.Errorf("got %+v, %v, want that it is taken back with: %s", answer, err, again)
	}
	closed, err := r.reader.Record(t.Context(), id)
	r.check(err)
	closed.State = jetsheet.RunClosed
	r.put(closed)
	info, err := r.reader.Info(t.Context(), id)
	if err != nil || !strings.Contains(info.Notice, "cancelled before its targets were read") || info.Next != again {
		t.Errorf("got %q, %q, %v, want that it was cancelled, and %s", info.Notice, info.Next, err, again)
	}
}

// TestCancelWhileTheProducerWrites: neither write is lost.
func TestCancelWhileTheProducerWrites(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	run := r.store(id, jetsheet.Scope{}, target("a", "1"))
	const writes = 200
	var writing sync.WaitGroup
	writing.Go(func() {
		for written := 0; written < writes; {
			entry, err := r.runs.Get(t.Context(), jetsheet.RunKey(id))
			if err != nil {
				t.Errorf("read: %v", err)
				return
			}
			var stored jetsheet.Run
			if err := jetsheet.Decode(entry.Value(), &stored); err != nil {
				t.Errorf("read: %v", err)
				return
			}
			stored.Plan.Weight = run.Plan.Weight + int64(written) + 1
			if _, err := r.runs.Update(t.Context(), jetsheet.RunKey(id), r.json(&stored), entry.Revision()); err == nil {
				written++
			}
		}
	})
	if _, err := client.Cancel(t.Context(), CancelRequest{Run: "orders", By: "me"}); err != nil {
		t.Errorf("Cancel: %v", err)
	}
	writing.Wait()
	got, err := r.reader.Record(t.Context(), id)
	if err != nil || got.Cancelled == nil || got.Plan.Weight != run.Plan.Weight+writes {
		t.Errorf("got %+v, %v, want the mark and all %d writes", got, err, writes)
	}
}

// TestReplayAfterCancelGoesOn: the request says that it was asked for after the mark.
func TestReplayAfterCancelGoesOn(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	a := target("a", "1")
	r.store(id, jetsheet.Scope{}, a)
	_, err := client.Cancel(t.Context(), CancelRequest{Run: "orders", By: "me"})
	r.check(err)
	r.fail(id, &a, jetsheet.CauseCancelled, tick)
	_, err = client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}})
	refusedWith(t, "while it is to be tried again", err, CodeNothing, "1 pending")
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseCancelled, Message: "m", Attempts: 1, Worker: "w", Version: "v", At: tick, Request: r.request(id, &a),
	}
	r.publish(f.Msg(jetsheet.FailedSubject(conversion(id, &a))))
	if _, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders", Cause: jetsheet.CauseCancelled}}); err != nil {
		t.Fatal(err)
	}
	run, err := r.reader.Record(t.Context(), id)
	r.check(err)
	m := r.queued(jetsheet.LaneExpress, conversion(id, &a))
	if m == nil || run.Cancelled.Stops(m.Header) || !run.Cancelled.Stops(nats.Header{}) {
		t.Errorf("the mark of %s stops the request %+v; want it to stop planned ones alone", run.Cancelled.At, m)
	}
}
