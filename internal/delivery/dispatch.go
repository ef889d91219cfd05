package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// slotKind tells the ordinary slots from the extra one.
type slotKind bool

const (
	ordinarySlot slotKind = false
	extraSlot    slotKind = true
)

// tidyEvery is how often the dispatcher looks for lost pulls when nothing happens.
const tidyEvery = 500 * time.Millisecond

// dispatcher gives messages to slots. It runs in one goroutine.
type dispatcher struct {
	w          *Worker
	pull       *puller
	jobs       context.Context //nolint:containedctx // the life of the jobs, not of a call
	stopping   bool
	free       int
	extraFree  bool
	extraQueue int // -1 without an extra slot
	held       []arrival
	reconnects uint64
	tidied     time.Time
	created    time.Time // of the stream that messages arrive from

	lanes []lane
	// waitsOn is the queue whose probe decides what to ask next, -1 if there is none.
	waitsOn int
	full    time.Time // when no ordinary slot was free for the last time
	looks   chan look
	looking sync.WaitGroup
}

// arrival is a message that has come and has no slot yet.
type arrival struct {
	msg   *nats.Msg
	queue int // -1 where it cannot be told
	at    time.Time
	// created tells which of the streams of this name it came from.
	created time.Time
}

// dispatch pulls and starts jobs until ctx ends.
func (w *Worker) dispatch(ctx, jobs context.Context) error {
	pull, err := newPuller(w.conn, apiPrefix(w.cfg.JetStream), w.cfg.Stream, w.cfg.Queues)
	if err != nil {
		return err
	}
	d := &dispatcher{
		w: w, pull: pull, jobs: jobs, free: w.cfg.Slots, extraQueue: -1,
		reconnects: w.conn.Stats().Reconnects, tidied: time.Now(), created: w.stream.now(),
		lanes: make([]lane, len(w.cfg.Queues)), waitsOn: -1, looks: make(chan look, len(w.cfg.Queues)),
	}
	for i, q := range w.cfg.Queues {
		if q.ExtraSlot {
			d.extraQueue, d.extraFree = i, true
		}
	}
	looks, endLooks := context.WithCancel(ctx)
	err = d.run(looks)
	endLooks()
	d.stop()
	d.looking.Wait()
	return err
}

func (d *dispatcher) run(ctx context.Context) error {
	timer := time.NewTimer(tidyEvery)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		if err := d.ask(ctx, now); err != nil {
			d.w.log.WarnContext(ctx, "pull not sent", slog.Any("err", err))
		}
		timer.Reset(d.patience(now))
		select {
		case <-ctx.Done():
		case m := <-d.pull.msgs:
			d.stopping = ctx.Err() != nil
			d.take(ctx, m)
		case l := <-d.looks:
			d.learn(ctx, l, time.Now())
		case kind := <-d.w.slot:
			d.release(kind)
		case <-d.w.wake:
			d.placeHeld()
		case <-timer.C:
			if d.w.conn.IsClosed() {
				return fmt.Errorf("pull from stream %s: %w", d.w.cfg.Stream, nats.ErrConnectionClosed)
			}
			d.tidy(time.Now())
		}
	}
	return nil
}

// stop ends the pulls and gives back what no job has begun.
func (d *dispatcher) stop() {
	d.stopping = true
	held := d.held
	for _, m := range d.pull.close(closeLimit) {
		held = append(held, arrival{msg: m, created: d.w.stream.now()})
	}
	for _, a := range held {
		d.w.giveBackUnseen(a)
	}
}

// take gives a message to a slot, or holds it.
func (d *dispatcher) take(ctx context.Context, m *nats.Msg) {
	if created := d.w.stream.now(); !created.Equal(d.created) {
		d.forgetStream(created)
		return
	}
	now := time.Now()
	a := d.pull.answer(m, now)
	if a.queue >= 0 {
		d.hear(ctx, a, now)
	}
	if !a.message {
		return
	}
	// After a message the queues are asked again from the first one on.
	for i := range d.pull.out {
		d.pull.out[i].empty = false
	}
	d.place(arrival{msg: m, queue: a.queue, at: now, created: d.created})
}

// forgetStream drops everything that may have come from the stream as it was before
// it was made anew: what came before we learnt of it is in the channel. Messages of
// the new one among it come again.
func (d *dispatcher) forgetStream(created time.Time) {
	d.created, d.held = created, nil
	d.pull.discard()
	d.pull.forget(time.Now(), true)
}

func (d *dispatcher) place(a arrival) {
	switch {
	case d.w.paused(), d.stopping:
		d.held = append(d.held, a)
	case a.queue == d.extraQueue && d.extraFree:
		d.extraFree = false
		d.w.start(d.jobs, a, extraSlot)
	case d.free > 0 && (a.queue < 0 || d.allowed(a.queue)):
		d.free--
		d.w.start(d.jobs, a, ordinarySlot)
	default:
		d.held = append(d.held, a)
	}
}

// release frees a slot and gives it to a held message, if any.
func (d *dispatcher) release(kind slotKind) {
	if kind == extraSlot {
		d.extraFree = true
	} else {
		if d.free == 0 {
			d.noteFull(time.Now())
		}
		d.free++
	}
	d.placeHeld()
}

// placeHeld offers the free slots to held messages, in the order of the queues.
func (d *dispatcher) placeHeld() {
	held := d.held
	d.held = nil
	slices.SortStableFunc(held, func(a, b arrival) int { return a.queue - b.queue })
	for _, a := range held {
		d.place(a)
	}
}

// tidy gives back what was held too long and forgets lost pulls.
func (d *dispatcher) tidy(now time.Time) {
	d.tidied = now
	if created := d.w.stream.now(); !created.Equal(d.created) {
		d.forgetStream(created)
	}
	reconnects := d.w.conn.Stats().Reconnects
	d.pull.forget(now, reconnects != d.reconnects)
	d.reconnects = reconnects
	d.placeHeld()
	kept := d.held[:0]
	for _, a := range d.held {
		if now.Sub(a.at) >= d.holdLimit() {
			d.w.giveBackUnseen(a)
		} else {
			kept = append(kept, a)
		}
	}
	d.held = kept
}
