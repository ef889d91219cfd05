package uploader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// shadow compares the workbooks of tenants routed shadow with the previous system's. It
// reads S3 and never writes there.
type shadow struct {
	*Uploader
	// bucket is where the previous system's workbooks are.
	bucket bucket
	limits cells.Limits
	now    func() time.Time
	marks  runMarks
	worker *delivery.Worker
}

func newShadow(ctx context.Context, u *Uploader) (*shadow, error) {
	s := &shadow{Uploader: u, bucket: u.bucket, limits: previousLimits(), now: u.cfg.now}
	if s.now == nil {
		s.now = time.Now
	}
	if u.cfg.PreviousBucket != "" {
		s.bucket.name = u.cfg.PreviousBucket
		if err := s.bucket.exists(ctx); err != nil {
			return nil, err
		}
	}
	runs, err := u.cfg.JetStream.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketRuns, err)
	}
	s.marks = runMarks{kv: runs, known: map[jetsheet.RunID]runMark{}}
	cfg := u.workerConfig()
	cfg.Worker += jetsheet.CompareSuffix
	cfg.Queues, cfg.Slots = []delivery.Queue{{Consumer: jetsheet.ConsumerUploaderShadow}}, u.cfg.CompareSlots
	cfg.Ready, cfg.Handle = s.ready, s.handle
	s.worker, err = delivery.New(ctx, cfg)
	return s, err
}

// run compares until ctx ends.
func (s *shadow) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer cancel()
	watch.Go(func() { s.watchCancelled(ctx) })
	return s.worker.Run(ctx)
}

// sighting is what [shadow.ready] found; the job keeps it for the comparison.
type sighting struct {
	event *event
	// done says that the conversion has its outcome already.
	done bool
	// verdict is set where nothing can be compared any more.
	verdict *jetsheet.Comparison
	// previous is the other workbook.
	previous *previous
}

// Looks at what is not there yet: after a quarter of the time that was waited already, so
// that a workbook which comes soon is compared soon, and one that comes late costs a
// hundred looks and not thousands.
const (
	firstLook = time.Second
	lastLook  = 15 * time.Minute
)

// ready says whether a workbook can be compared: the other one is there, or was waited for
// long enough. Anything else is put off, outside the slots.
func (s *shadow) ready(ctx context.Context, job *delivery.Job) error {
	e, err := eventOf(job)
	if err != nil {
		return err
	}
	seen := &sighting{event: e}
	job.Kept = seen
	stored, err := s.outcomeOf(ctx, e.Request.Conversion())
	if err != nil {
		return err
	}
	if stored != nil {
		seen.done = true
		return nil
	}
	mark, err := s.marks.of(ctx, e.Request.Run)
	if err != nil {
		return err
	}
	if mark.Stops(job.Message.Header) {
		return delivery.Permanent(jetsheet.CauseCancelled, errors.New(mark.CancelText()))
	}
	if e.Request.Previous == "" {
		seen.verdict = s.incomparable(e, jetsheet.ReasonNoPreviousKey,
			fmt.Sprintf("the report does not say where the previous system's workbook is: set output.previous in %s, then apply it and start again", e.Request.Run.Report))
		return nil
	}
	seen.previous, err = s.bucket.findPrevious(ctx, job, e.Request.Previous)
	return s.orLater(job, seen, err)
}

// orLater puts a comparison off whose other workbook cannot be had, until that was tried
// for [jetsheet.ComparisonWait]. Any other error stays as it is.
func (s *shadow) orLater(job *delivery.Job, seen *sighting, err error) error {
	var not *notNowError
	if !errors.As(err, &not) {
		return err
	}
	meta, metaErr := job.Message.Metadata()
	if metaErr != nil {
		return fmt.Errorf("%w: %w", jetsheet.ErrMessage, metaErr)
	}
	waited := s.now().Sub(meta.Timestamp)
	if waited < jetsheet.ComparisonWait {
		return delivery.Postpone(min(max(waited/4, firstLook), lastLook, jetsheet.ComparisonWait-waited), err)
	}
	seen.verdict = s.incomparable(seen.event, not.reason, fmt.Sprintf("%s; waited for since %s", not.Error(), meta.Timestamp.UTC().Format(time.RFC3339)))
	return nil
}

