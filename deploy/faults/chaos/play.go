//go:build unix

package main

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// player plays the faults of a schedule.
type player struct {
	world *installation

	mu    sync.Mutex
	fired map[kind]int
	// missed counts faults whose target was under another one.
	missed int
	errs   []error
}

// play plays every fault at its time and returns when all are over. A fault that has
// begun is undone also when ctx ends.
func (p *player) play(ctx context.Context, faults []fault) {
	began := time.Now()
	var group sync.WaitGroup
	for _, f := range faults {
		group.Go(func() {
			if !waitUntil(ctx, began.Add(f.at)) {
				return
			}
			fired, err := p.strike(ctx, f)
			p.mu.Lock()
			defer p.mu.Unlock()
			switch {
			case err != nil:
				p.errs = append(p.errs, fmt.Errorf("%s: %w", f, err))
			case fired:
				p.fired[f.kind]++
			default:
				p.missed++
			}
		})
	}
	group.Wait()
}

// strike plays one fault to its end and says whether it could.
func (p *player) strike(ctx context.Context, f fault) (bool, error) {
	switch f.kind {
	case killRole, stopRole, freezeRole:
		return p.strikeProcess(ctx, f, p.world.roles[f.target].process)
	case killNATS, freezeNATS:
		return p.strikeProcess(ctx, f, p.world.nats)
	case stopPostgres:
		return p.strikePostgres(ctx, f)
	case halfOpenNATS, lateNATS, resetNATS, answerLostNATS:
		return p.strikeLink(ctx, f, p.world.roles[f.target].nats)
	case halfOpenPG, latePG, resetPG:
		return p.strikeLink(ctx, f, p.world.roles[f.target].postgres)
	default:
		s3 := p.world.roles[f.target].s3
		if !s3.busy.TryLock() {
			return false, nil
		}
		defer s3.busy.Unlock()
		s3.set(f.kind)
		waitFor(ctx, f.length)
		s3.set("")
		return true, nil
	}
}

func (p *player) strikeProcess(ctx context.Context, f fault, victim *process) (bool, error) {
	if !victim.busy.TryLock() {
		return false, nil
	}
	defer victim.busy.Unlock()
	switch f.kind {
	case freezeRole, freezeNATS:
		victim.signal(syscall.SIGSTOP)
		waitFor(ctx, f.length)
		victim.signal(syscall.SIGCONT)
		return true, nil
	case stopRole:
		if err := victim.end(context.WithoutCancel(ctx), syscall.SIGTERM); err != nil {
			return true, err
		}
	default:
		if err := victim.end(context.WithoutCancel(ctx), syscall.SIGKILL); err != nil {
			return true, err
		}
	}
	waitFor(ctx, f.length)
	return true, victim.start()
}

func (p *player) strikePostgres(ctx context.Context, f fault) (bool, error) {
	if !p.world.database.busy.TryLock() {
		return false, nil
	}
	defer p.world.database.busy.Unlock()
	if err := p.world.database.stop(); err != nil { //nolint:contextcheck // it must close whatever became of ctx
		return true, err
	}
	waitFor(ctx, f.length)
	return true, p.world.database.start(context.WithoutCancel(ctx))
}

// strikeLink makes the connections of a role silent. At the end either they are reset, as
// by a firewall that has forgotten them, or what was held back comes late.
func (p *player) strikeLink(ctx context.Context, f fault, link *tcpProxy) (bool, error) {
	if !link.busy.TryLock() {
		return false, nil
	}
	defer link.busy.Unlock()
	switch f.kind {
	case resetNATS, resetPG:
		link.reset()
		return true, nil
	case answerLostNATS:
		link.hush(toClient)
	default:
		link.hush(bothWays)
	}
	waitFor(ctx, f.length)
	if f.kind != lateNATS && f.kind != latePG {
		link.reset()
	}
	link.hush(0)
	return true, nil
}

// waitUntil waits for an instant, or says that ctx ended before.
func waitUntil(ctx context.Context, at time.Time) bool { return waitFor(ctx, time.Until(at)) }

// waitFor waits, or says that ctx ended before.
func waitFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
