package uploader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// askAgain deals with an event whose workbook is missing or damaged: unless the
// conversion is done after all, it is to be rendered again. The event is settled
// only when the request for that is really stored, so at every instant one of the
// two is there.
//
// A lost workbook counts as a failed attempt: the request carries the count in
// [jetsheet.HeaderAttempt], which the renderer passes on with the event. The fourth
// one fails the conversion.
func (u *Uploader) askAgain(ctx context.Context, job *delivery.Job, e *event, lost error) error {
	conversion := e.Request.Conversion()
	// Once more, although the attempt began with it: another worker may have come to
	// the outcome since, and have cleared the workbook away.
	stored, err := u.outcomeOf(ctx, conversion)
	if err != nil {
		return err
	}
	if stored != nil {
		return u.obey(ctx, job, e, stored)
	}
	// A crash between PUT and DONE, and then the loss: the workbook is on S3.
	out, _, err := u.lookAt(ctx, job, e)
	if err != nil {
		return err
	}
	if out != nil {
		return u.record(ctx, job, e, out)
	}
	return u.renderAgain(ctx, job, lost)
}

// renderAgain asks for a workbook that is lost, and counts the attempt.
func (u *Uploader) renderAgain(ctx context.Context, job *delivery.Job, lost error) error {
	if job.Attempt > jetsheet.MaxAttempts {
		return delivery.Permanent(jetsheet.CauseWorkbookLost, fmt.Errorf("%w (it was rendered %d times)", lost, job.Attempt))
	}
	switch err := u.requeue(ctx, job, job.Attempt, job.Message.Header.Get(jetsheet.HeaderCompared)); {
	case errors.Is(err, errStillQueued):
		return delivery.Transient(jetsheet.CauseWorkbookLost, fmt.Errorf("%w: %w", lost, err))
	case err != nil:
		return err
	}
	u.log.WarnContext(ctx, "workbook lost, asked for it again", slog.String("conversion", job.Request.Conversion().String()),
		slog.Int("attempt", job.Attempt), slog.Any("err", lost))
	return nil
}

// errStillQueued: the request that a workbook was rendered from has not ended, so that
// another one like it is not taken.
var errStillQueued = errors.New("the request it was rendered from has not ended yet")

// requeue publishes the request again, byte for byte, to its lane, with the attempts that
// failed before and what the workbook was compared with, if any. The error may wrap
// [errStillQueued].
func (u *Uploader) requeue(ctx context.Context, job *delivery.Job, attempts int, compared string) error {
	lane := job.Request.Lane
	if !slices.Contains(jetsheet.Lanes(), lane) {
		lane = jetsheet.LaneSmall
	}
	m := nats.NewMsg(jetsheet.RequestSubject(lane, job.Request.Conversion()))
	m.Data = job.RequestBytes
	if attempts > 0 {
		m.Header.Set(jetsheet.HeaderAttempt, strconv.Itoa(attempts))
	}
	jetsheet.KeepHeaders(m.Header, job.Message.Header)
	if compared != "" {
		m.Header.Set(jetsheet.HeaderCompared, compared)
	}
	err := u.send(ctx, job, m, jetstream.WithExpectStream(jetsheet.StreamConversions))
	switch {
	case err == nil:
		return nil
	case delivery.AlreadyQueued(err):
		return u.checkQueued(ctx, job, m.Subject)
	default:
		return delivery.Unavailable("stream "+jetsheet.StreamConversions, err)
	}
}

// checkQueued looks whether the request in the lane will be rendered. One that is
// older than the event may be the very one it was rendered from, with its
// acknowledgement under way: it would go, and nothing would be left. The event has to
// stay then, or a failure with a later retry to stand in for it, which counts as pending.
func (u *Uploader) checkQueued(ctx context.Context, job *delivery.Job, subject string) error {
	limited, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	stream, err := u.cfg.JetStream.Stream(limited, jetsheet.StreamConversions)
	if err != nil {
		return delivery.Unavailable("stream "+jetsheet.StreamConversions, err)
	}
	queued, err := delivery.LastMessage(limited, stream, subject)
	if err != nil {
		return delivery.Unavailable("stream "+jetsheet.StreamConversions, err)
	}
	rendered, err := job.Message.Metadata()
	if err == nil && queued != nil && queued.Time.After(rendered.Timestamp) {
		return nil
	}
	return errStillQueued
}
