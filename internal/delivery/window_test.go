package delivery_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// slowCounter is a consumer that has counted what the test says.
type slowCounter struct {
	jetstream.Consumer
	info jetstream.ConsumerInfo
}

func (c *slowCounter) Info(context.Context) (*jetstream.ConsumerInfo, error) { return &c.info, nil }

func (c *slowCounter) counts(pending, inHand, delivered uint64) {
	c.info.NumPending, c.info.NumAckPending, c.info.Delivered.Consumer = pending, int(inHand), delivered //nolint:gosec // small
}

func wantRoom(t *testing.T, w *delivery.Window, when string, want int, wantKnown bool) {
	t.Helper()
	if room, known, err := w.Room(t.Context()); err != nil || room != want || known != wantKnown {
		t.Errorf("%s: got room for %d, known %t, %v, want %d, %t", when, room, known, err, want, wantKnown)
	}
}

func TestWindowHasNoRoomUntilItsFillingIsCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lane := &slowCounter{}
		w := delivery.NewWindow(lane, 30)
		lane.counts(4, 2, 100)
		wantRoom(t, w, "at first", 24, true)
		w.Filled(14)
		w.Filled(10)
		wantRoom(t, w, "nothing counted", 0, false)
		lane.counts(10, 12, 117)
		wantRoom(t, w, "23 counted", 0, false)
		lane.counts(11, 12, 117)
		wantRoom(t, w, "all counted, and 17 delivered", 7, true)
		w.Filled(7)
		lane.counts(0, 0, 117)
		wantRoom(t, w, "they are deleted before they are delivered", 0, false)
		<-time.After(time.Minute)
		wantRoom(t, w, "a minute later", 30, true)
		lane.counts(31, 1, 117)
		wantRoom(t, w, "somebody else fills the lane", -2, true)
	})
}

// TestWindowOnAServer: the counts are those of a real consumer, of requests that wait,
// are delivered, given back and settled.
func TestWindowOnAServer(t *testing.T) {
	t.Parallel()
	b := setup(t, forever)
	lane, err := b.js.Consumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall))
	if err != nil {
		t.Fatal(err)
	}
	w := delivery.NewWindow(lane, 30)
	wantRoom(t, w, "at first", 30, true)
	b.publish(jetsheet.LaneSmall, targets("s", 10)...)
	w.Filled(10)
	room := func() (room int) {
		b.eventually("the room is known", func() bool {
			var known bool
			if room, known, err = w.Room(t.Context()); err != nil {
				t.Fatal(err)
			}
			return known
		})
		return room
	}
	if got := room(); got != 20 {
		t.Errorf("with 10 requests: got room for %d, want 20", got)
	}
	for _, settle := range []func(m jetstream.Msg) error{
		func(m jetstream.Msg) error { return m.DoubleAck(t.Context()) },
		func(m jetstream.Msg) error { return m.Nak() },
		func(jetstream.Msg) error { return nil }, // it is in hand
		func(m jetstream.Msg) error { return m.DoubleAck(t.Context()) },
	} {
		m, err := lane.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := settle(m); err != nil {
			t.Fatal(err)
		}
	}
	b.publish(jetsheet.LaneSmall, targets("t", 5)...)
	w.Filled(5)
	b.eventually("two of 15 are settled", func() bool { return room() == 17 })
}
