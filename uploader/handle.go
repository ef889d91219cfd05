package uploader

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jetsheet/jetsheet/internal/delivery"
)

// handle takes one event to its outcome. When it returns nil, that is durable: the
// outcome is in DONE, or the request is queued again.
func (u *Uploader) handle(ctx context.Context, job *delivery.Job) error {
	e, err := eventOf(job)
	if err != nil {
		return err
	}
	if mayHaveLeft(job) {
		if err := u.bucket.clearLeftovers(ctx, job, e.Request.Key); err != nil {
			return err
		}
	}
	stored, err := u.outcomeOf(ctx, e.Request.Conversion())
	if err != nil {
		return err
	}
	if stored != nil {
		return u.obey(ctx, job, e, stored)
	}
	out, err := u.publish(ctx, job, e)
	switch {
	case errors.Is(err, errLost):
		return u.askAgain(ctx, job, e, err)
	case err != nil:
		return err
	}
	return u.record(ctx, job, e, out)
}

// clearLimit bounds the deleting of one workbook.
const clearLimit = 10 * time.Second

// clearAway deletes the workbook from the object store once its event is settled:
// whatever came of it, nothing asks for this object again. What is left after an
// error ages out.
func (u *Uploader) clearAway(ctx context.Context, job *delivery.Job) {
	e, err := eventOf(job)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearLimit)
	defer cancel()
	if err := u.store.remove(ctx, e); err != nil {
		u.log.WarnContext(ctx, "workbook not deleted from the object store, it ages out",
			slog.String("conversion", job.Request.Conversion().String()), slog.Any("err", err))
	}
}
