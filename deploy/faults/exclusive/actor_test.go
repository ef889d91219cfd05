package exclusive_test

import "github.com/jetsheet/jetsheet/deploy/faults/turn"

// fault is what meets a call.
type fault uint8

const (
	none       fault = iota
	lost             // no effect, no answer
	unsure           // effect, but no answer
	crash            // the process dies before the effect
	crashAfter       // the process dies after the effect
	stop             // the process stands still for long, then goes on
	faults
)

// draw decides what meets the next call.
func (w *world) draw() fault {
	if !w.faulty || w.rng.Float64() >= w.rate {
		return none
	}
	sum := 0
	for _, weight := range w.weights {
		sum += weight
	}
	n := w.rng.IntN(sum)
	for f, weight := range w.weights {
		if n -= weight; n < 0 {
			return fault(f)
		}
	}
	return none
}

// actor is a process of a system. It comes back after a crash, with empty memory.
type actor struct {
	w        *world
	name     string
	life     func()
	process  *turn.Process
	wakeAt   int
	finished bool
}

func (a *actor) start() {
	a.process = turn.Start(func(*turn.Process) { a.life() })
}

func (a *actor) turn() {
	if a.process.Next() {
		return
	}
	a.process.End()
	a.finished, a.wakeAt = false, a.w.turns+1+a.w.rng.IntN(20)
	a.start()
}

// sleep lets turns pass.
func (w *world) sleep(turns int) {
	a := w.running
	a.wakeAt = w.turns + turns
	a.process.Pause()
}

// where says what a call depends on.
type where uint8

const (
	toNATS where = iota
	toS3
)

// call is what a process does outside of itself, at one instant. Between two of them
// anything may happen. Before the first turn, as in the tests of the stand-ins, it is
// a plain call.
func call[T any](w *world, to where, what string, away error, effect func() (T, error)) (T, error) {
	var nothing T
	a := w.running
	if a == nil {
		return effect()
	}
	a.process.Pause()
	f := w.draw()
	if f == stop {
		w.say(a.name, "stands still")
		w.sleep(20 + w.rng.IntN(100))
		f = none
	}
	if to == toNATS && w.turns < w.awayUntil {
		f = lost
	}
	switch f {
	case lost:
		w.say(a.name, what+": lost on its way")
		return nothing, away
	case crash:
		w.say(a.name, "crashes before: "+what)
		a.process.Crash()
	}
	answer, err := effect()
	if err != nil {
		what += ": " + err.Error()
	}
	w.say(a.name, what)
	switch f {
	case crashAfter:
		w.say(a.name, "crashes")
		a.process.Crash()
	case unsure:
		w.say(a.name, "and the answer is lost")
		return nothing, away
	}
	return answer, err
}