// handle takes one event to its outcome. When it returns nil, that is durable: the result
// is in DONE, or a second rendering is queued.
func (s *shadow) handle(ctx context.Context, job *delivery.Job) error {
	seen, ok := job.Kept.(*sighting)
	switch {
	case !ok:
		return delivery.Permanent(jetsheet.CauseInternal, fmt.Errorf("job kept a %T, not what was found", job.Kept))
	case seen.done:
		return nil
	case seen.verdict != nil:
		return s.recordComparison(ctx, job, seen)
	}
	c, err := s.compare(ctx, job, seen)
	if err == nil {
		seen.verdict = c.verdict
		return s.conclude(ctx, job, seen, c)
	}
	if errors.Is(err, errLost) {
		return s.renderAgain(ctx, job, err)
	}
	if err := s.orLater(job, seen, err); err != nil {
		return err
	}
	return s.recordComparison(ctx, job, seen)
}

// conclude records the result of a comparison. Differences that changed records may have
// made count only when a second rendering shows the same records as the first.
func (s *shadow) conclude(ctx context.Context, job *delivery.Job, seen *sighting, c *compared) error {
	if c.verdict.Result != jetsheet.ResultDifferent || !c.ofRecords {
		return s.recordComparison(ctx, job, seen)
	}
	first, ok := parseCompared(job.Message.Header.Get(jetsheet.HeaderCompared))
	switch {
	case !ok:
		return s.secondRendering(ctx, job, comparedOnce{digest: c.digest, etag: seen.previous.ETag})
	case first.digest != c.digest:
		s.proveNothing(seen, jetsheet.ReasonRecordsChanged, "the two differ, and so do two workbooks made here, one before and one after: somebody changed records meanwhile")
	case first.etag != seen.previous.ETag:
		s.proveNothing(seen, jetsheet.ReasonPreviousChanged, "the two differ, and the previous system wrote its workbook again between two looks")
	}
	return s.recordComparison(ctx, job, seen)
}

// proveNothing makes a difference one that proves nothing; what differs is told all the same.
func (s *shadow) proveNothing(seen *sighting, reason jetsheet.IncomparableReason, detail string) {
	v := seen.verdict
	v.Result, v.Reason = jetsheet.ResultIncomparable, reason
	r := seen.event.Request
	v.Detail = detail + "; compare them again with: " + jetsheet.StartAgain(r.Run, jetsheet.Scope{Tenant: r.Tenant, Target: r.Target.Target})
}

// secondRendering asks for the workbook once more. The request is queued before the event
// is settled, so at every instant one of the two is there.
func (s *shadow) secondRendering(ctx context.Context, job *delivery.Job, first comparedOnce) error {
	err := s.requeue(ctx, job, job.Attempt-1, first.String())
	if errors.Is(err, errStillQueued) {
		return delivery.Postpone(firstLook, err)
	}
	if err == nil {
		s.log.InfoContext(ctx, "workbook differs, asked for a second one to see whether records changed",
			slog.String("conversion", job.Request.Conversion().String()))
	}
	return err
}

// recordComparison writes the outcome. The first one stays.
func (s *shadow) recordComparison(ctx context.Context, job *delivery.Job, seen *sighting) error {
	e := seen.event
	_, err := s.write(ctx, job, &jetsheet.Done{
		Envelope: jetsheet.CurrentEnvelope(),
		Run:      e.Request.Run, Tenant: e.Request.Tenant, Target: e.Request.Target.Target, Report: e.Request.Run.Report,
		State: jetsheet.DoneCompared, Period: e.Request.Period, Key: e.Request.Key, Filename: e.Request.Filename,
		SizeBytes: e.SizeBytes, SHA256: e.SHA256, Rows: e.Rows, Snapshot: e.Snapshot, DefinitionSHA256: e.DefinitionSHA256,
		Version: e.Version, Notes: e.Notes, Comparison: seen.verdict, At: s.now().UTC(),
	})
	if err == nil {
		s.log.InfoContext(ctx, "workbook compared", slog.String("conversion", e.Request.Conversion().String()),
			slog.String("result", string(seen.verdict.Result)), slog.String("reason", string(seen.verdict.Reason)), slog.Int64("differences", seen.verdict.Count))
	}
	return err
}

func (s *shadow) incomparable(e *event, reason jetsheet.IncomparableReason, detail string) *jetsheet.Comparison {
	return &jetsheet.Comparison{
		Result: jetsheet.ResultIncomparable, Reason: reason, Detail: detail,
		Previous: jetsheet.PreviousWorkbook{Bucket: s.bucket.name, Key: e.Request.Previous},
	}
}
