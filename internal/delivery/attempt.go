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
	revision uint64 // 0: there is none yet
	// unsure: the last write had no answer, so the revision may be another one.
	unsure bool
	start  jetsheet.Start
	// replayed is when a person asked for the conversion again: what was started
	// before is another story. Zero for a planned one.
	replayed time.Time
	progress jetsheet.Progress
}

// find returns our start in the record as last read, or nil.
func (r *startRecord) find() *jetsheet.Start {
	if i := slices.IndexFunc(r.progress.Starts, r.ours); i >= 0 {
		return &r.progress.Starts[i]
	}
	return nil
}

// strikeOff removes our start from the record as last read.
func (r *startRecord) strikeOff() { r.progress.Starts = slices.DeleteFunc(r.progress.Starts, r.ours) }

func (r *startRecord) ours(s jetsheet.Start) bool {
	return s.Worker == r.start.Worker && s.Sequence == r.start.Sequence && s.Delivery == r.start.Delivery
}

// recordStart writes the start of an attempt before any work. Four starts without
// an outcome end the conversion here.
func (w *Worker) recordStart(ctx context.Context, job *Job) error {
	if !w.cfg.RecordStarts && job.Delivery < 2 {
		return nil
	}
	return w.writeStart(ctx, job)
}

func (w *Worker) writeStart(ctx context.Context, job *Job) error {
	rec := &startRecord{
		key:   jetsheet.ProgressKey(w.cfg.Stage, job.Request.Conversion()),
		start: jetsheet.Start{Worker: w.cfg.Worker, At: time.Now().UTC(), Sequence: job.Sequence, Delivery: job.Delivery},

		replayed: jetsheet.ReplayedAt(job.Message.Header),
	}
	for {
		err := w.addStart(ctx, rec, job.alone)
		switch {
		case err == nil:
			job.setStart(rec)
			job.Attempt = 1 + max(rec.progress.Attempts, attemptsBefore(job.Message.Header))
			job.ownTrouble = rec.progress.OwnTrouble
			return nil
		case errors.Is(err, jetstream.ErrKeyRevisionMismatch) && ctx.Err() == nil: // somebody else wrote: read again
		case errors.As(err, new(*Error)):
			job.setStart(rec) // its starts end with the failure: a replay counts anew
			job.Attempt = rec.progress.Attempts + len(rec.progress.Starts)
			return err
		case errors.Is(err, errLastStart):
			return err
		default:
			return Unavailable("KV bucket "+jetsheet.BucketProgress, err)
		}
	}
}

func (w *Worker) addStart(ctx context.Context, rec *startRecord, alone bool) error {
	if rec.revision == 0 {
		// Most conversions are started once: try to be the first without reading.
		rec.progress = jetsheet.Progress{Starts: []jetsheet.Start{rec.start}}
		err := w.putStart(ctx, rec)
		if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return err
		}
	}
	if err := w.readStart(ctx, rec); err != nil {
		return err
	}
	if ours := rec.find(); ours != nil {
		if !ours.Waiting {
			return nil // a write that seemed to fail
		}
		ours.Waiting = false
		return w.putStart(ctx, rec)
	}
	rec.progress.Starts = slices.DeleteFunc(rec.progress.Starts, func(s jetsheet.Start) bool {
		return s.Waiting || s.At.Before(rec.replayed)
	})
	switch starts := rec.progress.Starts; {
	case len(starts) >= jetsheet.MaxStarts:
		return Permanent(jetsheet.CauseWorkerCrash, fmt.Errorf("%d attempts ended without an outcome, the last one alone on worker %s at %s: it kills its worker, or the worker was killed each time",
			len(starts), starts[len(starts)-1].Worker, starts[len(starts)-1].At.Format(time.RFC3339)))
	case len(starts) == jetsheet.MaxStarts-1 && !alone:
		return errLastStart
	}
	rec.progress.Starts = append(rec.progress.Starts, rec.start)
	return w.putStart(ctx, rec)
}

func (j *Job) setStart(rec *startRecord) {
	j.startMu.Lock()
	j.start = rec
	j.startMu.Unlock()
}

