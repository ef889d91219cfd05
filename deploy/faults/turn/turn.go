// Package turn runs processes a turn at a time, as whoever holds them decides: each is
// a sequential function, and nothing runs beside it. A world of such processes is
// repeated by repeating the decisions, and a crash is an unwinding.
package turn

import "iter"

// Process is a function that stands still between two turns. Make one with [Start].
// It and its holder must not be used by two goroutines at a time.
type Process struct {
	resume func() (struct{}, bool)
	end    func()
	yield  func(struct{}) bool
}

// ended unwinds a process.
type ended struct{}

// Start returns a process that stands before its first statement. Whoever holds it
// calls End, however it ended.
func Start(life func(*Process)) *Process {
	p := &Process{}
	p.resume, p.end = iter.Pull(func(yield func(struct{}) bool) {
		p.yield = yield
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(ended); !ok {
					panic(r)
				}
			}
		}()
		life(p)
	})
	return p
}

// Next lets the process go on until it pauses, and says whether it did: false means
// that its function has returned or crashed.
func (p *Process) Next() bool {
	_, alive := p.resume()
	return alive
}

// End unwinds the process where it stands. It may be called again, and after the end.
func (p *Process) End() { p.end() }

// Pause ends the process's turn. Only its own function calls it, and Crash.
func (p *Process) Pause() {
	if !p.yield(struct{}{}) {
		p.Crash()
	}
}

// Crash ends the process for good: no statement after it is run but deferred ones.
func (p *Process) Crash() { panic(ended{}) }
