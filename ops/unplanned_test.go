package ops

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// TestCountsLeaveOutWhatIsNotPlanned plays messages that somebody published by hand under
// a run's subjects: they are told of, and change no count.
func TestCountsLeaveOutWhatIsNotPlanned(t *testing.T) {
	t.Parallel()
	previous := target("previous", "1")
	previous.Route, previous.Lane = jetsheet.RouteLegacy, ""
	for _, test := range []struct {
		name      string
		play      func(r *rig, id jetsheet.RunID)
		want      jetsheet.Counts
		unplanned int
	}{
		{"nothing foreign", func(*rig, jetsheet.RunID) {}, jetsheet.Counts{Expected: 3, Done: 1, Failed: 1, Pending: 1}, 0},
		{"garbage", func(r *rig, id jetsheet.RunID) {
			for _, subject := range []string{"x.y", "x.z", "a.1.extra", "a"} {
				r.publish(&nats.Msg{Subject: "conversions.failed." + id.String() + "." + subject, Data: []byte("garbage")})
			}
			r.publish(&nats.Msg{Subject: "conversions.done." + id.String() + ".a", Data: []byte("garbage")})
		}, jetsheet.Counts{Expected: 3, Done: 1, Failed: 1, Pending: 1}, 4},
		{"failed requests", func(r *rig, id jetsheet.RunID) {
			for _, name := range []string{"x", "y"} {
				stranger := target("stranger", name)
				r.fail(id, &stranger, jetsheet.CauseBadMessage, time.Time{})
			}
			r.fail(id, &previous, jetsheet.CauseBadMessage, time.Time{})
		}, jetsheet.Counts{Expected: 3, Done: 1, Failed: 1, Pending: 1}, 3},
		{"more than targets", func(r *rig, id jetsheet.RunID) {
			for _, name := range []string{"x", "y", "z"} {
				stranger := target("stranger", name)
				r.fail(id, &stranger, jetsheet.CauseStatement, time.Time{})
			}
		}, jetsheet.Counts{Expected: 3, Done: 1, Failed: 1, Pending: 1}, 3},
		{"foreign done", func(r *rig, id jetsheet.RunID) {
			for _, name := range []string{"x", "y", "z"} {
				stranger := target("stranger", name)
				r.done(id, &stranger, jetsheet.DonePublished)
			}
		}, jetsheet.Counts{Expected: 3, Done: 3}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			id := runOf("orders", 0)
			targets := []jetsheet.Target{target("a", "1"), target("a", "2"), target("b", "1"), previous}
			r.store(id, jetsheet.Scope{}, targets...)
			r.done(id, &targets[0], jetsheet.DonePublished)
			r.fail(id, &targets[1], jetsheet.CauseBadMessage, time.Time{})
			test.play(r, id)
			info, err := r.reader.Info(t.Context(), id)
			r.check(err)
			detail, err := r.reader.Run(t.Context(), id)
			r.check(err)
			for name, got := range map[string]*RunInfo{"Info": info, "Run": &detail.RunInfo} {
				if got.Counts != test.want || got.Unplanned != test.unplanned {
					t.Errorf("%s: got %+v, %d not planned, want %+v, %d", name, got.Counts, got.Unplanned, test.want, test.unplanned)
				}
			}
			failed := 0
			for _, cause := range detail.Causes {
				failed += cause.Count
			}
			if failed != test.want.Failed && test.name != "foreign done" {
				t.Errorf("the causes %+v count %d failures, want %d", detail.Causes, failed, test.want.Failed)
			}
		})
	}
}

// TestUnreadableOutcome: what somebody published into DONE is told with its subject, and
// with the command that names all such records.
func TestUnreadableOutcome(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	a := target("a", "1")
	r.store(id, jetsheet.Scope{}, a)
	subject := jetsheet.DoneSubject(conversion(id, &a))
	r.publish(&nats.Msg{Subject: subject, Data: []byte("garbage")})
	_, err := r.reader.Run(t.Context(), id)
	refusedWith(t, "status", err, CodeInternal, "the outcome on "+subject+" cannot be read")
	if refusal, ok := errors.AsType[*Error](err); !ok || !strings.Contains(refusal.Next, "jetsheet verify "+id.String()) {
		t.Errorf("got %v, want the command that names such records", err)
	}
}
