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

	mu         sync.Mutex
	created    time.Time // zero while there is no such stream
	reconnects uint64    // of the connection at the last check
	doubtful   bool      // the server said that the stream was deleted
}

func newIncarnation(ctx context.Context, js jetstream.JetStream, stream string) (*incarnation, error) {
	i := &incarnation{js: js, conn: js.Conn(), stream: stream}
	i.reconnects = i.conn.Stats().Reconnects
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
	reconnects := i.conn.Stats().Reconnects
	s, err := i.js.Stream(ctx, i.stream)
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case err == nil:
		i.created, i.reconnects = s.CachedInfo().Created, reconnects
	case errors.Is(err, jetstream.ErrStreamNotFound):
		i.created, i.reconnects = time.Time{}, reconnects
	default:
		i.doubtful = true
		return fmt.Errorf("look up stream %s: %w", i.stream, err)
	}
	return nil
}

// sure returns [ErrStreamReplaced] unless the stream is the one that was created at
// the given time. It asks only when the connection has been lost since the last
// check or the server told of a deletion.
func (i *incarnation) sure(ctx context.Context, created time.Time) error {
	i.mu.Lock()
	known := !i.doubtful && i.reconnects == i.conn.Stats().Reconnects
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
	deleted := make(chan *nats.Msg, 8)
	sub, err := w.conn.ChanSubscribe("$JS.EVENT.ADVISORY.STREAM.DELETED."+w.cfg.Stream, deleted)
	if err == nil {
		defer func() { _ = sub.Unsubscribe() }()
	}
	tick := time.NewTicker(w.ackWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-deleted:
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
