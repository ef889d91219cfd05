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

	confirmed time.Time // when the server last confirmed that we hold it
	moved     int64
	movedAt   time.Time
	worked    time.Duration // time not spent waiting
}

// holdLease beats every AckWait/3 until released. It cancels the job with
// [ErrLeaseLost] when no beat got through for AckWait, and with [ErrStalled] when
// the job made no progress for AckWait or worked past its deadline.
func (w *Worker) holdLease(ctx context.Context, job *Job) *lease {
	ctx, stop := context.WithCancel(ctx)
	now := time.Now()
	l := &lease{w: w, job: job, stop: stop, confirmed: now, movedAt: now}
	l.done.Go(func() { l.run(ctx) })
	return l
}

func (l *lease) release() {
	l.stop()
	l.done.Wait()
}

func (l *lease) run(ctx context.Context) {
	every := l.w.ackWait / 3
	for last := time.Now(); sleep(ctx, every); {
		now := time.Now()
		if cause := l.examine(now, now.Sub(last)); cause != nil {
			l.job.cancel(cause)
			return
		}
		last = now
		l.beat(ctx, every)
		if silent := time.Since(l.confirmed); silent >= l.w.ackWait && ctx.Err() == nil {
			l.job.cancel(fmt.Errorf("%w for %s", ErrLeaseLost, silent.Round(time.Second)))
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
// one direction would believe it holds the lease.
func (l *lease) beat(ctx context.Context, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if _, err := l.w.conn.RequestWithContext(ctx, l.job.Message.Reply, ackProgress); err != nil {
		if ctx.Err() == nil || l.job.Delivery > 0 {
			l.w.log.DebugContext(ctx, "heartbeat did not get through", slog.Any("err", err))
		}
		return
	}
	l.confirmed = time.Now()
	l.w.noteRows(ctx, l.job)
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
