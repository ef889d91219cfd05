package model

import (
	"errors"

	"github.com/jetsheet/jetsheet/deploy/faults/turn"
)

// What a step may end with besides success.
var (
	// errAway: no answer came; the effect may have been applied.
	errAway = errors.New("no answer")
	// errDropped: the job's context ended, its lease or its stream is gone.
	errDropped = errors.New("job dropped")
	// errStopping: the worker shuts down.
	errStopping = errors.New("shutdown")
	// errStalled: the job made no progress for AckWait.
	errStalled = errors.New("stalled")
	// errRefused: the server applied nothing: wrong revision, already queued, exists.
	errRefused = errors.New("refused")
)

// actor is one process. Its protocol is written as a sequential function which is
// resumed for one step at a time: nothing runs beside it.
type actor struct {
	w    *world
	name string
	life func(a *actor) // from the start of the process, forever

	process *turn.Process

	ended  bool // the process is dead; it comes back at wakeAt
	wakeAt int64
	asleep bool // the next step only waits
	frozen bool // stopped from outside until wakeAt
	hung   bool // its job hangs until wakeAt
	fault  fault

	job *job
	// ahead was fetched before it was needed, with the bug Prefetch.
	ahead *message
	// sure: what it does now cannot be cancelled any more, see delivery's settle.
	sure bool
}

// start begins the process, with empty memory.
func (a *actor) start() {
	a.ended, a.asleep, a.frozen, a.hung, a.sure, a.job, a.ahead = false, false, false, false, false, nil, nil
	a.process = turn.Start(func(*turn.Process) { a.life(a) })
}

// run lets the process take one step.
func (a *actor) run() {
	if !a.process.Next() {
		a.die()
	}
}

// die ends the process. What it held is free after AckWait.
func (a *actor) die() {
	a.ended, a.wakeAt = true, a.w.now+1+a.w.rng.Int64N(20)
	a.letGo()
	a.job = nil
	a.process.End()
}

// stop frees the process at the end of a schedule.
func (a *actor) stop() {
	if a.process != nil {
		a.process.End()
	}
}

// sleep waits.
func (a *actor) sleep(seconds int64) {
	a.wakeAt, a.asleep = a.w.now+seconds, true
	a.process.Pause()
	a.asleep = false
	if a.fault == crash || a.fault == crashAfter {
		a.w.note(a, noConv, "crash")
		a.process.Crash()
	}
}

// slow lets time pass where others are likely to come in between.
func (a *actor) slow() {
	if a.w.faulty && a.w.rng.IntN(5) == 0 {
		a.sleep(1 + a.w.rng.Int64N(40))
	}
}

// do is one atomic step: an effect outside the process, or a read. Between two of them
// anything may happen. The fault that meets it was drawn when it was resumed.
func (a *actor) do(c conv, what string, effect func() error) error {
	a.process.Pause()
	w := a.w
	if a.dropped() {
		w.note(a, c, what+": "+errDropped.Error())
		return errDropped
	}
	switch a.fault {
	case crash:
		w.note(a, c, "crash before "+what)
		a.process.Crash()
	case lost:
		w.note(a, c, what+": lost on its way")
		return errAway
	case stall:
		w.note(a, c, what+": stalled")
		return errStalled
	case terminate:
		w.note(a, c, what+": shutdown")
		return errStopping
	}
	w.twice = a.fault == twice
	err := effect()
	w.twice = false
	w.told(a, c, what, err)
	switch a.fault {
	case crashAfter:
		w.note(a, c, "crash after "+what)
		a.process.Crash()
	case unsure:
		w.note(a, c, what+": applied, but the answer is lost")
		return errAway
	}
	return err
}

// dropped says whether the job's context has ended by now: the process may go on for
// a while before it hears of it.
func (a *actor) dropped() bool {
	j := a.job
	if j == nil || a.sure || !j.gone() {
		return false
	}
	return a.w.rng.IntN(5) < 1
}

// letGo makes the lease of what is in hand run out.
func (a *actor) letGo() {
	if a.ahead != nil {
		a.ahead.excused = true
	}
	if a.job == nil {
		return
	}
	if m := a.job.held(); m != nil {
		m.expires, m.excused = a.w.now+ackWait, true
	}
}
