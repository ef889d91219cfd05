package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// settleTimeout bounds one try at a settlement.
const settleTimeout = 10 * time.Second

// giveBackTimeout bounds each step of giving a job back: there is little time left
// at a shutdown.
const giveBackTimeout = 3 * time.Second

// settle ends a job by the class of its error.
func (w *Worker) settle(ctx context.Context, job *Job, err error, elapsed time.Duration) {
	log := w.log.With(conversionAttr(&job.Request), slog.Uint64("stream_seq", job.Sequence),
		slog.Uint64("delivery", job.Delivery), slog.Duration("elapsed", elapsed))
	if err == nil {
		w.settleDone(ctx, job, log)
		return
	}
	c := classify(ctx, err)
	switch c.Class {
	case jetsheet.ClassInterrupted:
		if c.Cause == jetsheet.CauseMessageVersion {
			w.settleNewer(ctx, job, c, log)
			return
		}
		if c.After > 0 {
			w.settlePostponed(ctx, job, c, log)
			return
		}
		w.settleInterrupted(ctx, job, log)
	case jetsheet.ClassPermanent:
		w.settleFailed(ctx, job, c, time.Time{}, log)
	case jetsheet.ClassUnavailable: // put off: it comes again as if this attempt had not been
		job.Attempt--
		c.Err = fmt.Errorf("put off, it waits for %s: %w", c.what(), c.Err)
		w.settleFailed(ctx, job, c, time.Now().Add(c.After), log)
	case jetsheet.ClassTransient:
		var retryAt time.Time
		if job.Attempt < jetsheet.MaxAttempts {
			retryAt = time.Now().Add(jetsheet.RetryDelay(job.Attempt))
		}
		w.settleFailed(ctx, job, c, retryAt, log)
	}
}

func (w *Worker) settleDone(ctx context.Context, job *Job, log *slog.Logger) {
	// The handler may have ended just as the job was cancelled. Its effect is durable,
	// so the acknowledgement is right all the same.
	ctx = context.WithoutCancel(ctx)
	if err := w.confirm(ctx, job, ackDone); err != nil {
		// The message comes again and finds the effect.
		w.strikeOff(ctx, job)
		log.WarnContext(ctx, "not acknowledged, the message will come again", slog.Any("err", err))
		return
	}
	w.closeStart(ctx, job, true, func(r *startRecord) { r.progress = jetsheet.Progress{Rows: r.progress.Rows} })
	log.DebugContext(ctx, "job done")
	w.settled(ctx, job)
}

// settled lets the stage clear away what the message needed.
func (w *Worker) settled(ctx context.Context, job *Job) {
	if w.cfg.Settled == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	w.cfg.Settled(ctx, job)
}

// settleInterrupted gives a job back on shutdown, and drops it where somebody else
// may hold the message.
func (w *Worker) settleInterrupted(ctx context.Context, job *Job, log *slog.Logger) {
	if cause := context.Cause(ctx); !errors.Is(cause, ErrShutdown) {
		w.strikeOff(ctx, job)
		log.WarnContext(ctx, "job dropped", slog.Any("err", cause))
		return
	}
	if w.giveBack(ctx, job, 0, log) {
		log.InfoContext(ctx, "job given back")
	}
}

// settlePostponed gives a job back that is to come again later.
func (w *Worker) settlePostponed(ctx context.Context, job *Job, c *Error, log *slog.Logger) {
	if w.giveBack(ctx, job, c.After, log) {
		log.DebugContext(ctx, "job postponed", slog.Duration("after", c.After), slog.Any("err", c.Err))
	}
}

// giveBack returns a job's message to the queue, to be delivered again after a delay, as
// if it had not been started. It says whether the server knows.
func (w *Worker) giveBack(ctx context.Context, job *Job, delay time.Duration, log *slog.Logger) bool {
	w.strikeOff(ctx, job)
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTimeout)
	defer cancel()
	if err := w.confirm(late, job, giveBackFor(delay)); err != nil {
		log.WarnContext(ctx, "not given back, the message will come again after AckWait", slog.Any("err", err))
		return false
	}
	return true
}

// settleFailed writes the FAILED record and then ends the message, so that a crash
// between the two repeats the record instead of losing it.
func (w *Worker) settleFailed(ctx context.Context, job *Job, c *Error, retryAt time.Time, log *slog.Logger) {
	// A stalled job's context has ended. Its lease holds for a while yet, unless the
	// handler took long to return: then another worker may be at it, and ending the
	// message would take it away from there.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(w.ackWait/2, job.lease.left()))
	defer cancel()
	if job.lease.left() <= 0 {
		log.WarnContext(ctx, "job dropped, its lease ran out before it returned", slog.Any("err", c))
		return
	}
	f := jetsheet.Failure{
		Stage: w.cfg.Stage, Cause: c.Cause, Message: w.describe(job, c),
		Attempts: job.Attempt, RetryAt: retryAt, Worker: w.cfg.Worker, Version: w.cfg.Version,
		At: time.Now().UTC(), Trace: job.Message.Header.Get(jetsheet.HeaderTrace), Replay: job.Message.Header.Get(jetsheet.HeaderReplay),
		Definition: job.Message.Header.Get(jetsheet.HeaderDefinition), Request: job.RequestBytes,
	}
	log = log.With(slog.String("cause", string(c.Cause)), slog.Int("attempt", job.Attempt), slog.Any("err", c.Err))
	if err := w.publishFailure(ctx, &f, jetsheet.FailedSubject(job.Request.Conversion())); err != nil {
		log.ErrorContext(ctx, "failure not recorded, the message will come again", slog.Any("publish_err", err))
		return
	}
	w.closeStart(ctx, job, !f.Retrying(), func(r *startRecord) {
		if c.Class == jetsheet.ClassUnavailable { // put off is no outcome
			r.strikeOff()
		} else {
			r.progress.Starts = nil
		}
		p := &r.progress
		if p.Attempts, p.OwnTrouble, p.LastError = job.Attempt, job.ownTrouble, f.Message; !f.Retrying() {
			p.Attempts, p.OwnTrouble = 0, false // a replay starts counting anew
		}
	})
	if f.Retrying() {
		log.WarnContext(ctx, "conversion ended for now, will be tried again", slog.Time("retry_at", retryAt))
	} else {
		log.ErrorContext(ctx, "conversion failed")
	}
	if err := w.confirm(ctx, job, slices.Concat(ackTerm, []byte(" "+string(c.Cause)))); err != nil {
		log.WarnContext(ctx, "failed message not ended, it will come again", slog.Any("publish_err", err))
		return
	}
	w.settled(ctx, job)
}

