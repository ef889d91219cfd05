package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// cancel stops a replay and takes back what it has queued and no worker has had: these
// conversions are failed again, with the cause that they had.
func (p *replayer) cancel(ctx context.Context, req *CancelRequest) (*CancelAnswer, error) {
	answer := &CancelAnswer{DryRun: req.DryRun}
	if req.DryRun {
		e, err := readReplay(ctx, p.reader.progress, req.Replay)
		if err != nil {
			return nil, err
		}
		answer.Replay = &e.Replay
		answer.Removed, err = p.takeBack(ctx, &e.Replay, true)
		return answer, err
	}
	e, err := p.markCancelled(ctx, req)
	if err != nil {
		return nil, err
	}
	p.log.InfoContext(ctx, "replay cancelled", slog.String("replay", e.ID), slog.String("by", req.By))
	answer.Replay = &e.Replay
	if answer.Removed, err = p.takeBack(ctx, &e.Replay, false); err != nil {
		return nil, fmt.Errorf("replay %s queues nothing more, but %d of its requests were taken back and not all; ask again: %w", e.ID, answer.Removed, err)
	}
	p.noteRemoved(ctx, e, answer.Removed)
	return answer, nil
}

// markCancelled marks the record. A replay that is marked already may be cancelled once
// more: the last time may have ended half-way.
func (p *replayer) markCancelled(ctx context.Context, req *CancelRequest) (*replayEntry, error) {
	for {
		e, err := readReplay(ctx, p.reader.progress, req.Replay)
		if err != nil || e.State == ReplayCancelled {
			return e, err
		}
		e.State, e.Cancelled = ReplayCancelled, &jetsheet.Mark{At: time.Now().UTC(), By: req.By, Reason: req.Reason}
		err = e.write(ctx, p.reader.progress)
		if err == nil || !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return e, err
		}
	}
}

// noteRemoved adds to the record how many were taken back. It is for people alone.
func (p *replayer) noteRemoved(ctx context.Context, e *replayEntry, removed int) {
	if removed == 0 {
		return
	}
	for {
		e.Removed += removed
		err := e.write(ctx, p.reader.progress)
		if errors.Is(err, jetstream.ErrKeyRevisionMismatch) { // both who cancelled and who queued take back
			var stored *replayEntry
			if stored, err = readReplay(ctx, p.reader.progress, e.ID); err == nil {
				*e = *stored
				continue
			}
		}
		if err != nil {
			p.log.DebugContext(ctx, "replay not written down", slog.String("replay", e.ID), slog.Any("err", err))
		}
		return
	}
}

// takeBack removes the requests of a replay that were never delivered and returns how
// many.
func (p *replayer) takeBack(ctx context.Context, r *Replay, dryRun bool) (int, error) {
	consumer, err := p.js.Consumer(ctx, jetsheet.StreamConversions, jetsheet.LaneConsumer(r.Lane))
	if err != nil {
		return 0, delivery.NotSetUp("consumer "+jetsheet.StreamConversions+"/"+jetsheet.LaneConsumer(r.Lane), err)
	}
	stream, err := p.js.Stream(ctx, jetsheet.StreamConversions)
	if err != nil {
		return 0, delivery.NotSetUp("stream "+jetsheet.StreamConversions, err)
	}
	waiting, err := requestsOf(ctx, stream, consumer.CachedInfo().Delivered.Stream, r)
	if err != nil || dryRun {
		return len(waiting), err
	}
	return removeUndelivered(ctx, stream, consumer, waiting)
}

// requestsOf lists the requests of a replay behind a sequence.
func requestsOf(ctx context.Context, stream jetstream.Stream, after uint64, r *Replay) (sequences []uint64, err error) {
	for sequence := after + 1; ; sequence++ {
		m, err := stream.GetMsg(ctx, sequence, jetstream.WithGetMsgSubject(jetsheet.LaneSubjects(r.Lane)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return sequences, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read lane %s: %w", r.Lane, err)
		}
		sequence = m.Sequence
		if m.Header.Get(jetsheet.HeaderReplay) == r.ID {
			sequences = append(sequences, sequence)
		}
	}
}

// removeUndelivered deletes requests from the end of the lane on, away from the workers. One
// that is deleted while a worker gets it is worked on all the same, and frees a place of the
// lane's cap: from the head on, every idle slot got one of those.
func removeUndelivered(ctx context.Context, stream jetstream.Stream, consumer jetstream.Consumer, sequences []uint64) (int, error) {
	var removed atomic.Int64
	for len(sequences) > 0 {
		info, err := consumer.Info(ctx)
		if err != nil {
			return int(removed.Load()), fmt.Errorf("look at consumer %s: %w", consumer.CachedInfo().Name, err)
		}
		group, limited := errgroup.WithContext(ctx)
		for range min(readsAtOnce, len(sequences)) {
			last := sequences[len(sequences)-1]
			if last <= info.Delivered.Stream {
				err := group.Wait() // before the count
				return int(removed.Load()), err
			}
			sequences = sequences[:len(sequences)-1]
			group.Go(func() error {
				did, err := remove(limited, stream, last)
				if did {
					removed.Add(1)
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return int(removed.Load()), err
		}
	}
	return int(removed.Load()), nil
}

// remove deletes a request and says whether it did; one that is gone is fine.
func remove(ctx context.Context, stream jetstream.Stream, sequence uint64) (did bool, err error) {
	err = stream.DeleteMsg(ctx, sequence)
	var api *jetstream.APIError
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, jetstream.ErrMsgNotFound), errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful),
		errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return false, nil
	default:
		return false, fmt.Errorf("remove request %d: %w", sequence, err)
	}
}

// withdraw takes back what was queued after somebody cancelled the replay and before we
// heard of it.
func (w *replayWork) withdraw(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	stored, err := readReplay(ctx, w.p.reader.progress, w.entry.ID)
	if err != nil || stored.State != ReplayCancelled {
		return
	}
	if w.unsaved { // what the record had is taken back by whoever cancelled
		removed, err := w.p.takeBack(ctx, &stored.Replay, false)
		if err != nil {
			log.WarnContext(ctx, "requests of a cancelled replay are still queued", slog.Any("err", err))
			return
		}
		w.p.noteRemoved(ctx, stored, removed)
	}
	w.mu.Lock()
	w.entry.Replay = stored.Replay
	w.mu.Unlock()
}
