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
	created    time.Time
	reconnects uint64
}

func newIncarnation(ctx context.Context, js jetstream.JetStream, stream string) (*incarnation, error) {
	i := &incarnation{js: js, conn: js.Conn(), stream: stream}
	i.reconnects = i.conn.Stats().Reconnects
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", stream, err)
	}
	i.created = s.CachedInfo().Created
	return i, nil
}

// check asks the server and returns [ErrStreamReplaced] once per replacement.
func (i *incarnation) check(ctx context.Context) error {
	reconnects := i.conn.Stats().Reconnects
	s, err := i.js.Stream(ctx, i.stream)
	if err != nil {
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("stream %s: %w", i.stream, ErrStreamReplaced)
		}
		return fmt.Errorf("look up stream %s: %w", i.stream, err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.reconnects = reconnects
	if created := s.CachedInfo().Created; !created.Equal(i.created) {
		i.created = created
		return fmt.Errorf("stream %s: %w", i.stream, ErrStreamReplaced)
	}
	return nil
}

// sure returns nil without asking when the connection has not been lost since the
// last check: a server keeps its streams as long as it runs.
func (i *incarnation) sure(ctx context.Context, created time.Time) error {
	i.mu.Lock()
	same, known := i.created.Equal(created), i.reconnects == i.conn.Stats().Reconnects
	i.mu.Unlock()
	if !same {
		return fmt.Errorf("stream %s: %w", i.stream, ErrStreamReplaced)
	}
	if known {
		return nil
	}
	return i.check(ctx)
}

// now returns when the stream we work on was created.
func (i *incarnation) now() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.created
}

// watchStream drops all running jobs when the stream is made anew.
func (w *Worker) watchStream(ctx context.Context) {
	for sleep(ctx, w.ackWait/3) {
		limited, cancel := context.WithTimeout(ctx, w.ackWait/3)
		err := w.stream.check(limited)
		cancel()
		if errors.Is(err, ErrStreamReplaced) {
			w.log.WarnContext(ctx, "stream was made anew, dropping jobs", slog.String("stream", w.cfg.Stream))
			w.dropJobs(ErrStreamReplaced)
		}
	}
}

func (w *Worker) dropJobs(cause error) {
	w.running.Range(func(key, _ any) bool {
		if job, ok := key.(*Job); ok {
			job.cancel(cause)
		}
		return true
	})
}
