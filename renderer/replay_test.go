package renderer

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// TestCancelledRunRendersWhatWasAskedForAfterwards: the mark stops planned requests and
// earlier replays; what a person asked for later goes on, and keeps the replay's name.
func TestCancelledRunRendersWhatWasAskedForAfterwards(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	at := time.Now().UTC()
	s.freeze(definition(simple, simpleSheet), func(run *jetsheet.Run) { run.Cancelled = &jetsheet.Mark{At: at, By: "me", Reason: "wrong"} })
	s.start()
	ask := func(target, replay string) *jetsheet.Request {
		r := s.ask(target, 1)
		s.settled() // the planned one fails
		s.failed(r)
		m := &nats.Msg{
			Subject: jetsheet.RequestSubject(jetsheet.LaneExpress, r.Conversion()), Data: s.json(r),
			Header: nats.Header{jetsheet.HeaderReplay: {replay}, jetsheet.HeaderTrace: {"00-abc"}},
		}
		if _, err := s.js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		s.settled()
		return r
	}
	early := jetsheet.NewReplayID(at.Add(-time.Second), "early1")
	r := ask("early", early)
	if f := s.failed(r); f.Cause != jetsheet.CauseCancelled || f.Replay != early {
		t.Errorf("asked for before: got %+v, want cancelled, with the replay %s", f, early)
	}
	late := jetsheet.NewReplayID(at.Add(time.Second), "late12")
	r = ask("late", late)
	s.rendered(r)
	event := s.last(jetsheet.StreamRendered, jetsheet.RenderedSubject(r.Route, r.Conversion()))
	if event.Header.Get(jetsheet.HeaderReplay) != late || event.Header.Get(jetsheet.HeaderTrace) != "00-abc" {
		t.Errorf("the event has the headers %v, want replay and trace kept", event.Header)
	}
}
