package model

import (
	"fmt"
	"strings"
)

// Options say how schedules are run. The zero value runs the rules as they are.
type Options struct {
	// Bug is the rule that is switched off.
	Bug Bug
	// Unattended: after a loss of all JetStream data nobody starts the runs again that
	// were open; see DESIGN.md for what does not come back by itself then.
	Unattended bool
	// Trace keeps the steps.
	Trace bool
}

// Result is what came of one schedule.
type Result struct {
	Seed uint64
	// Violation says what did not hold; empty when everything did.
	Violation string
	// Steps is how many atomic steps were taken, Seconds how much virtual time passed.
	Steps   int
	Seconds int64
	// Trace has a line for each step, with Options.Trace.
	Trace []string
}

// The most steps and seconds in which everything settles once faults have stopped:
// leases, retries and the thawing of what was stopped take minutes.
const (
	settleSteps   = 30_000
	settleSeconds = 3_600
)

// Run runs the schedule of a seed: the same seed and options give the same steps.
func Run(seed uint64, o Options) Result {
	w := newWorld(seed, o)
	w.add(2, "producer", producers)
	w.add(2+w.rng.IntN(2), "renderer", renderers)
	w.add(2+w.rng.IntN(2), "uploader", uploaders)
	w.add(previousCopies, "previous", previous)
	w.add(1, "people", people)
	defer func() {
		for _, a := range w.actors {
			a.stop()
		}
	}()
	w.play()
	return Result{Seed: seed, Violation: w.violation, Steps: w.steps, Seconds: w.now, Trace: w.trace}
}

func (w *world) add(n int, name string, life func(*actor)) {
	for i := range n {
		w.actors = append(w.actors, &actor{w: w, name: fmt.Sprintf("%s-%d", name, i+1), life: life, ended: true})
	}
}

// play is a time with faults, a time without, and then two in which everything
// that failed is mended and replayed.
func (w *world) play() {
	w.advance(150+w.rng.IntN(600), never, func() bool { return false })
	w.faulty, w.awayUntil = false, 0
	w.say("no faults from here")
	w.settle()
	for _, stumble := range []bool{true, false} {
		w.mend(stumble)
		w.settle()
	}
	if w.violation == "" {
		w.checkEnd()
	}
}

func (w *world) settle() {
	if !w.advance(w.steps+settleSteps, w.now+settleSeconds, w.settled) && w.violation == "" {
		w.violate(noConv, "does not settle: %s", w.unsettled())
	}
}

// advance takes steps until enough, and says whether it was reached.
func (w *world) advance(steps int, until int64, enough func() bool) bool {
	for w.steps < steps && w.now < until && w.violation == "" {
		w.steps++
		if w.steps%4 == 0 && enough() {
			return true
		}
		w.now += int64(w.rng.IntN(2))
		w.disturb()
		if a := w.choose(); a != nil {
			w.step(a)
		}
	}
	return false
}

// choose picks one of the actors that may go on. Where there is none, time passes.
func (w *world) choose() *actor {
	n, next := 0, int64(never)
	var chosen *actor
	for _, a := range w.actors {
		if a.wakeAt > w.now {
			next = min(next, a.wakeAt)
			continue
		}
		if n++; w.rng.IntN(n) == 0 {
			chosen = a
		}
	}
	if chosen == nil {
		w.now = max(w.now, next)
	}
	return chosen
}

// step lets an actor go on, or a process that died come back.
func (w *world) step(a *actor) {
	if a.ended {
		a.start()
		a.run()
		return
	}
	if w.meet(a) {
		a.run()
	}
}

func (w *world) say(text string) {
	if w.tracing {
		w.trace = append(w.trace, fmt.Sprintf("%5d %5ds %-10s %s", w.steps, w.now, "world", text))
	}
}

// note keeps a line of an actor's doings.
func (w *world) note(a *actor, c conv, text string) {
	if !w.tracing {
		return
	}
	about := ""
	if c != noConv {
		about = w.name(c)
	}
	w.trace = append(w.trace, strings.TrimRight(fmt.Sprintf("%5d %5ds %-10s %-14s %s", w.steps, w.now, a.name, about, text), " "))
}

// told notes how a step ended.
func (w *world) told(a *actor, c conv, what string, err error) {
	if !w.tracing {
		return
	}
	if err != nil {
		what += ": " + err.Error()
	}
	w.note(a, c, what)
}

// name names a conversion, run/tenant.
func (w *world) name(c conv) string {
	if c.run() >= len(w.runs) {
		return "no run"
	}
	return fmt.Sprintf("%s/%c", w.runName(c.run()), 'a'+rune(c.tenant()))
}

func (w *world) runName(run int) string {
	return fmt.Sprintf("tick%d-%d", w.runs[run].tick, w.runs[run].rerun)
}
