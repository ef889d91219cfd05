package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// outcomeTTL is how long the progress of a settled conversion is kept. The outcome
// says everything; what is left is for people who look just now.
const outcomeTTL = "10m"

// startRecord is the progress record of a running attempt.
type startRecord struct {
	key      string
	revision uint64
	progress jetsheet.Progress
}

// recordStart writes the start of an attempt before any work. Four starts without
// an outcome end the conversion here.
func (w *Worker) recordStart(ctx context.Context, job *Job) error {
	job.Attempt = 1 + attemptsBefore(job.Message.Header)
	if !w.cfg.RecordStarts && job.Delivery < 2 {
		return nil
	}
	rec := &startRecord{key: jetsheet.ProgressKey(w.cfg.Stage, job.Request.Conversion())}
	start := jetsheet.Start{Worker: w.cfg.Worker, At: time.Now().UTC(), Sequence: job.Sequence, Delivery: job.Delivery}
	for {
		err := w.addStart(ctx, rec, start)
		switch {
		case err == nil:
			job.start = rec
			job.Attempt = 1 + max(rec.progress.Attempts, attemptsBefore(job.Message.Header))
			return nil
		case errors.Is(err, jetstream.ErrKeyExists): // somebody else wrote: read again
		case errors.As(err, new(*Error)):
			return err
		default:
			return Unavailable("KV bucket "+jetsheet.BucketProgress, err)
		}
	}
}

func (w *Worker) addStart(ctx context.Context, rec *startRecord, start jetsheet.Start) error {
	if rec.revision == 0 {
		// Most conversions are started once: try to be the first without reading.
		rec.progress = jetsheet.Progress{Starts: []jetsheet.Start{start}}
		err := w.putStart(ctx, rec)
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return err
		}
	}
	entry, err := w.progress.Get(ctx, rec.key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		rec.revision, rec.progress = 0, jetsheet.Progress{}
	case err != nil:
		return fmt.Errorf("read progress %s: %w", rec.key, err)
	default:
		rec.revision, rec.progress = entry.Revision(), jetsheet.Progress{}
		if err := jetsheet.Decode(entry.Value(), &rec.progress); err != nil {
			w.log.WarnContext(ctx, "progress record cannot be read, starting afresh", slog.String("key", rec.key), slog.Any("err", err))
			rec.progress = jetsheet.Progress{}
		}
	}
	if starts := rec.progress.Starts; len(starts) >= jetsheet.MaxStarts {
		return Permanent(jetsheet.CauseWorkerCrash, fmt.Errorf("%d attempts ended without an outcome, the last one on worker %s at %s: it kills its worker, or the worker was killed each time",
			len(starts), starts[len(starts)-1].Worker, starts[len(starts)-1].At.Format(time.RFC3339)))
	}
	rec.progress.Starts = append(rec.progress.Starts, start)
	return w.putStart(ctx, rec)
}

func (w *Worker) putStart(ctx context.Context, rec *startRecord) error {
	value, err := encodeProgress(&rec.progress)
	if err != nil {
		return err
	}
	revision, err := w.progress.Update(ctx, rec.key, value, rec.revision)
	if err != nil {
		var api *jetstream.APIError
		if errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
			return fmt.Errorf("write progress %s: %w", rec.key, jetstream.ErrKeyExists)
		}
		return fmt.Errorf("write progress %s: %w", rec.key, err)
	}
	rec.revision = revision
	return nil
}

func encodeProgress(p *jetsheet.Progress) ([]byte, error) {
	p.Envelope = jetsheet.CurrentEnvelope()
	p.UpdatedAt = time.Now().UTC()
	value, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode progress: %w", err)
	}
	return value, nil
}

// attemptsBefore reads how many attempts a republished request has behind it.
func attemptsBefore(header nats.Header) int {
	n, err := strconv.Atoi(header.Get(jetsheet.HeaderAttempt))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// noteRows and noteWaiting tell people what the attempt is doing. They are not
// needed for anything, so errors are only logged.
func (w *Worker) noteRows(ctx context.Context, job *Job) {
	w.note(ctx, job, func(p *jetsheet.Progress) { p.Rows = job.rows.Load() })
}

func (w *Worker) noteWaiting(ctx context.Context, job *Job, c *Error) {
	w.note(ctx, job, func(p *jetsheet.Progress) { p.Waiting, p.LastError = c.Waiting, c.Error() })
}

func (w *Worker) note(ctx context.Context, job *Job, change func(*jetsheet.Progress)) {
	waiting, _ := job.excused(time.Now())
	job.startMu.Lock()
	defer job.startMu.Unlock()
	if job.start == nil {
		return
	}
	if !waiting {
		job.start.progress.Waiting = ""
	}
	change(&job.start.progress)
	if err := w.putStart(ctx, job.start); err != nil && ctx.Err() == nil {
		w.log.DebugContext(ctx, "progress not written", slog.Any("err", err))
	}
}

// closeStart ends the record of an attempt: change says how. settled records go
// after a while by themselves.
func (w *Worker) closeStart(ctx context.Context, job *Job, settled bool, change func(*jetsheet.Progress)) {
	job.startMu.Lock()
	defer job.startMu.Unlock()
	if job.start == nil {
		return
	}
	p := &job.start.progress
	p.Rows, p.Waiting = job.rows.Load(), ""
	change(p)
	value, err := encodeProgress(p)
	if err != nil {
		return
	}
	m := nats.NewMsg("$KV." + jetsheet.BucketProgress + "." + job.start.key)
	m.Data = value
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(job.start.revision, 10))
	if settled {
		m.Header.Set(jetstream.MsgTTLHeader, outcomeTTL)
	}
	// Nobody waits for this: where it is lost, one start more is counted.
	if err := w.conn.PublishMsg(m); err != nil {
		w.log.DebugContext(ctx, "progress not closed", slog.Any("err", err))
	}
	job.start = nil
}

// strikeOff removes this attempt's start: it was interrupted, not tried.
func strikeOff(worker string, sequence uint64) func(*jetsheet.Progress) {
	return func(p *jetsheet.Progress) {
		for i, s := range slices.Backward(p.Starts) {
			if s.Worker == worker && s.Sequence == sequence {
				p.Starts = slices.Delete(p.Starts, i, i+1)
				return
			}
		}
	}
}
