package ops

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

const (
	// replayBatch is how many requests are on their way at a time.
	replayBatch = 500
	// bulkWindow is how many requests the bulk lane holds before a replay waits. The
	// server's pulls cost time in proportion to a lane's subjects: 2 ms at so many.
	bulkWindow = 20_000
	// roomPace is how often a full lane is looked at, and how long a problem is left
	// alone before it is tried again.
	roomPace = time.Second
)

// replayWork queues what one replay matched. It runs in one goroutine.
type replayWork struct {
	p     *replayer
	list  []failedOne
	ended chan struct{}

	window *delivery.Window // of the bulk lane; nil until it is needed
	room   int

	mu    sync.Mutex // over entry, for those who ask how far it is
	entry *replayEntry
	saved time.Time

	// unsaved says that requests may have been queued that the record does not count.
	unsaved bool
}

func newReplayWork(p *replayer, entry *replayEntry, set *failureSet) *replayWork {
	return &replayWork{p: p, entry: entry, list: set.list, ended: make(chan struct{})}
}

func (w *replayWork) snapshot() Replay {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.entry.Replay
}

// run queues until all are queued, somebody cancels, or ctx ends.
func (w *replayWork) run(ctx context.Context) {
	defer close(w.ended)
	log := w.p.log.With(slog.String("replay", w.entry.ID), slog.String("by", w.entry.By))
	log.InfoContext(ctx, "replay begun", slog.Int("matched", w.entry.Matched), slog.Any("filter", w.entry.Filter))
	err := w.queueAndHold(ctx)
	switch {
	case err == nil:
		done := w.snapshot()
		log.InfoContext(ctx, "replay queued", slog.Int("queued", done.Queued), slog.Int("skipped", done.Skipped.Total()))
	case errors.Is(err, errReplayTaken):
		w.withdraw(ctx, log)
	default:
		w.handOver(ctx)
		log.InfoContext(ctx, "replay left to another process", slog.Any("err", err))
	}
}

// queueAndHold queues all, and writes the record meanwhile: a batch may take the server
// longer than a lease, and whoever took the replay over would count what others queued
// as this one's.
func (w *replayWork) queueAndHold(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	var group sync.WaitGroup
	group.Go(func() {
		for pause(ctx, w.p.lease/3) == nil {
			if _, err := w.write(ctx); err != nil {
				stop(err)
			}
		}
	})
	defer group.Wait()
	defer stop(nil)
	return w.queueAll(ctx)
}

func (w *replayWork) queueAll(ctx context.Context) error {
	var batch *replayTry
	for len(w.list) > 0 || batch.open() {
		if !batch.open() {
			n, err := w.next(ctx)
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			batch = newReplayTry(w, w.list[:n])
			w.list = w.list[n:]
		}
		if err := w.try(ctx, batch); err != nil {
			return err
		}
	}
	return w.finish(ctx)
}

// try queues what is open of a batch and writes down how far the replay is.
func (w *replayWork) try(ctx context.Context, batch *replayTry) error {
	w.unsaved = true
	problem := batch.queue(ctx)
	w.mu.Lock()
	batch.count(&w.entry.Replay)
	w.entry.Waiting = ""
	if problem != nil {
		w.entry.Waiting = problem.Error()
	}
	w.mu.Unlock()
	if err := w.beat(ctx); err != nil {
		return err
	}
	if problem == nil {
		return nil
	}
	w.p.log.WarnContext(ctx, "replay waits", slog.String("replay", w.entry.ID), slog.Any("err", problem))
	return pause(ctx, roomPace)
}

// next returns how many of the list go into the next batch; none while the lane is full.
func (w *replayWork) next(ctx context.Context) (int, error) {
	if w.entry.Lane != jetsheet.LaneBulk {
		return min(len(w.list), replayBatch), nil
	}
	if w.room <= 0 {
		room, err := w.look(ctx)
		w.mu.Lock()
		switch {
		case err != nil:
			w.entry.Waiting = err.Error()
		case room <= 0:
			w.entry.Waiting = "room in the lane " + string(jetsheet.LaneBulk)
		}
		w.mu.Unlock()
		if w.room = room; err != nil || room <= 0 {
			if err := w.beat(ctx); err != nil {
				return 0, err
			}
			return 0, pause(ctx, roomPace)
		}
		// There may be room because somebody has cancelled the replay and takes it back.
		if _, err := w.save(ctx); err != nil {
			return 0, err
		}
	}
	n := min(len(w.list), replayBatch, w.room)
	w.room -= n
	return n, nil
}

// look counts how many more requests the bulk lane takes.
func (w *replayWork) look(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	if w.window == nil {
		name := jetsheet.LaneConsumer(jetsheet.LaneBulk)
		lane, err := w.p.js.Consumer(ctx, jetsheet.StreamConversions, name)
		if err != nil {
			return 0, delivery.NotSetUp("consumer "+jetsheet.StreamConversions+"/"+name, err)
		}
		w.window = delivery.NewWindow(lane, w.p.window)
	}
	room, _, err := w.window.Room(ctx)
	return room, err
}

// filled notes what the lane took.
func (w *replayWork) filled(requests int) {
	if w.window != nil {
		w.window.Filled(requests)
	}
}

// beat writes the record now and then; what it says is lost at most for a while.
func (w *replayWork) beat(ctx context.Context) error {
	w.mu.Lock()
	saved := w.saved
	w.mu.Unlock()
	if time.Since(saved) < w.p.lease/15 {
		return context.Cause(ctx)
	}
	_, err := w.save(ctx)
	return err
}

func (w *replayWork) finish(ctx context.Context) error {
	w.mu.Lock()
	w.entry.State, w.entry.Owner, w.entry.Waiting = ReplayDone, "", ""
	w.mu.Unlock()
	for {
		if written, err := w.save(ctx); written || err != nil {
			return err
		}
		if err := pause(ctx, roomPace); err != nil {
			return err
		}
	}
}

// save writes the record between two batches and says whether it did.
func (w *replayWork) save(ctx context.Context) (written bool, err error) {
	if written, err = w.write(ctx); written {
		w.unsaved = false
	}
	return written, err
}

// write writes the record and says whether it did. Where that does not work the replay
// goes on, and a process that takes over does a part once more; it ends where the record
// is somebody else's.
func (w *replayWork) write(ctx context.Context) (written bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, w.p.lease)
	defer cancel()
	err = w.entry.write(limited, w.p.reader.progress)
	if err == nil {
		w.saved = time.Now()
		return true, nil
	}
	if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		w.p.log.WarnContext(ctx, "replay not written down", slog.String("replay", w.entry.ID), slog.Any("err", err))
	}
	// It may be our own write whose answer was lost.
	stored, err := readReplay(limited, w.p.reader.progress, w.entry.ID)
	switch {
	case err != nil:
		return false, context.Cause(ctx)
	case stored.State == ReplayCancelled || stored.Owner != w.p.owner && stored.Owner != "":
		return false, errReplayTaken
	}
	w.entry.revision = stored.revision
	return false, nil
}

// handOver lets the next process begin at once.
func (w *replayWork) handOver(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.entry.Owner = ""
	_ = w.entry.write(ctx, w.p.reader.progress) // it is taken over all the same, later
}

// pause waits and returns an error when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
