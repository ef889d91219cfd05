package ops

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// movingJetStream lets something happen between the looks at two of the streams.
type movingJetStream struct {
	jetstream.JetStream

	looks int
	move  func()
}

func (m *movingJetStream) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	if name == jetsheet.StreamConversions || name == jetsheet.StreamRendered {
		if m.looks++; m.looks == 2 {
			m.move()
		}
	}
	return m.JetStream.Stream(ctx, name)
}

// TestWhatMovesOnIsSeen renders a conversion between the looks at the two work queues: it
// is pending all the time, and neither failed nor to be replayed.
func TestWhatMovesOnIsSeen(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	requests, err := r.js.Stream(t.Context(), jetsheet.StreamConversions)
	r.check(err)
	var targets []jetsheet.Target
	for i := range 10 { // a wrong order that is left to chance is found in one of them
		targets = append(targets, target("a", strconv.Itoa(i)))
	}
	r.store(id, jetsheet.Scope{}, targets...)
	for i := range targets {
		one := &targets[i]
		r.fail(id, one, jetsheet.CauseStatement, time.Time{})
		r.queue(id, one)
		reader := *r.reader
		reader.js = &movingJetStream{JetStream: r.js, move: func() {
			r.rendered(id, one)
			r.check(requests.Purge(t.Context(), jetstream.WithPurgeSubject(jetsheet.RequestSubject(one.Lane, conversion(id, one)))))
		}}
		filter := FailureFilter{Run: id.String(), Target: one.Target}
		listing, err := reader.Failures(t.Context(), filter, 0, func(*FailureInfo) error { return nil })
		r.check(err)
		if listing.Matched != 0 || listing.Left.Pending != 1 {
			t.Errorf("target %s: got %+v, want it pending", one.Target, listing)
		}
	}
}