// readStart reads what the record is now.
func (w *Worker) readStart(ctx context.Context, rec *startRecord) error {
	entry, err := w.progress.Get(ctx, rec.key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		rec.revision, rec.unsure, rec.progress = 0, false, jetsheet.Progress{}
		return nil
	}
	if err != nil {
		return fmt.Errorf("read progress %s: %w", rec.key, err)
	}
	rec.revision, rec.unsure, rec.progress = entry.Revision(), false, jetsheet.Progress{}
	if err := jetsheet.Decode(entry.Value(), &rec.progress); err != nil {
		w.log.WarnContext(ctx, "progress record cannot be read, starting afresh", slog.String("key", rec.key), slog.Any("err", err))
		rec.progress = jetsheet.Progress{}
	}
	return nil
}

// putStart writes the record if it still is what was read; otherwise the error
// wraps [jetstream.ErrKeyRevisionMismatch].
func (w *Worker) putStart(ctx context.Context, rec *startRecord) error {
	value, err := encodeProgress(&rec.progress)
	if err != nil {
		return err
	}
	var revision uint64
	if rec.revision == 0 { // unlike an update of revision 0, this also follows a deletion
		revision, err = w.progress.Create(ctx, rec.key, value)
		if errors.Is(err, jetstream.ErrKeyExists) {
			err = fmt.Errorf("%w: %w", jetstream.ErrKeyRevisionMismatch, err)
		}
	} else {
		revision, err = w.progress.Update(ctx, rec.key, value, rec.revision)
	}
	if err != nil {
		rec.unsure = true
		return fmt.Errorf("write progress %s: %w", rec.key, err)
	}
	rec.revision, rec.unsure = revision, false
	return nil
}

// surely makes the revision right again after a write without an answer. It says
// whether the record still has our start, and so is ours to change.
func (w *Worker) surely(ctx context.Context, rec *startRecord) bool {
	if !rec.unsure {
		return true
	}
	return w.readStart(ctx, rec) == nil && rec.find() != nil
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
	if job.waited.IsZero() {
		job.waited = time.Now()
	}
	if job.start == nil && time.Since(job.waited) >= w.waitShows() { // only this goroutine sets it
		if err := w.writeStart(ctx, job); err != nil && ctx.Err() == nil {
			w.log.DebugContext(ctx, "progress not written", slog.Any("err", err))
		}
	}
	w.note(ctx, job, func(p *jetsheet.Progress) {
		p.Waiting, p.LastError = c.what(), c.Error()
		if ours := job.start.find(); ours != nil {
			ours.Waiting = true
		}
	})
	job.recorded = false // the next try begins with its start
}

// waitShows is how long a job without a recorded start waits until it gets one, so
// that people see what it waits for. Where starts are not recorded, a short wait is to
// cost nothing.
func (w *Worker) waitShows() time.Duration { return min(5*time.Second, w.ackWait/3) }

func (w *Worker) note(ctx context.Context, job *Job, change func(*jetsheet.Progress)) {
	waiting := job.excused(time.Now()).waiting
	job.startMu.Lock()
	defer job.startMu.Unlock()
	if job.start == nil || !w.surely(ctx, job.start) {
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

// closeStart ends the record of an attempt: change says how. With settled the
// conversion has its outcome in this stage, whatever others wrote, and the record
// goes after a while by itself.
func (w *Worker) closeStart(ctx context.Context, job *Job, settled bool, change func(*startRecord)) {
	job.startMu.Lock()
	defer job.startMu.Unlock()
	rec := job.start
	job.start = nil
	if rec == nil || !settled && !w.surely(ctx, rec) {
		return
	}
	rec.progress.Rows, rec.progress.Waiting = job.rows.Load(), ""
	change(rec)
	value, err := encodeProgress(&rec.progress)
	if err != nil {
		return
	}
	m := nats.NewMsg(progressSubject(w.cfg.JetStream, rec.key))
	m.Data = value
	if settled {
		m.Header.Set(jetstream.MsgTTLHeader, outcomeTTL)
	} else {
		m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(rec.revision, 10))
	}
	// Nobody waits for this: where it is lost, one start more is counted.
	if err := w.conn.PublishMsg(m); err != nil {
		w.log.DebugContext(ctx, "progress not closed", slog.Any("err", err))
	}
}

// strikeOff removes this attempt's start: it was interrupted, not tried.
func (w *Worker) strikeOff(ctx context.Context, job *Job) {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTimeout)
	defer cancel()
	w.closeStart(late, job, false, (*startRecord).strikeOff)
}
