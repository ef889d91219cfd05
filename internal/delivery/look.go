package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// An empty queue answers a probe at once, and one whose cap is reached keeps the
// probe until a message is free. Seen from here, the second is the same as a slow
// network or a busy machine, where going on to the next queue would lose the order.
// So the server is asked which of them it is.

// probePatience is how long a probe may go without an answer, and how far apart the
// messages of a queue may come that is never seen empty, before the server is asked.
const probePatience = 100 * time.Millisecond

// flowPatience is how long a queue may give one message after the other before the
// server is asked: at the cap, each job that ends lets one more message out, so the
// probes are answered and the queues behind would never have their turn.
const flowPatience = 250 * time.Millisecond

// lookEvery is the least time between two looks at a queue.
const lookEvery = 250 * time.Millisecond

// lookTimeout bounds one look.
const lookTimeout = 5 * time.Second

// cappedFor is how long the server's word is good for. Jobs that end meanwhile find
// the standing pull, so nothing is lost where the queue is below its cap again.
const cappedFor = time.Second

// keptBack is after which time without an answer a probe counts as kept back by
// something, although the server, asked later, has answered that it is not the cap.
const keptBack = 2 * time.Second

// lane is what is known of a queue besides its pull.
type lane struct {
	// capped: until then the queue is at its cap, and nobody waits for its answers.
	capped time.Time
	// flowing is since when it has given messages without a break, last the newest.
	flowing, last time.Time
	// taken counts its messages since it flows and a slot was free all the time.
	taken int

	looking bool
	looked  time.Time
	// refusal is the status of the last pull if that was refused; told is what was
	// logged of it.
	refusal, told string
}

// look is what the server says of a consumer.
type look struct {
	queue int
	asked time.Time
	info  *jetstream.ConsumerInfo
	err   error
}

// look asks the server about a queue, without waiting for the answer.
func (d *dispatcher) look(ctx context.Context, queue int, now time.Time) {
	l := &d.lanes[queue]
	if l.looking {
		return
	}
	l.looking, l.looked = true, now
	d.looking.Go(func() {
		limited, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		result := look{queue: queue, asked: now}
		c, err := d.w.cfg.JetStream.Consumer(limited, d.w.cfg.Stream, d.w.cfg.Queues[queue].Consumer)
		if err != nil {
			result.err = NotSetUp(d.name(queue), err)
		} else {
			result.info = c.CachedInfo()
		}
		d.looks <- result // there is room: a queue has one look at a time
	})
}

func (d *dispatcher) name(queue int) string {
	return "consumer " + d.w.cfg.Stream + "/" + d.w.cfg.Queues[queue].Consumer
}

// lookDue returns when the server is to be asked about the probe of a queue.
func (d *dispatcher) lookDue(queue int) time.Time {
	l := &d.lanes[queue]
	due := d.pull.out[queue].since.Add(probePatience)
	if flow := l.flowing.Add(flowPatience); !l.flowing.IsZero() && flow.Before(due) {
		due = flow
	}
	if again := l.looked.Add(lookEvery); again.After(due) {
		due = again
	}
	return due
}

// learn takes note of what the server said.
func (d *dispatcher) learn(ctx context.Context, l look, now time.Time) {
	d.lanes[l.queue].looking = false
	switch p := &d.pull.out[l.queue]; {
	case ctx.Err() != nil:
	case l.err != nil:
		d.lookFailed(ctx, l, now)
	case atCap(l.info), p.probing && l.asked.Sub(p.since) >= keptBack:
		d.lanes[l.queue].capped = now.Add(cappedFor)
	}
	if l.err == nil && d.lanes[l.queue].refusal != "" {
		d.tell(ctx, l.queue, slog.LevelInfo, fmt.Errorf("pull from %s: %s", d.name(l.queue), d.lanes[l.queue].refusal))
	}
}

// lookFailed deals with a queue that is gone or cannot be looked up.
func (d *dispatcher) lookFailed(ctx context.Context, l look, now time.Time) {
	missing := errors.Is(l.err, ErrNotSetUp)
	switch {
	case missing && d.pull.out[l.queue].probing: // nobody will answer
		if err := d.pull.withdraw(l.queue); err != nil {
			d.w.log.DebugContext(ctx, "pull not withdrawn", slog.Any("err", err))
		}
		d.pull.refuse(l.queue, now)
		d.tell(ctx, l.queue, slog.LevelError, l.err)
	case missing:
		d.tell(ctx, l.queue, slog.LevelError, l.err)
	case d.lanes[l.queue].refusal != "":
		d.tell(ctx, l.queue, slog.LevelWarn, fmt.Errorf("pull from %s: %s: %w", d.name(l.queue), d.lanes[l.queue].refusal, l.err))
	}
}

// tell logs why a queue gives nothing, once until the reason changes: the queue is
// asked again twice a second.
func (d *dispatcher) tell(ctx context.Context, queue int, level slog.Level, why error) {
	l := &d.lanes[queue]
	if text := why.Error(); text != l.told {
		l.told = text
		d.announce(why)
		d.w.log.LogAttrs(ctx, level, "pull refused, asking again", slog.String("consumer", d.w.cfg.Queues[queue].Consumer), slog.Any("err", why))
	}
}

// announce tells people that the queues give nothing: where some still do, the worker
// is not paused.
func (d *dispatcher) announce(why error) {
	for i := range d.lanes {
		if d.lanes[i].told == "" {
			d.w.announce.Failed(why)
			return
		}
	}
	d.w.announce.Pause(d.pull, jetsheet.ResourceNATS, "stream "+d.w.cfg.Stream, why)
}

// atCap says whether the server keeps back what is in the queue.
func atCap(info *jetstream.ConsumerInfo) bool {
	most := info.Config.MaxAckPending
	return info.Paused || most > 0 && info.NumAckPending >= most
}

// hear takes note of the answer to a pull.
func (d *dispatcher) hear(ctx context.Context, a answer, now time.Time) {
	l := &d.lanes[a.queue]
	if a.refusal != "" {
		l.refusal = a.refusal
		d.look(ctx, a.queue, now)
		return
	}
	if l.told != "" {
		d.w.log.InfoContext(ctx, "pulls are answered again", slog.String("consumer", d.w.cfg.Queues[a.queue].Consumer))
		d.w.announce.Resume(d.pull)
	}
	l.refusal, l.told = "", ""
	switch {
	case !a.message:
		l.flowing = time.Time{}
	case l.flowing.IsZero(), now.Sub(l.last) > probePatience:
		l.flowing, l.taken = now, 0
	}
	if a.message {
		l.last = now
		l.taken++
	}
}

// capped says whether the queues behind this one may be asked before it has
// answered. Besides the cap there is one more reason: messages come and go one by
// one, so that slots have been free all the time although as many messages as there
// are slots were taken. No order is lost by giving those slots to others.
func (d *dispatcher) capped(queue int, now time.Time) bool {
	l := &d.lanes[queue]
	if now.Before(l.capped) {
		return true
	}
	since := l.flowing
	if d.full.After(since) {
		since = d.full
	}
	if l.flowing.IsZero() || now.Sub(since) < flowPatience || now.Sub(l.last) > probePatience || l.taken < d.w.cfg.Slots {
		return false
	}
	l.capped = now.Add(cappedFor)
	return true
}

// noteFull takes note that all ordinary slots were taken until now.
func (d *dispatcher) noteFull(now time.Time) {
	d.full = now
	for i := range d.lanes {
		d.lanes[i].taken = 0
	}
}
