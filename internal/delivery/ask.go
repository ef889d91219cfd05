package delivery

import (
	"context"
	"time"
)

// patience returns how long nothing needs to be done if nothing happens.
func (d *dispatcher) patience(now time.Time) time.Duration {
	wait := tidyEvery - now.Sub(d.tidied)
	if d.waitsOn >= 0 && !d.lanes[d.waitsOn].looking {
		wait = min(wait, d.lookDue(d.waitsOn).Sub(now))
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
func (d *dispatcher) ask(ctx context.Context, now time.Time) error {
	d.waitsOn = -1
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
		if next, err := d.askOne(ctx, i, now); err != nil || !next {
			return err
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

// askOne asks a queue and says whether the next one may be asked: not before the
// answer to a probe, unless the queue is at its cap.
func (d *dispatcher) askOne(ctx context.Context, queue int, now time.Time) (next bool, err error) {
	p := &d.pull.out[queue]
	if !d.allowed(queue) || p.empty || now.Before(p.refused) || p.outstanding && !p.probing {
		return true, nil
	}
	capped := d.capped(queue, now)
	switch {
	case capped && p.outstanding:
		return true, d.pull.turnIntoStanding(queue, now)
	case capped:
		return true, d.pull.stand(queue, now)
	case !p.outstanding:
		err = d.pull.probe(queue, now)
	}
	d.waitsOn = queue
	if !now.Before(d.lookDue(queue)) {
		d.look(ctx, queue, now)
	}
	return false, err
}

// allowed says whether an ordinary slot may ask a queue now. While the extra slot
// is free, it asks its queue alone.
func (d *dispatcher) allowed(queue int) bool {
	if queue == d.extraQueue && d.extraFree {
		return false
	}
	return d.free > 1 || !d.w.cfg.Queues[queue].SpareLast || d.w.cfg.Slots == 1
}