// describe names report, tenant and target in front of what went wrong.
func (w *Worker) describe(job *Job, c *Error) string {
	r := &job.Request
	return fmt.Sprintf("report %s, tenant %q, target %q: %s", r.Run.Report, r.Tenant, r.Target.Target, c.Error())
}

// settleUnreadable deals with a message whose request cannot be read: one for a
// newer worker is given back, anything else fails.
func (w *Worker) settleUnreadable(ctx context.Context, job *Job, err error) {
	log := w.log.With(slog.String("subject", job.Message.Subject), slog.Uint64("stream_seq", job.Sequence), slog.Any("err", err))
	cause := jetsheet.CauseBadMessage
	if errors.Is(err, jetsheet.ErrNewerSchema) {
		if job.Delivery <= newerDeliveries {
			log.WarnContext(ctx, "message given back for a newer worker")
			w.nak(job.Message, w.ackWait)
			return
		}
		cause = jetsheet.CauseMessageVersion
	}
	body := job.RequestBytes
	if body == nil {
		body = job.Message.Data
	}
	f := jetsheet.Failure{
		Stage: w.cfg.Stage, Cause: cause, Message: "message on " + job.Message.Subject + ": " + err.Error(),
		Attempts: 1, Worker: w.cfg.Worker, Version: w.cfg.Version,
		At: time.Now().UTC(), Trace: job.Message.Header.Get(jetsheet.HeaderTrace), Replay: job.Message.Header.Get(jetsheet.HeaderReplay),
		Definition: job.Message.Header.Get(jetsheet.HeaderDefinition), Request: body,
	}
	// Nothing beats for this job.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.ackWait/2)
	defer cancel()
	if err := w.publishFailure(ctx, &f, unreadableSubject(job)); err != nil {
		log.ErrorContext(ctx, "failure not recorded, the message will come again", slog.Any("publish_err", err))
		return
	}
	log.ErrorContext(ctx, "message cannot be read")
	if err := w.confirm(ctx, job, ackTerm); err != nil {
		log.WarnContext(ctx, "failed message not ended, it will come again", slog.Any("publish_err", err))
	}
}

// unreadableSubject keeps a failure next to its conversion where the subject names
// one, and apart from all others where it does not.
func unreadableSubject(job *Job) string {
	if a, err := jetsheet.ParseSubject(job.Message.Subject); err == nil {
		return a.FailedSubject()
	}
	return jetsheet.StrayFailedSubject(job.Message.Subject)
}

func (w *Worker) publishFailure(ctx context.Context, f *jetsheet.Failure, subject string) error {
	for try := 0; ; try++ {
		limited, cancel := context.WithTimeout(ctx, settleTimeout)
		_, err := w.cfg.JetStream.PublishMsg(limited, f.Msg(subject), jetstream.WithExpectStream(jetsheet.StreamFailed))
		cancel()
		if err == nil {
			return nil
		}
		if !sleep(ctx, backoff(try)) {
			return fmt.Errorf("publish to %s: %w", subject, err)
		}
	}
}

// confirm settles a message and waits for the server's word. It refuses where the
// sequence may belong to another message by now.
func (w *Worker) confirm(ctx context.Context, job *Job, ack []byte) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	if err := w.stream.sure(ctx, job.created); err != nil {
		return err
	}
	if _, err := w.conn.RequestWithContext(ctx, job.Message.Reply, ack); err != nil {
		return fmt.Errorf("settle sequence %d: %w", job.Sequence, err)
	}
	return nil
}

// giveBackUnseen returns a message that no job has begun, unless its sequence may
// belong to another one by now.
func (w *Worker) giveBackUnseen(a arrival) {
	if a.created.Equal(w.stream.now()) {
		w.nak(a.msg, 0)
	}
}

func (w *Worker) nak(m *nats.Msg, delay time.Duration) {
	if err := w.conn.Publish(m.Reply, giveBackFor(delay)); err != nil {
		w.log.Warn("message not given back, it will come again after AckWait", slog.Any("err", err))
	}
}

// giveBackFor gives a message back, to be delivered again after a delay.
func giveBackFor(delay time.Duration) []byte {
	if delay <= 0 {
		return ackGiveBack
	}
	return fmt.Appendf(nil, `-NAK {"delay":%d}`, delay.Nanoseconds())
}

// apiPrefix is where the JetStream API listens.
func apiPrefix(js jetstream.JetStream) string {
	o := js.Options()
	prefix := o.APIPrefix
	if prefix == "" {
		prefix = jetstream.DefaultAPIPrefix
	}
	if o.Domain != "" {
		prefix = "$JS." + o.Domain + ".API."
	}
	if !strings.HasSuffix(prefix, ".") {
		prefix += "."
	}
	return prefix
}
