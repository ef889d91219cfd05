package delivery

import (
	"context"
	"errors"
	"sync"
)

// company lets jobs run side by side, or one alone. A job that has been started
// [jetsheet.MaxStarts]-1 times without an outcome makes its last start alone: if the
// worker dies then, it was this job that killed it. Otherwise a job that kills its
// worker would use up the starts of those that ran beside it, and fail them too.
type company struct {
	mu      sync.Mutex
	running int
	claimed bool          // a job runs alone, or waits for the others to end
	changed chan struct{} // closed when somebody leaves; nil while nobody waits
}

var (
	// errLastStart: the job has one start left, which it must make alone.
	errLastStart = errors.New("one start is left")
	// errNotEntered: it did not come to run.
	errNotEntered = errors.New("another job ran alone")
)

// closed says whether no other job may begin now.
func (c *company) closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.claimed
}

// join lets a job in beside others, or returns what to wait for before asking again.
func (c *company) join() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.claimed {
		return c.wait()
	}
	c.running++
	return nil
}

// claim keeps others from beginning; false where another job was first.
func (c *company) claim() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.claimed {
		return false
	}
	c.claimed = true
	return true
}

// empty returns nil when nobody runs any more, or what to wait for.
func (c *company) empty() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running > 0 {
		return c.wait()
	}
	return nil
}

// gone returns what to wait for while another job has the claim, or nil.
func (c *company) gone() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.claimed {
		return c.wait()
	}
	return nil
}

func (c *company) wait() <-chan struct{} {
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

// leave ends what join or claim began.
func (c *company) leave(alone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if alone {
		c.claimed = false
	} else {
		c.running--
	}
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// enter waits until the job may run: beside others, or alone. After an error there is
// nothing to leave.
func (w *Worker) enter(ctx context.Context, job *Job) error {
	if !job.alone {
		return w.await(ctx, job, w.company.join)
	}
	for !w.company.claim() {
		if err := w.await(ctx, job, w.company.gone); err != nil {
			return err
		}
	}
	if err := w.await(ctx, job, w.company.empty); err != nil {
		w.leave(job)
		return err
	}
	return nil
}

// leave lets others begin.
func (w *Worker) leave(job *Job) {
	w.company.leave(job.alone)
	if job.alone {
		w.nudge()
	}
}

// await asks until there is nothing to wait for. Meanwhile the job keeps its lease.
func (w *Worker) await(ctx context.Context, job *Job, ask func() <-chan struct{}) error {
	waits := false
	for {
		changed := ask()
		if changed == nil {
			if waits {
				job.setWaiting("")
			}
			return nil
		}
		if !waits {
			waits = true
			job.setWaiting("a job that runs alone")
		}
		select {
		case <-changed:
			continue
		case <-w.stopping: // what it waits for may take longer than the grace
			job.cancel(ErrShutdown)
		case <-ctx.Done():
		}
		return classify(ctx, errNotEntered)
	}
}
