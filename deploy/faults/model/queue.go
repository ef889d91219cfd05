package model

import "math"

// never is later than everything.
const never = math.MaxInt64

// Times of the protocol, in virtual seconds. ackWait is the topology's; maxDeliver is
// smaller than the topology's 20, so that schedules reach it.
const (
	ackWait    = 60
	maxDeliver = 7
	dedupe     = 120
	claimTTL   = 15
)

// message is what lies in a work queue.
type message struct {
	seq      int
	conv     conv
	lane     lane
	attempts int   // Jetsheet-Attempt
	replayed int64 // Jetsheet-Replay; 0 when nobody asked again
	at       int64
	step     int // when it was stored, more exact than at
	// of a rendered event
	object  int
	sha     int
	compare bool

	holder     *actor
	expires    int64 // of the lease; 0 while it is free
	excused    bool  // the holder is known to be in trouble, or has given it back
	deliveries int
}

// queue is a stream with work queue retention. Acknowledgements go by sequence, whoever
// sends them.
type queue struct {
	w          *world
	name       string
	unique     bool // one message per lane and conversion, new ones are refused
	maxDeliver int
	next       int
	msgs       []*message
	ids        []msgID
}

// msgID is an entry of the duplicate window.
type msgID struct {
	id    int
	until int64
}

// publish stores a message. An id other than 0 is its Msg-Id.
func (q *queue) publish(m *message, id int) error {
	if id != 0 {
		for _, known := range q.ids {
			if known.id == id && known.until > q.w.now {
				return nil // Duplicate: true
			}
		}
		q.ids = append(q.ids, msgID{id, q.w.now + dedupe})
	}
	if q.unique && q.last(m.lane, m.conv) != nil {
		return errRefused
	}
	q.store(m)
	if q.w.twice && id == 0 && !q.unique {
		again := *m
		q.store(&again)
	}
	return nil
}

func (q *queue) store(m *message) {
	q.next++
	m.seq, m.at, m.step = q.next, q.w.now, q.w.steps
	q.msgs = append(q.msgs, m)
}

// last returns the message on a subject, nil when there is none.
func (q *queue) last(l lane, c conv) *message {
	for _, m := range q.msgs {
		if m.conv == c && m.lane == l {
			return m
		}
	}
	return nil
}

func (q *queue) find(seq int) *message {
	for _, m := range q.msgs {
		if m.seq == seq {
			return m
		}
	}
	return nil
}

// fetch hands out a message that is free or whose lease ran out, in any order.
func (q *queue) fetch(a *actor) *message {
	n := len(q.msgs)
	if n == 0 {
		return nil
	}
	first := q.w.rng.IntN(n)
	for i := range n {
		m := q.msgs[(first+i)%n]
		if m.expires > q.w.now || m.deliveries >= q.maxDeliver {
			continue
		}
		q.w.checkRedelivery(m)
		m.deliveries++
		m.holder, m.expires, m.excused = a, never, false
		if q.w.bug == BackOff {
			m.expires = q.w.now + 5
		}
		return m
	}
	return nil
}

// dead says whether the server has given a message up.
func (q *queue) dead(m *message) bool { return m.deliveries >= q.maxDeliver && m.expires <= q.w.now }

// remove takes a message out of the stream; one that is not there is no error.
func (q *queue) remove(seq int) {
	for i, m := range q.msgs {
		if m.seq == seq {
			q.msgs = append(q.msgs[:i], q.msgs[i+1:]...)
			q.w.checkToken(m.conv, q.name)
			return
		}
	}
}

// has says whether a conversion has a message here.
func (q *queue) has(c conv) bool {
	for _, m := range q.msgs {
		if m.conv == c {
			return true
		}
	}
	return false
}
