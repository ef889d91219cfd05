package ops

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// TestReplayManyAtOnce: everybody presses, and each conversion is queued once.
func TestReplayManyAtOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	const n = 1200
	r.store(id, jetsheet.Scope{}, r.failMany(id, n, jetsheet.CauseStatement)...)
	var group sync.WaitGroup
	var mu sync.Mutex
	var replays []string
	for range 4 {
		group.Go(func() {
			answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders", Cause: jetsheet.CauseStatement}})
			var refusal *Error
			if err != nil && (!errors.As(err, &refusal) || refusal.Code != CodeNothing) {
				t.Errorf("Replay: %v", err)
			}
			if err == nil {
				mu.Lock()
				replays = append(replays, answer.ID)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	queued := 0
	for _, id := range replays {
		status := r.replayed(client, id)
		queued += status.Queued
		if status.Queued+status.Skipped.Total() != status.Matched {
			t.Errorf("got %+v, want all that matched queued or skipped", status)
		}
	}
	if got := r.waiting(jetsheet.LaneBulk); got != n || queued != n {
		t.Errorf("%d requests in bulk and %d said to be queued, want %d", got, queued, n)
	}
}

// TestRequestsThatAreThereCountByTheirReplay: what a process has queued that was taken
// for dead is the replay's own.
func TestRequestsThatAreThereCountByTheirReplay(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	targets := r.failMany(id, 3, jetsheet.CauseStatement)
	r.store(id, jetsheet.Scope{}, targets...)
	scan, err := r.reader.narrowed(t.Context(), FailureFilter{Run: id.String()})
	r.check(err)
	set, err := r.reader.failures(t.Context(), scan)
	r.check(err)
	ours, theirs := jetsheet.NewReplayID(tick, "aaaaaa"), jetsheet.NewReplayID(tick, "bbbbbb")
	for i, replay := range []string{ours, theirs} {
		m := nats.NewMsg(jetsheet.RequestSubject(jetsheet.LaneBulk, conversion(id, &targets[i])))
		m.Data = r.request(id, &targets[i])
		m.Header.Set(jetsheet.HeaderReplay, replay)
		r.publish(m)
	}
	entry := &replayEntry{Replay: Replay{ID: ours, Lane: jetsheet.LaneBulk}}
	try := newReplayTry(newReplayWork(&replayer{js: r.js, reader: r.reader}, entry, set), set.list)
	r.check(try.queue(t.Context()))
	try.count(&entry.Replay)
	if entry.Queued != 2 || entry.Skipped != (Skipped{Pending: 1}) || try.open() {
		t.Errorf("got %+v, want 2 queued and 1 pending", entry.Replay)
	}
}

// TestReplayTenThousand shows how long it takes until all are queued.
func TestReplayTenThousand(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	const n = 10_000
	targets := r.failMany(id, n, jetsheet.CauseStatement)
	r.store(id, jetsheet.Scope{}, targets...)
	began := time.Now()
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}})
	if err != nil {
		t.Fatal(err)
	}
	status := r.replayed(client, answer.ID)
	t.Logf("%d queued after %s; the answer said %d", status.Queued, time.Since(began), answer.Queued)
	if status.Matched != n || status.Queued != n || r.waiting(jetsheet.LaneBulk) != n {
		t.Errorf("got %+v and %d in bulk, want %d", status, r.waiting(jetsheet.LaneBulk), n)
	}
	for i := range 3 {
		r.check(r.takeUp(jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneBulk)).DoubleAck(t.Context()))
		r.done(id, &targets[i], jetsheet.DonePublished)
	}
	failed := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CausePanic, Message: "m", Attempts: 1, Worker: "w", Version: "v", At: tick,
		Replay: answer.ID, Request: r.request(id, &targets[3]),
	}
	r.publish(failed.Msg(jetsheet.FailedSubject(conversion(id, &targets[3]))))
	r.check(r.takeUp(jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneBulk)).DoubleAck(t.Context()))
	status, err = client.ReplayStatus(t.Context(), answer.ID)
	if want := (jetsheet.Counts{Expected: n, Done: 3, Failed: 1, Pending: n - 4}); err != nil || status.Now != want {
		t.Errorf("after 3 done and 1 failed: got %+v, %v, want %+v", status, err, want)
	}
}

