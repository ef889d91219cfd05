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
