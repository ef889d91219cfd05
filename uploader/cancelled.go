package uploader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// markAge is how long it is taken for granted that a run is not cancelled: its record
// carries the whole flag document and must not travel with each event.
const markAge = 5 * time.Second

// runMarks knows which runs are cancelled.
type runMarks struct {
	kv    jetstream.KeyValue
	mu    sync.Mutex
	known map[jetsheet.RunID]runMark
}

type runMark struct {
	mark   *jetsheet.Mark
	readAt time.Time
}

// of returns the mark of a cancelled run, nil for another run.
func (r *runMarks) of(ctx context.Context, id jetsheet.RunID) (*jetsheet.Mark, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.known[id]; ok && (known.mark != nil || time.Since(known.readAt) < markAge) {
		return known.mark, nil
	}
	limited, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	entry, err := r.kv.Get(limited, jetsheet.RunKey(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil // the producer brings it back from S3
	}
	if err != nil {
		return nil, delivery.Unavailable("KV bucket "+jetsheet.BucketRuns, fmt.Errorf("record of run %s: %w", id, err))
	}
	return r.keep(id, entry.Value())
}

// keep reads a record; r.mu is held.
func (r *runMarks) keep(id jetsheet.RunID, record []byte) (*jetsheet.Mark, error) {
	var run jetsheet.Run
	if err := jetsheet.Decode(record, &run); err != nil {
		return nil, fmt.Errorf("record of run %s: %w", id, err)
	}
	for other, known := range r.known {
		if time.Since(known.readAt) > time.Hour {
			delete(r.known, other)
		}
	}
	r.known[id] = runMark{run.Cancelled, time.Now()}
	return run.Cancelled, nil
}

// heard takes note of a record that was changed, and returns the mark if it has one.
func (r *runMarks) heard(entry jetstream.KeyValueEntry) (jetsheet.RunID, *jetsheet.Mark) {
	id, err := jetsheet.ParseRunID(entry.Key())
	if err != nil || entry.Operation() != jetstream.KeyValuePut {
		return id, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	mark, err := r.keep(id, entry.Value())
	if err != nil { // met by the next event of the run
		return id, nil
	}
	return id, mark
}

// forget has every record read again: while nobody watched, records may have changed, and
// after a loss of NATS a run that was cancelled may be one that is not.
func (r *runMarks) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.known)
}

// watchCancelled ends what waits to be compared as soon as its run is cancelled, until ctx
// ends. What is missed here ends when it is looked at again, after [lastLook] at most.
func (s *shadow) watchCancelled(ctx context.Context) {
	delivery.WatchBucket(ctx, s.marks.kv, s.log, func(entry jetstream.KeyValueEntry) {
		if entry == nil {
			s.marks.forget()
			return
		}
		id, mark := s.marks.heard(entry)
		if mark == nil {
			return
		}
		if err := s.hasten(ctx, id, mark.At); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "comparisons of a cancelled run end when they are looked at again",
				slog.String("run", id.String()), slog.Any("err", err))
		}
	})
}

// hasten has the events of a run that were stored before an instant looked at now; those
// that came later have their looks at short intervals still. The server holds back what was put off, and
// has no way to let it go: so each event is stored again and then removed. A crash in
// between leaves two, and the second finds the outcome of the first.
func (s *shadow) hasten(ctx context.Context, id jetsheet.RunID, before time.Time) error {
	stream, err := s.cfg.JetStream.Stream(ctx, jetsheet.StreamRendered)
	if err != nil {
		return fmt.Errorf("open stream %s: %w", jetsheet.StreamRendered, err)
	}
	last := stream.CachedInfo().State.LastSeq
	for sequence := uint64(1); sequence <= last; sequence++ {
		m, err := stream.GetMsg(ctx, sequence, jetstream.WithGetMsgSubject(jetsheet.RunCompareSubjects(id)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the events of run %s: %w", id, err)
		}
		if sequence = m.Sequence; sequence > last {
			return nil
		}
		if m.Time.After(before) {
			continue
		}
		if err := s.storeAgain(ctx, stream, m); err != nil {
			return fmt.Errorf("event %d of run %s: %w", m.Sequence, id, err)
		}
	}
	return nil
}

// storeAgain stores an event at the end of the stream instead of where it is. Where a newer
// one of the conversion is there, that one stands for it.
func (s *shadow) storeAgain(ctx context.Context, stream jetstream.Stream, m *jetstream.RawStreamMsg) error {
	_, err := s.cfg.JetStream.PublishMsg(ctx, delivery.Again(m), jetstream.WithExpectStream(jetsheet.StreamRendered), jetstream.WithExpectLastSequencePerSubject(m.Sequence))
	if err != nil && !delivery.WrongLastSequence(err) {
		return fmt.Errorf("store it again: %w", err)
	}
	if err := stream.DeleteMsg(ctx, m.Sequence); err != nil && !delivery.Gone(err) {
		return fmt.Errorf("remove the first: %w", err)
	}
	return nil
}
