package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// incarnation notices that a stream was deleted and made anew. Sequences then
// start again at 1, and an acknowledgement of an old message would remove another
// one (measured: the server answers it with success).
type incarnation struct {
	js     jetstream.JetStream
	conn   *nats.Conn
	stream string
	// deleted receives the server's advisories that the stream was deleted. Who
	// settles looks here too: the watch may not have had its turn yet.
	deleted chan *nats.Msg

	mu         sync.Mutex
	created    time.Time // zero while there is no such stream
	checked    time.Time
	reconnects uint64 // of the connection at the last check
	doubtful   bool   // the server said that the stream was deleted
}

// freshness is how long an answer is good for. It costs a busy worker one look-up a
// second, and leaves only jobs shorter than that to the advisory alone.
const freshness = time.Second

func newIncarnation(ctx context.Context, js jetstream.JetStream, stream string) (*incarnation, error) {
	i := &incarnation{js: js, conn: js.Conn(), stream: stream, deleted: make(chan *nats.Msg, 8)}
	i.reconnects, i.checked = i.conn.Stats().Reconnects, time.Now()
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	i.created = s.CachedInfo().Created
	return i, nil
}

// check asks the server which stream there is now.
func (i *incarnation) check(ctx context.Context) error {
	i.mu.Lock()
	i.doubtful = false // what the server says from here on is said of a later time
	i.mu.Unlock()
	reconnects, asked := i.conn.Stats().Reconnects, time.Now()
	s, err := i.js.Stream(ctx, i.stream)
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case err == nil:
		i.created, i.reconnects, i.checked = s.CachedInfo().Created, reconnects, asked
	case errors.Is(err, jetstream.ErrStreamNotFound):
		i.created, i.reconnects, i.checked = time.Time{}, reconnects, asked
	default:
		i.doubtful = true
		return fmt.Errorf("look up stream %s: %w", i.stream, err)
	}
	return nil
}

// sure returns [ErrStreamReplaced] unless the stream is the one that was created at
// the given time. It asks only when the last answer is old, the connection has been
// lost since, or the server told of a deletion.
func (i *incarnation) sure(ctx context.Context, created time.Time) error {
	select {
	case <-i.deleted:
		i.doubt()
	default:
	}
	i.mu.Lock()
	known := !i.doubtful && time.Since(i.checked) < freshness && i.reconnects == i.conn.Stats().Reconnects
	i.mu.Unlock()
	if !known {
		if err := i.check(ctx); err != nil {
			return err
		}
	}
	if !i.now().Equal(created) {
		return fmt.Errorf("stream %s: %w", i.stream, ErrStreamReplaced)
	}
	return nil
}

// listen hears of deletions until the result is called. Where it may not, what is
// left is to ask.
func (i *incarnation) listen() (stop func()) {
	sub, err := i.conn.ChanSubscribe("$JS.EVENT.ADVISORY.STREAM.DELETED."+i.stream, i.deleted)
	if err != nil {
		return func() {}
	}
	return func() { _ = sub.Unsubscribe() }
}

// doubt makes the next settlement ask.
func (i *incarnation) doubt() {
	i.mu.Lock()
	i.doubtful = true
	i.mu.Unlock()
}

// now returns when the stream we work on was created; zero if there is none.
func (i *incarnation) now() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.created
}

// watchStream drops running jobs when the stream is made anew. It asks every
// AckWait/3, and at once when the server tells of a deletion.
func (w *Worker) watchStream(ctx context.Context) {
	tick := time.NewTicker(w.ackWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.stream.deleted:
			w.stream.doubt()
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(ctx, w.ackWait/3)
		err := w.stream.check(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			w.log.DebugContext(ctx, "stream not looked up", slog.Any("err", err))
		}
		w.dropStrangers()
	}
}

// dropStrangers cancels the jobs whose message came from another stream of the
// same name.
func (w *Worker) dropStrangers() {
	created := w.stream.now()
	w.running.Range(func(key, _ any) bool {
		if job, ok := key.(*Job); ok && !job.created.Equal(created) {
			job.cancel(ErrStreamReplaced)
		}
		return true
	})
}
