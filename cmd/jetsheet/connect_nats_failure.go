package main

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// connectFailure keeps what came of the last try to connect. The library tells it from a
// goroutine of its own, and forgets it as soon as it begins the next one.
type connectFailure struct {
	told chan struct{} // closed when there is one
	mu   sync.Mutex
	err  error
}

func newConnectFailure() *connectFailure { return &connectFailure{told: make(chan struct{})} }

func (f *connectFailure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		return
	}
	if f.err == nil {
		close(f.told)
	}
	f.err = err
}

// await waits until a first try has failed; the library always tells that, and at once.
func (f *connectFailure) await(ctx context.Context) {
	limit := time.NewTimer(time.Second)
	defer limit.Stop()
	select {
	case <-f.told:
	case <-limit.C:
	case <-ctx.Done():
	}
}

// last is the last failure; that no server answers where none was told.
func (f *connectFailure) last() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		return nats.ErrNoServers
	}
	return f.err
}
