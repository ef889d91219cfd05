package delivery

import (
	"context"
	"log/slog"
	"time"
)

// newerDeliveries is how often a message for a newer worker is given back, for its own
// minReader or for that of what its handler read: after as many times AckWait a worker
// that may read it should have come. It is below the MaxDeliver of every consumer,
// where the message would be stuck.
const newerDeliveries = 15

// settleNewer gives back a job that needs a newer worker, such as one of a run whose
// definition this build does not know. No attempt is counted. Like a message for a newer
// worker it fails when none has come in time.
func (w *Worker) settleNewer(ctx context.Context, job *Job, c *Error, log *slog.Logger) {
	if job.Delivery > newerDeliveries {
		w.settleFailed(ctx, job, c, time.Time{}, log)
		return
	}
	if w.giveBack(ctx, job, w.ackWait, log) {
		log.WarnContext(ctx, "job given back for a newer worker", slog.Any("err", c.Err))
	}
}
