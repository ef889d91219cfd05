package delivery

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

// slotKind tells the ordinary slots from the extra one.
type slotKind bool

const (
	ordinarySlot slotKind = false
	extraSlot    slotKind = true
)

// dispatcher gives messages to slots. It runs in one goroutine.
type dispatcher struct {
	w          *Worker
	pull       *puller
	jobs       context.Context //nolint:containedctx // the life of the jobs, not of a call
	free       int
	extraFree  bool
	extraQueue int // -1 without an extra slot
	held       []heldMsg
	reconnects uint64
}

// heldMsg is a message that came when no slot was free for it.
type heldMsg struct {
	msg   *nats.Msg
	queue int
	since time.Time
}

// dispatch pulls and starts jobs until ctx ends.
func (w *Worker) dispatch(ctx, jobs context.Context) error {
	pull, err := newPuller(w.conn, apiPrefix(w.cfg.JetStream), w.cfg.Stream, w.cfg.Queues)
	if err != nil {
		return err
	}
	d := &dispatcher{w: w, pull: pull, jobs: jobs, free: w.cfg.Slots, extraQueue: -1, reconnects: w.conn.Stats().Reconnects}
	for i, q := range w.cfg.Queues {
		if q.ExtraSlot {
			d.extraQueue, d.extraFree = i, true
		}
	}
	tick := time.NewTicker(probePatience)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := d.ask(time.Now()); err != nil {
			w.log.WarnContext(ctx, "pull failed", slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
		case m := <-pull.msgs:
			d.take(m)
		case kind := <-w.slot:
			d.release(kind)
		case <-w.wake:
		case <-tick.C:
			d.tidy(time.Now())
		}
	}
	for _, m := range pull.close(w.cfg.Grace) {
		w.giveBackUnseen(m)
	}
	for _, h := range d.held {
		w.giveBackUnseen(h.msg)
	}
	return nil
}

// ask sends the pulls that the free slots call for: one probe at a time in the
// order of the queues, and when all are empty a standing pull on each.
func (d *dispatcher) ask(now time.Time) error {
	if d.w.paused() {
		return nil
	}
	if d.extraFree && !d.pull.out[d.extraQueue].outstanding {
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
		case !d.allowed(i):
		case p.outstanding && p.probing && now.Sub(p.since) < probePatience:
			return nil // the answer decides what to ask next
		case p.outstanding, p.empty:
		default:
			return d.pull.probe(i, now)
		}
	}
	for i := range d.pull.out {
		if d.allowed(i) && !d.pull.out[i].outstanding {
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
	queue, message := d.pull.answer(m)
	if !message {
		return
	}
	// After a message the queues are asked again from the first one on.
	for i := range d.pull.out {
		d.pull.out[i].empty = false
	}
	d.place(heldMsg{msg: m, queue: queue, since: time.Now()})
}

func (d *dispatcher) place(h heldMsg) {
	switch {
	case d.w.paused():
		d.held = append(d.held, h)
	case h.queue == d.extraQueue && d.extraFree:
		d.extraFree = false
		d.w.start(d.jobs, h.msg, extraSlot)
	case d.free > 0 && (h.queue < 0 || d.allowed(h.queue)):
		d.free--
		d.w.start(d.jobs, h.msg, ordinarySlot)
	default:
		d.held = append(d.held, h)
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

func (d *dispatcher) placeHeld() {
	held := d.held
	d.held = nil
	for _, h := range held {
		d.place(h)
	}
}

// tidy gives back what was held too long, forgets lost pulls and lets queues that
// were empty be asked again.
func (d *dispatcher) tidy(now time.Time) {
	reconnects := d.w.conn.Stats().Reconnects
	d.pull.forget(now, reconnects != d.reconnects)
	d.reconnects = reconnects
	d.placeHeld()
	kept := d.held[:0]
	for _, h := range d.held {
		if now.Sub(h.since) > d.w.ackWait/3 {
			d.w.giveBackUnseen(h.msg)
		} else {
			kept = append(kept, h)
		}
	}
	d.held = kept
}