// TestReplayWaitsForRoomAndIsCancelled: the lane holds so many and no more; what was not
// delivered is taken back, and is failed as before.
func TestReplayWaitsForRoomAndIsCancelled(t *testing.T) {
	t.Parallel()
	r := setup(t)
	const n, window = 900, 120
	for range 2 {
		r.serveWith(Config{window: window, answerWithin: 50 * time.Millisecond})
	}
	client := &Client{Conn: r.conn}
	id := runOf("orders", 0)
	r.store(id, jetsheet.Scope{}, r.failMany(id, n, jetsheet.CauseStatement)...)
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}})
	if err != nil || answer.State != ReplayRunning {
		t.Fatalf("got %+v, %v, want it running", answer, err)
	}
	status := func() *ReplayStatus {
		s, err := client.ReplayStatus(t.Context(), answer.ID)
		r.check(err)
		return s
	}
	r.eventually("the lane is full", func() bool { return status().Waiting != "" })
	if got := r.waiting(jetsheet.LaneBulk); got != window {
		t.Errorf("%d requests in bulk, want %d", got, window)
	}
	inHand := r.takeUp(jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneBulk))
	r.check(r.takeUp(jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneBulk)).DoubleAck(t.Context()))
	r.eventually("room is used", func() bool { return status().Queued > window })

	dry, err := client.Cancel(t.Context(), CancelRequest{Replay: answer.ID, DryRun: true})
	if err != nil || dry.Removed != window-1 || status().State != ReplayRunning {
		t.Errorf("dry run: got %+v, %v, want %d", dry, err, window-1)
	}
	cancelled, err := client.Cancel(t.Context(), CancelRequest{Replay: answer.ID, By: "me", Reason: "wrong report"})
	if err != nil || cancelled.Removed != window-1 || cancelled.Replay.State != ReplayCancelled {
		t.Fatalf("got %+v, %v, want %d removed", cancelled, err, window-1)
	}
	if got := r.waiting(jetsheet.LaneBulk); got != 1 {
		t.Errorf("%d requests in bulk, want the one in hand", got)
	}
	r.check(inHand.DoubleAck(t.Context()))
	info, err := r.reader.Info(t.Context(), id)
	if want := (jetsheet.Counts{Expected: n, Failed: n}); err != nil || info.Counts != want {
		t.Errorf("got %+v, %v, want %+v", info, err, want)
	}
	again, err := client.Cancel(t.Context(), CancelRequest{Replay: answer.ID})
	if err != nil || again.Removed != 0 {
		t.Errorf("cancelled twice: got %+v, %v, want nothing more removed", again, err)
	}
	if s := status(); s.Cancelled == nil || s.Cancelled.By != "me" || s.Removed != window-1 {
		t.Errorf("got %+v, want who cancelled it and %d removed", s, window-1)
	}
}

// TestCancelKeepsTheCap: what is taken out of the lane while a worker gets it frees a place
// of the lane's cap, which is for the database. So it is taken out from the end.
func TestCancelKeepsTheCap(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	const n, waiters = 800, 12
	r.store(id, jetsheet.Scope{}, r.failMany(id, n, jetsheet.CauseStatement)...)
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}})
	r.check(err)
	r.replayed(client, answer.ID)
	lane, err := r.js.Consumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneBulk))
	r.check(err)
	var inHand, most, taken atomic.Int32
	ctx, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	for range waiters {
		workers.Go(func() {
			for ctx.Err() == nil {
				m, err := lane.Next(jetstream.FetchMaxWait(time.Second))
				if err != nil {
					continue
				}
				taken.Add(1)
				for now := inHand.Add(1); ; {
					if was := most.Load(); now <= was || most.CompareAndSwap(was, now) {
						break
					}
				}
				<-time.After(100 * time.Millisecond) // the work
				inHand.Add(-1)
				if err := m.DoubleAck(context.WithoutCancel(ctx)); err != nil {
					t.Errorf("DoubleAck: %v", err)
				}
			}
		})
	}
	r.eventually("work goes on", func() bool { return taken.Load() > 4 })
	cancelled, err := client.Cancel(t.Context(), CancelRequest{Replay: answer.ID})
	r.check(err)
	r.eventually("the lane is empty", func() bool { return r.waiting(jetsheet.LaneBulk) == 0 })
	stop()
	workers.Wait()
	highest := int32(lane.CachedInfo().Config.MaxAckPending) //nolint:gosec // a handful
	t.Logf("%d taken back, %d worked on of %d; %d at once, the cap is %d", cancelled.Removed, taken.Load(), n, most.Load(), highest)
	// One may be delivered in the moment in which the last of them are removed.
	if got := most.Load(); got > highest+1 {
		t.Errorf("%d requests in hand at once, want the %d of the lane's cap", got, highest)
	}
}

