package model

import "errors"

const (
	rendererStage = iota
	uploaderStage
)

// Numbers of the contract.
const (
	maxAttempts = 3
	maxStarts   = 4
)

// failing is an error with a class and a cause, as in internal/delivery.
type failing struct {
	cause     cause
	permanent bool
}

func (f *failing) Error() string { return string(f.cause) }

// job is one attempt at one message.
type job struct {
	message
	a           *actor
	q           *queue
	incarnation int
	delivery    int
	attempt     int
	recorded    bool
	start       *progress // as last written by us
	canHang     bool
	lost        bool  // the lease ran out while the process was stopped
	cutAt       int64 // when heartbeats have not got through for AckWait
}

// held returns the job's message if it is ours in the stream, or nil.
func (j *job) held() *message {
	if j.incarnation != j.a.w.incarnation {
		return nil
	}
	if m := j.q.find(j.seq); m != nil && m.holder == j.a {
		return m
	}
	return nil
}

func (j *job) leaseOver() bool { return j.lost || j.cutAt != 0 && j.a.w.now >= j.cutAt }

// gone says whether the job's context ends.
func (j *job) gone() bool { return j.leaseOver() || j.incarnation != j.a.w.incarnation }

// worker takes messages one by one, as internal/delivery does with one slot.
type worker struct {
	a       *actor
	q       *queue
	stage   int
	records bool // every start, not only those of redelivered messages
	handle  func(j *job) error
	settled func(j *job)
}

func (k *worker) work() {
	for {
		j := k.pull()
		if j == nil {
			k.a.sleep(1 + k.a.w.rng.Int64N(15))
			continue
		}
		stops := k.process(j)
		k.a.letGo()
		k.a.job, k.a.sure = nil, false
		if stops {
			k.a.process.Crash()
		}
	}
}

func (k *worker) take(m *message) *job {
	j := &job{message: *m, a: k.a, q: k.q, incarnation: k.a.w.incarnation, delivery: m.deliveries, canHang: true}
	k.a.job = j
	return j
}

func (k *worker) pull() *job {
	if m := k.a.ahead; m != nil {
		k.a.ahead = nil
		if k.q.find(m.seq) == m && m.holder == k.a {
			m.expires = never
			return k.take(m)
		}
	}
	var j *job
	err := k.a.do(noConv, "pull", func() error {
		m := k.q.fetch(k.a)
		if m == nil {
			return nil
		}
		j = k.take(m)
		if k.a.w.bug == Prefetch {
			if k.a.ahead = k.q.fetch(k.a); k.a.ahead != nil {
				k.a.ahead.expires = k.a.w.now + ackWait
			}
		}
		return nil
	})
	if err != nil && j != nil { // the message was sent and did not arrive
		k.a.letGo()
		k.a.job = nil
		return nil
	}
	return j
}

// process takes a message to its settlement, and says whether the worker shuts down.
func (k *worker) process(j *job) (stops bool) {
	err := k.attempt(j)
	k.a.sure = true
	var f *failing
	switch {
	case err == nil:
		k.settleDone(j)
	case errors.Is(err, errStalled):
		k.settleFailed(j, stalled, false)
	case errors.As(err, &f):
		k.settleFailed(j, f.cause, f.permanent)
	default:
		k.settleInterrupted(j, err)
	}
	return errors.Is(err, errStopping)
}

// attempt calls the handler, again and again while what it needs does not answer.
func (k *worker) attempt(j *job) error {
	for {
		var err error
		if !j.recorded {
			err = k.recordStart(j)
			j.recorded = err == nil
		}
		if err == nil {
			err = k.handle(j)
		}
		if !errors.Is(err, errAway) {
			return err
		}
		j.canHang = false
		k.a.sleep(1 + k.a.w.rng.Int64N(15))
		j.canHang = true
	}
}

func (k *worker) settleDone(j *job) {
	if k.confirm(j, "ack") != nil {
		k.strikeOff(j)
		return
	}
	k.closeStart(j, true, 0)
	if k.settled != nil {
		k.settled(j)
	}
}

// settleInterrupted gives the message back at a shutdown, and drops it otherwise.
func (k *worker) settleInterrupted(j *job, why error) {
	k.strikeOff(j)
	if !errors.Is(why, errStopping) {
		return
	}
	_ = k.a.do(j.conv, "give back", func() error {
		if m := k.mine(j); m != nil {
			m.holder, m.expires = nil, 0
		}
		return nil
	})
}

// settleFailed writes the FAILED record and then ends the message.
func (k *worker) settleFailed(j *job, why cause, permanent bool) {
	if j.leaseOver() {
		k.a.w.note(k.a, j.conv, "dropped, the lease ran out")
		return
	}
	f := failure{cause: why, attempts: j.attempt, replayed: j.replayed}
	if !permanent && j.attempt < maxAttempts {
		f.retryAt = k.a.w.now + retryDelay(j.attempt)
	}
	if k.a.w.bug != TermWithoutRecord && k.recordFailure(j, f) != nil {
		return
	}
	k.closeStart(j, !f.retrying(), j.attempt)
	if k.confirm(j, "term") == nil && k.settled != nil {
		k.settled(j)
	}
}

func retryDelay(attempt int) int64 {
	if attempt <= 1 {
		return 10
	}
	return 60
}

// recordFailure tries for as long as the lease certainly holds.
func (k *worker) recordFailure(j *job, f failure) (err error) {
	for range 3 {
		err = k.a.do(j.conv, "FAILED "+string(f.cause), func() error {
			k.a.w.fail(j.conv, f)
			return nil
		})
		if err == nil {
			return nil
		}
	}
	return err
}

// confirm settles a message. An acknowledgement goes by sequence: it reaches whatever
// message has it, unless we know that the stream is another one.
func (k *worker) confirm(j *job, how string) error {
	return k.a.do(j.conv, how, func() error {
		if k.a.w.bug != StaleIncarnationAck && j.incarnation != k.a.w.incarnation {
			return errRefused
		}
		k.q.remove(j.seq)
		return nil
	})
}

// mine returns the message that an answer of ours would reach.
func (k *worker) mine(j *job) *message {
	if j.incarnation != k.a.w.incarnation {
		return nil
	}
	m := k.q.find(j.seq)
	if m != nil {
		m.excused = true
	}
	return m
}
