package ops

import (
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// A conversion that a replay brought to a failure with another try is pending until that
// try, and done when it is: the failure's record stays.
func TestReplayStatusOfWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	a := target("a", "one")
	r.store(id, jetsheet.Scope{}, a)
	r.fail(id, &a, jetsheet.CauseStatement, time.Time{})
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}})
	if err != nil || answer.Queued != 1 {
		t.Fatalf("got %+v, %v, want one queued", answer, err)
	}
	stumbled := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseStalled, Message: "m", Attempts: 1, Worker: "w", Version: "v", At: time.Now(),
		RetryAt: time.Now().Add(time.Minute), Replay: answer.ID, Request: r.request(id, &a),
	}
	r.publish(stumbled.Msg(jetsheet.FailedSubject(conversion(id, &a))))
	r.check(r.takeUp(jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneExpress)).DoubleAck(t.Context()))
	for _, step := range []struct {
		what string
		want jetsheet.Counts
	}{
		{"to be tried again", jetsheet.Counts{Expected: 1, Pending: 1}},
		{"done", jetsheet.Counts{Expected: 1, Done: 1}},
	} {
		if step.want.Done == 1 {
			r.done(id, &a, jetsheet.DonePublished)
		}
		if status, err := client.ReplayStatus(t.Context(), answer.ID); err != nil || status.Now != step.want {
			t.Errorf("%s: got %+v, %v, want %+v", step.what, status, err, step.want)
		}
	}
}

// Requests of a replay that are lost with the stream leave their conversions failed as they
// were: nobody has made them, so they are not done. What was taken back is no part of it.
func TestReplayStatusOfWhatIsLost(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	var targets []jetsheet.Target
	for _, name := range []string{"done", "failed anew", "lost", "lost too", "held", "hopeless"} {
		targets = append(targets, target("a", name))
	}
	r.store(id, jetsheet.Scope{}, targets...)
	for i, cause := range []jetsheet.Cause{
		jetsheet.CauseStatement, jetsheet.CauseStatement, jetsheet.CauseStatement, jetsheet.CauseStatement,
		jetsheet.CauseHeld, jetsheet.CauseTargetID,
	} {
		r.fail(id, &targets[i], cause, time.Time{})
	}
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}})
	if err != nil || answer.Queued != 4 {
		t.Fatalf("got %+v, %v, want four queued", answer, err)
	}
	r.done(id, &targets[0], jetsheet.DonePublished)
	anew := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseStatement, Message: "m", Attempts: 1, Worker: "w", Version: "v", At: time.Now(),
		Replay: answer.ID, Request: r.request(id, &targets[1]),
	}
	r.publish(anew.Msg(jetsheet.FailedSubject(conversion(id, &targets[1]))))
	stream, err := r.js.Stream(t.Context(), jetsheet.StreamConversions)
	r.check(err)
	r.check(stream.Purge(t.Context()))
	want := jetsheet.Counts{Expected: 4, Done: 1, Failed: 3}
	if status, err := client.ReplayStatus(t.Context(), answer.ID); err != nil || status.Now != want {
		t.Errorf("got %+v, %v, want %+v", status, err, want)
	}

	again, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}})
	if err != nil || again.Queued != 3 {
		t.Fatalf("got %+v, %v, want three queued again", again, err)
	}
	cancelled, err := client.Cancel(t.Context(), CancelRequest{Replay: again.ID})
	if err != nil || cancelled.Removed != 3 {
		t.Fatalf("got %+v, %v, want three taken back", cancelled, err)
	}
	if status, err := client.ReplayStatus(t.Context(), again.ID); err != nil || status.Now != (jetsheet.Counts{}) {
		t.Errorf("taken back: got %+v, %v, want nothing", status, err)
	}
}