// TestReplayIsAnsweredInTime: before the nats CLI gives up, also where the lane is full.
func TestReplayIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	r := setup(t)
	const n, window = 150, 100
	r.serveWith(Config{window: window})
	id := runOf("orders", 0)
	r.store(id, jetsheet.Scope{}, r.failMany(id, n, jetsheet.CauseStatement)...)
	reply, err := r.conn.Request(jetsheet.SubjectOps+"."+EndpointReplay, []byte(`{"run":"orders"}`), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var answer ReplayAnswer
	if err := json.Unmarshal(reply.Data, &answer); err != nil || answer.ID == "" || answer.State != ReplayRunning || answer.Matched != n {
		t.Errorf("got %s, %v, want replay of %d running", reply.Data, err, n)
	}
}

// TestReplayIsTakenOver: a process that stops, and one that is gone without a word.
func TestReplayIsTakenOver(t *testing.T) {
	t.Parallel()
	r := setup(t)
	const n, window = 700, 100
	config := Config{window: window, answerWithin: 10 * time.Millisecond, lease: 300 * time.Millisecond}
	stop := r.serveWith(config)
	client := &Client{Conn: r.conn}
	id := runOf("orders", 0)
	r.store(id, jetsheet.Scope{}, r.failMany(id, n, jetsheet.CauseStatement)...)
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}})
	r.check(err)
	entry := func() *replayEntry {
		e, err := readReplay(t.Context(), r.reader.progress, answer.ID)
		r.check(err)
		return e
	}
	r.eventually("it waits for room", func() bool { return entry().Waiting != "" })
	stop()
	if e := entry(); e.Owner != "" || e.State != ReplayRunning {
		t.Errorf("after a stop: got owner %q, %s, want none, running", e.Owner, e.State)
	}
	dead := entry()
	dead.Owner = "gone"
	r.check(dead.write(t.Context(), r.reader.progress))
	config.window = n
	r.serveWith(config)
	r.serveWith(config)
	r.eventually("another process goes on", func() bool { return entry().State == ReplayDone })
	if e := entry(); e.Queued != n || r.waiting(jetsheet.LaneBulk) != n {
		t.Errorf("got %+v and %d in bulk, want %d", e, r.waiting(jetsheet.LaneBulk), n)
	}
}

// TestReplayTakesWhatHadFailedWhenItWasAsked: what fails anew while it goes on would
// otherwise be replayed for ever.
func TestReplayTakesWhatHadFailedWhenItWasAsked(t *testing.T) {
	t.Parallel()
	r := setup(t)
	const n, window = 30, 10
	r.serveWith(Config{window: window, answerWithin: 10 * time.Millisecond})
	client := &Client{Conn: r.conn}
	id := runOf("orders", 0)
	targets := r.failMany(id, n, jetsheet.CauseStatement)
	r.store(id, jetsheet.Scope{}, targets...)
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}})
	r.check(err)
	var deliveries int
	r.eventually("it is over", func() bool {
		for r.waiting(jetsheet.LaneBulk) > 0 {
			m := r.takeUp(jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneBulk))
			deliveries++
			f := jetsheet.Failure{
				Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseStatement, Message: "again", Attempts: 1, Worker: "w", Version: "v", At: tick,
				Replay: m.Headers().Get(jetsheet.HeaderReplay), Request: m.Data(),
			}
			r.publish(f.Msg("conversions.failed." + jetsheet.SubjectKey(m.Subject())))
			r.check(m.DoubleAck(t.Context()))
		}
		e, err := readReplay(t.Context(), r.reader.progress, answer.ID)
		r.check(err)
		return e.State == ReplayDone
	})
	if deliveries != n {
		t.Errorf("%d requests were delivered, want %d", deliveries, n)
	}
	status, err := client.ReplayStatus(t.Context(), answer.ID)
	if want := (jetsheet.Counts{Expected: n, Failed: n}); err != nil || status.Now != want {
		t.Errorf("status: got %+v, %v, want %+v", status, err, want)
	}
}
