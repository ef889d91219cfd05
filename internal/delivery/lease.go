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
	worked  time.Duration // time not spent waiting
}

// holdLease beats every AckWait/3 until released. It cancels the job with
// [ErrLeaseLost] when no beat got through for AckWait, and with [ErrStalled] when
// the job made no progress for AckWait or worked past its deadline.
func (w *Worker) holdLease(ctx context.Context, job *Job) *lease {
	ctx, stop := context.WithCancel(ctx)
	l := &lease{w: w, job: job, stop: stop, confirmed: job.arrived, movedAt: time.Now()}
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
	last := time.Now()
	for next := every - time.Since(l.job.arrived); sleep(ctx, next); {
		now := time.Now()
		if cause := l.examine(now, now.Sub(last)); cause != nil {
			l.job.cancel(cause)
			return
		}
		last = now
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
func (l *lease) examine(now time.Time, elapsed time.Duration) error {
	waiting, busy := l.job.excused(now)
	if waiting {
		l.movedAt = now
		return nil
	}
	if l.job.pausing.Load() && l.job.trying(now) >= l.w.ackWait/3 {
		l.w.resume(l.job) // what it waited for seems to be there again
	}
	l.worked += elapsed
	if l.worked > l.w.cfg.Deadline {
		return fmt.Errorf("%w: the attempt worked for %s, the most is %s", ErrStalled, l.worked.Round(time.Second), l.w.cfg.Deadline)
	}
	if moved := l.job.moved.Load(); moved != l.moved || busy {
		l.moved, l.movedAt = moved, now
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
