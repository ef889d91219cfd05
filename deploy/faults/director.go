package faults

import (
	"maps"
	"sync"
)

// Director counts what passes the proxies that share it and says which effects are met
// by a fault. Make it with [NewDirector]; it may be used concurrently.
type Director struct {
	crash func(role string)

	mu     sync.Mutex
	counts map[Point]int
	armed  []*Armed
}

// Armed is a fault that waits for its point.
type Armed struct {
	fault Fault
	left  int           // occurrences before the one that is met
	fired chan struct{} // closed when it was
}

// Fired is closed when the fault was played: when its action began.
func (a *Armed) Fired() <-chan struct{} { return a.fired }

// NewDirector returns a director with nothing armed. crash kills the process of a role
// and returns when it is gone.
func NewDirector(crash func(role string)) *Director {
	return &Director{crash: crash, counts: map[Point]int{}}
}

// Arm makes a fault wait for its point. Each is played once.
func (d *Director) Arm(f Fault) *Armed {
	a := &Armed{fault: f, left: max(1, f.Nth) - 1, fired: make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = append(d.armed, a)
	return a
}

// Disarm takes back what was not played.
func (d *Director) Disarm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = nil
}

// Counts returns how often each point was met since the director was made.
func (d *Director) Counts() map[Point]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.counts)
}

// meet counts an effect and returns the fault that it is met by. It has only an action
// of "" where there is none.
func (d *Director) meet(p Point) Fault {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[p]++
	for i, a := range d.armed {
		if a.fault.Point != p {
			continue
		}
		if a.left > 0 {
			a.left--
			continue
		}
		d.armed = append(d.armed[:i:i], d.armed[i+1:]...)
		close(a.fired)
		return a.fault
	}
	return Fault{}
}
