package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
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
	}
	for i, q := range w.cfg.Queues {
		if q.ExtraSlot {
			d.extraQueue, d.extraFree = i, true
		}
	}
	err = d.run(ctx)
	d.stop()
	return err
}

func (d *dispatcher) run(ctx context.Context) error {
	timer := time.NewTimer(tidyEvery)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		if err := d.ask(now); err != nil {
			d.w.log.WarnContext(ctx, "pull not sent", slog.Any("err", err))
		}
		timer.Reset(d.patience(now))
		select {
		case <-ctx.Done():
		case m := <-d.pull.msgs:
			d.stopping = ctx.Err() != nil
			d.take(m)
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

// patience returns how long nothing needs to be done if nothing happens.
func (d *dispatcher) patience(now time.Time) time.Duration {
	wait := tidyEvery - now.Sub(d.tidied)
	for i := range d.pull.out {
		if p := &d.pull.out[i]; p.probing && d.free > 0 && d.allowed(i) && !d.w.paused() {
			wait = min(wait, probePatience-now.Sub(p.since))
		}
	}
	for _, a := range d.held {
		wait = min(wait, d.holdLimit()-now.Sub(a.at))
	}
	return max(wait, time.Millisecond)
}

// holdLimit is how long a message may wait for a slot: no longer than its lease
// stays good for a job that then begins to beat.
func (d *dispatcher) holdLimit() time.Duration { return d.w.ackWait / 3 }

// ask sends the pulls that the free slots call for: one probe at a time in the
// order of the queues, and when all are empty a standing pull on each.
func (d *dispatcher) ask(now time.Time) error {
	if d.w.paused() {
		return nil
	}
	if d.extraFree && d.pull.idle(d.extraQueue, now) {
		if err := d.pull.stand(d.extraQueue, now); err != nil {
			return err
		}
	}
	if d.free == 0 {
		return nil
	}
	for i := range d.pull.out {
		p := &d.pull.out[i]
		switch {
		case !d.allowed(i), p.empty, now.Before(p.refused):
		case !p.outstanding:
			return d.pull.probe(i, now)
		case p.probing && now.Sub(p.since) < probePatience:
			return nil // the answer decides what to ask next
		case p.probing:
			// There are messages, and the cap of the queue keeps them back.
			if err := d.pull.withdraw(i); err != nil {
				return err
			}
			if err := d.pull.stand(i, now); err != nil {
				return err
			}
		}
	}
	for i := range d.pull.out {
		if d.allowed(i) && d.pull.idle(i, now) {
			if err := d.pull.stand(i, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// allowed says whether an ordinary slot may ask a queue now. While the extra slot
// is free, it asks its queue alone.
func (d *dispatcher) allowed(queue int) bool {
	if queue == d.extraQueue && d.extraFree {
		return false
	}
	return d.free > 1 || !d.w.cfg.Queues[queue].SpareLast || d.w.cfg.Slots == 1
}

// take gives a message to a slot, or holds it.
func (d *dispatcher) take(m *nats.Msg) {
	if created := d.w.stream.now(); !created.Equal(d.created) {
		d.forgetStream(created)
		return
	}
	now := time.Now()
	queue, message := d.pull.answer(m, now)
	if !message {
		return
	}
	// After a message the queues are asked again from the first one on.
	for i := range d.pull.out {
		d.pull.out[i].empty = false
	}
	d.place(arrival{msg: m, queue: queue, at: now, created: d.created})
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
