package ops

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// slowPublisher holds requests up until it is told to let them go.
type slowPublisher struct {
	jetstream.JetStream

	let chan struct{}
}

func (p slowPublisher) PublishMsgAsync(m *nats.Msg, opts ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	<-p.let
	return p.JetStream.PublishMsgAsync(m, opts...)
}

// TestReplayIsHeldDuringABatch: a batch that takes longer than a lease is no reason for
// another process to take the replay over.
func TestReplayIsHeldDuringABatch(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	r.store(id, jetsheet.Scope{}, r.failMany(id, 3, jetsheet.CauseStatement)...)
	scan, err := r.reader.narrowed(t.Context(), FailureFilter{Run: id.String()})
	r.check(err)
	set, err := r.reader.failures(t.Context(), scan)
	r.check(err)
	let := make(chan struct{})
	p := &replayer{js: slowPublisher{r.js, let}, reader: r.reader, owner: "one", log: slog.New(slog.DiscardHandler), lease: 300 * time.Millisecond, window: 10}
	entry := &replayEntry{Replay: Replay{ID: jetsheet.NewReplayID(tick, "aaaaaa"), Lane: jetsheet.LaneBulk, State: ReplayRunning, Matched: 3, Owner: "one"}}
	r.check(entry.write(t.Context(), r.reader.progress))
	begun := entry.revision
	work := newReplayWork(p, entry, set)
	go work.run(context.WithoutCancel(t.Context()))
	r.eventually("the record is written several times while a batch is held up", func() bool {
		stored, err := readReplay(t.Context(), r.reader.progress, entry.ID)
		r.check(err)
		return stored.revision >= begun+5
	})
	close(let)
	<-work.ended
	if got := work.snapshot(); got.Queued != 3 || got.State != ReplayDone {
		t.Errorf("got %+v, want 3 queued and the replay done", got)
	}
}
