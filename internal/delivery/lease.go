package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jetsheet/jetsheet"
)

// lease keeps a message from being delivered again while its job makes progress.
type lease struct {
	w    *Worker
	job  *Job
	stop context.CancelFunc
	done sync.WaitGroup

	mu        sync.Mutex
	confirmed time.Time // the server is known to have counted from here at least

	moved   int64
	movedAt time.Time
	looked  time.Time
	waits   int
	// worked is what the tries before this one add to the job's work, moving how far
	// this one was seen to get on.
	worked, moving time.Duration
}

// holdLease beats every AckWait/3 until released. It cancels the job with
// [ErrLeaseLost] when no beat got through for AckWait, and with [ErrStalled] when
// the job made no progress for AckWait or worked past its deadline.
func (w *Worker) holdLease(ctx context.Context, job *Job) *lease {
	ctx, stop := context.WithCancel(ctx)
	now := time.Now()
	l := &lease{w: w, job: job, stop: stop, confirmed: job.arrived, movedAt: now, looked: now}
	l.done.Go(func() { l.run(ctx) })
	return l
}

func (l *lease) release() {
	l.stop()
	l.done.Wait()
}

// left returns how long the lease certainly holds.
func (l *lease) left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.ackWait - time.Since(l.confirmed)
}

func (l *lease) run(ctx context.Context) {
	every := l.w.ackWait / 3
	for next := every - time.Since(l.job.arrived); sleep(ctx, next); {
		if cause := l.examine(time.Now()); cause != nil {
			l.job.cancel(cause)
			return
		}
		next = every
		if !l.beat(ctx, min(every, l.left())) {
			next = min(every/4, l.left()) // the beat has used up its own time already
		}
		if l.left() <= 0 && ctx.Err() == nil {
			l.job.cancel(fmt.Errorf("%w for %s", ErrLeaseLost, l.w.ackWait))
			return
		}
	}
}

// examine looks for progress since the last time.
func (l *lease) examine(now time.Time) error {
	looked, job := l.looked, l.job.excused(now)
	l.looked = now
	if job.waits != l.waits {
		// A try that ended as unavailable counts as far as it was seen to get on. What
		// came after that was a call that hung: in an outage where nothing answers, half
		// of the time passes in such calls, and is waiting all the same.
		l.waits, l.worked, l.moving = job.waits, l.worked+l.moving, 0
	}
	if job.waiting {
		l.movedAt = now
		return nil
	}
	trying := now.Sub(job.triedAt)
	if worked := l.worked + trying; worked > l.w.cfg.Deadline {
		return fmt.Errorf("%w: the attempt worked for %s, the most is %s", ErrStalled, worked.Round(time.Second), l.w.cfg.Deadline)
	}
	moved := l.job.moved.Load()
	if moved != l.moved {
		l.moving = max(0, looked.Sub(job.triedAt)) // it moved after the last look
	}
	if moved != l.moved || job.busy {
		l.moved, l.movedAt = moved, now
	}
	// Is there again what it waited for? A call that hangs moves at its beginning too,
	// and ends by a limit of its own within AckWait.
	if l.job.told.Load() && (l.moving > 0 || trying >= l.w.ackWait) {
		l.w.resume(l.job)
	}
	if still := now.Sub(l.movedAt); still >= l.w.ackWait {
		return fmt.Errorf("%w for %s", ErrStalled, still.Round(time.Second))
	}
	return nil
}

// beat asks for more time and for a confirmation: without one a worker cut off in
// one direction would believe it holds the lease. It says whether one came.
func (l *lease) beat(ctx context.Context, within time.Duration) bool {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	sent := time.Now()
	if _, err := l.w.conn.RequestWithContext(limited, l.job.Message.Reply, ackProgress); err != nil {
		if ctx.Err() == nil {
			l.w.log.DebugContext(ctx, "heartbeat did not get through", slog.Any("err", err))
		}
		return false
	}
	l.mu.Lock()
	l.confirmed = sent
	l.mu.Unlock()
	l.w.noteRows(limited, l.job)
	return true
}

// Acknowledgements, as the server reads them.
var (
	ackDone     = []byte("+ACK")
	ackGiveBack = []byte("-NAK")
	ackProgress = []byte("+WPI")
	ackTerm     = []byte("+TERM")
)

// conversionAttr names a conversion in logs.
func conversionAttr(r *jetsheet.Request) slog.Attr {
	return slog.String("conversion", r.Conversion().String())
}
