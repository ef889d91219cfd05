package uploader

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// cancel writes the record of a run, with or without a mark.
func (r *shadowRig) cancel(id jetsheet.RunID, mark *jetsheet.Mark) {
	r.t.Helper()
	kv, err := r.js.KeyValue(r.t.Context(), jetsheet.BucketRuns)
	if err != nil {
		r.t.Fatal(err)
	}
	record, err := json.Marshal(&jetsheet.Run{
		Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunOpen, Cancelled: mark,
		Frozen: jetsheet.Frozen{Envelope: jetsheet.CurrentEnvelope(), Run: id, Flags: json.RawMessage(`{}`)},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := kv.Put(r.t.Context(), jetsheet.RunKey(id), record); err != nil {
		r.t.Fatal(err)
	}
}

// TestShadowOfACancelledRunEndsAtOnce: what waits for the previous system's workbook, held
// back by the server for a long time yet, fails as soon as the run is cancelled. Two
// uploaders hear of it; what a person asked for after that goes on.
func TestShadowOfACancelledRunEndsAtOnce(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	// Four hours after each event: its looks are 15 minutes apart.
	r.cfg.now = func() time.Time { return time.Now().Add(4 * time.Hour) }
	r.run(r.uploader())
	second := r.cfg
	second.Worker += "-2"
	other, err := New(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	r.run(other)
	first := r.request("first")
	r.cancel(first.Run, nil)
	waiting := []jetsheet.Request{first}
	for i := range 30 {
		waiting = append(waiting, r.request(fmt.Sprint("waiting-", i)))
	}
	for _, request := range waiting {
		r.announce(r.render(request, testWorkbook(t)))
	}
	r.eventually("all were looked for", func() bool { return r.count(http.MethodGet) >= len(waiting) })
	consumer, err := r.js.Consumer(t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploaderShadow)
	if err != nil {
		t.Fatal(err)
	}
	r.eventually("all were put off", func() bool {
		info, err := consumer.Info(t.Context())
		return err == nil && info.NumAckPending == len(waiting) && info.NumPending == 0
	})
	cancelled := time.Now()
	r.cancel(first.Run, &jetsheet.Mark{At: cancelled, By: "ann", Reason: "wrong month"})
	for _, request := range waiting {
		if f := r.failed(request.Conversion()); f.Cause != jetsheet.CauseCancelled || f.Retrying() {
			t.Errorf("%s failed with %+v, want cancelled", request.Target.Target, f)
		}
		if m := r.last(jetsheet.StreamDone, jetsheet.DoneSubject(request.Conversion())); m != nil {
			t.Errorf("%s is done: %s", request.Target.Target, m.Data)
		}
	}
	r.drained()
	r.onlyRead()

	late := r.request("late")
	r.announce(r.render(late, testWorkbook(t)))
	if f := r.failed(late.Conversion()); f.Cause != jetsheet.CauseCancelled {
		t.Errorf("rendered after that: failed with %+v, want cancelled", f)
	}
	r.putPrevious(first, testWorkbook(t))
	r.announce(r.render(first, testWorkbook(t)), jetsheet.HeaderReplay, jetsheet.NewReplayID(cancelled.Add(time.Second), "abc"))
	if c := r.compared(first); c.Result != jetsheet.ResultEqual {
		t.Errorf("replayed: comparison is %+v, want equal", c)
	}
	r.drained()
}

// TestShadowOfARunCancelledUnheard: a mark that no uploader heard of is met by the next look.
func TestShadowOfARunCancelledUnheard(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	request := r.request("x")
	r.cancel(request.Run, &jetsheet.Mark{At: time.Now(), By: "ann", Reason: "wrong month"})
	r.announce(r.render(request, testWorkbook(t)))
	r.run(r.uploader())
	if f := r.failed(request.Conversion()); f.Cause != jetsheet.CauseCancelled {
		t.Errorf("failed with %+v, want cancelled", f)
	}
	r.drained()
	if n := r.count(http.MethodGet); n != 0 {
		t.Errorf("%d requests for the other workbook, want none", n)
	}
}

// TestShadowOfARunThatIsFrozenAgain: a record without a mark, as it comes back from S3 after a
// loss of NATS, takes the mark away; so does a watch that begins anew.
func TestShadowOfARunThatIsFrozenAgain(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	u := r.uploader()
	r.run(u)
	request := r.request("x")
	marked := func(want bool) func() bool {
		return func() bool {
			mark, err := u.shadow.marks.of(t.Context(), request.Run)
			return err == nil && (mark != nil) == want
		}
	}
	r.cancel(request.Run, &jetsheet.Mark{At: time.Now(), By: "ann", Reason: "wrong month"})
	r.eventually("the mark is known", marked(true))
	r.cancel(request.Run, nil)
	r.eventually("the mark is gone", marked(false))
	r.putPrevious(request, testWorkbook(t))
	r.announce(r.render(request, testWorkbook(t)))
	if c := r.compared(request); c.Result != jetsheet.ResultEqual {
		t.Errorf("comparison is %+v, want equal", c)
	}
	u.shadow.marks.mu.Lock()
	u.shadow.marks.known[request.Run] = runMark{mark: &jetsheet.Mark{At: time.Now()}, readAt: time.Now()}
	u.shadow.marks.mu.Unlock()
	u.shadow.marks.forget()
	if !marked(false)() {
		t.Error("a mark that is not in the record outlives a watch that begins anew")
	}
}

// TestEventsAreStoredAgainOnce: of two that store an event again one does it, and a newer
// event of the conversion stands for it.
func TestEventsAreStoredAgainOnce(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	request := r.request("x")
	r.announce(r.render(request, testWorkbook(t)), "Nats-Msg-Id", "its own", jetsheet.HeaderAttempt, "2")
	u := r.uploader()
	stream, err := r.js.Stream(t.Context(), jetsheet.StreamRendered)
	if err != nil {
		t.Fatal(err)
	}
	subject := jetsheet.RenderedSubject(request.Route, request.Conversion())
	first, err := stream.GetLastMsgForSubject(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := u.shadow.storeAgain(t.Context(), stream, first); err != nil {
			t.Fatal(err)
		}
	}
	again, err := stream.GetLastMsgForSubject(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.messages(jetsheet.StreamRendered); n != 1 || again.Sequence == first.Sequence || string(again.Data) != string(first.Data) ||
		again.Header.Get(jetsheet.HeaderAttempt) != "2" || again.Header.Get(jetstream.MsgIDHeader) != "" {
		t.Errorf("%d events, the last one %d (was %d) with %v; want it once, with its headers and without an id", n, again.Sequence, first.Sequence, again.Header)
	}
}

// TestMarksAreReadAgainAfterAWatchBegins: a run that was cancelled may be one that is not
// when NATS has lost its data, and only the watch learns that something may have been missed.
func TestMarksAreReadAgainAfterAWatchBegins(t *testing.T) {
	t.Parallel()
	r := setupShadow(t)
	id := r.request("any").Run
	r.cancel(id, nil)
	kv, err := r.js.KeyValue(t.Context(), jetsheet.BucketRuns)
	if err != nil {
		t.Fatal(err)
	}
	s := &shadow{Uploader: &Uploader{log: r.cfg.Logger}}
	s.marks.kv, s.marks.known = kv, map[jetsheet.RunID]runMark{id: {mark: &jetsheet.Mark{By: "somebody"}}}
	if mark, err := s.marks.of(t.Context(), id); err != nil || mark == nil {
		t.Fatalf("before: got mark %v, %v, want the one that is known", mark, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	watch.Go(func() { s.watchCancelled(ctx) })
	defer watch.Wait()
	defer cancel()
	r.eventually("the record counts again", func() bool {
		mark, err := s.marks.of(t.Context(), id)
		return err == nil && mark == nil
	})
}
