package provider

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// The SDK tells the outcome of Init in a goroutine of its own, after Init has
// returned. Events wait settle for it. A state that was told nevertheless before the
// SDK's, on a machine that is busy, is told again after each of again.
const settle = 50 * time.Millisecond

func again() []time.Duration { return []time.Duration{settle, 250 * time.Millisecond, 2 * time.Second} }

// events holds what is to be told and tells it as fast as it is taken: what is not
// taken yet is replaced by what is newer, but no changed key is lost.
type events struct {
	name string
	out  chan openfeature.Event
	// wake has something in it when there may be something new to tell.
	wake chan struct{}

	mu sync.Mutex
	// starts counts calls of reset: timers of an earlier start do nothing.
	starts int
	// held counts calls of Init that have not returned, and the settling after it.
	held int
	// current is the state as it is, told as it was told last.
	current, told condition
	// states counts what was told about states.
	states int
	// changed has keys with the number of their newest change.
	changed map[string]uint64
	changes uint64
}

// condition is a state with what is said about it.
type condition struct {
	state   openfeature.State
	message string
	code    openfeature.ErrorCode
	version string
}

// same says whether there is nothing new to tell: a version alone is not.
func (c condition) same(other condition) bool {
	return c.state == other.state && c.message == other.message
}

func newEvents(name string) *events {
	return &events{name: name, out: make(chan openfeature.Event), wake: make(chan struct{}, 1), changed: map[string]uint64{}}
}

// update makes a state the current one, and keys changed.
func (e *events) update(current condition, changed []string) {
	e.mu.Lock()
	e.current = current
	e.changes++
	for _, key := range changed {
		e.changed[key] = e.changes
	}
	e.mu.Unlock()
	e.poke()
}

func (e *events) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// hold stops events until the release that follows it.
func (e *events) hold() {
	e.mu.Lock()
	e.held++
	e.mu.Unlock()
}

// release lets events go on, once the SDK has had the time to tell the outcome of
// Init, and returns what stops that. What was loaded by a successful Init is not a
// change.
func (e *events) release(outcome condition) (timers []*time.Timer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told = outcome
	if outcome.state == openfeature.ReadyState {
		clear(e.changed)
	}
	states, starts := e.states, e.starts
	for i, after := range again() {
		timers = append(timers, time.AfterFunc(after, func() {
			e.settled(starts, i == 0, states)
		}))
	}
	return timers
}

// settled is called some time after Init has returned.
func (e *events) settled(starts int, first bool, states int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.starts != starts {
		return
	}
	if first {
		e.held--
	}
	if e.states != states { // what was told may have been covered by the SDK's
		e.told = condition{}
	}
	e.poke()
}

// reset forgets everything, for the next start.
func (e *events) reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.starts++
	e.held, e.current, e.told = 0, condition{}, condition{}
	clear(e.changed)
}

// run tells events until ctx ends.
func (e *events) run(ctx context.Context) {
	for {
		event, sent := e.next()
		var out chan openfeature.Event // nil takes nothing
		if sent != nil {
			out = e.out
		}
		select {
		case out <- event:
			sent()
		case <-e.wake: // there may be something newer to tell instead
		case <-ctx.Done():
			return
		}
	}
}

// next returns what is to be told first and what to call when it is; sent is nil if
// there is nothing.
func (e *events) next() (event openfeature.Event, sent func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.held > 0 || e.current.state == "":
		return event, nil
	case !e.current.same(e.told):
		return e.stateEvent(e.current)
	case len(e.changed) > 0:
		return e.changeEvent()
	}
	return event, nil
}

func (e *events) stateEvent(c condition) (openfeature.Event, func()) {
	event := e.event(c)
	switch c.state {
	case openfeature.ReadyState:
		event.EventType = openfeature.ProviderReady
	case openfeature.StaleState:
		event.EventType = openfeature.ProviderStale
	default:
		event.EventType = openfeature.ProviderError
	}
	return event, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.told = c
		e.states++
	}
}

func (e *events) changeEvent() (openfeature.Event, func()) {
	event := e.event(e.current)
	event.EventType = openfeature.ProviderConfigChange
	told := maps.Clone(e.changed)
	event.FlagChanges = slices.Sorted(maps.Keys(told))
	return event, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		for key, change := range told {
			if e.changed[key] == change { // and not changed again while it was told
				delete(e.changed, key)
			}
		}
	}
}

// event is one with what all have. The SDK does not pass the code on to handlers, so
// that it is in the metadata too.
func (e *events) event(c condition) openfeature.Event {
	metadata := map[string]any{"state": string(c.state), "version": c.version}
	if c.code != "" {
		metadata["code"] = string(c.code)
	}
	return openfeature.Event{
		ProviderName:         e.name,
		ProviderEventDetails: openfeature.ProviderEventDetails{Message: c.message, ErrorCode: c.code, EventMetadata: metadata},
	}
}
