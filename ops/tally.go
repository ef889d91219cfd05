package ops

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// askEach is up to how many failures are looked up in DONE one by one; above it the
// whole run's DONE is read once, which costs about a second per 100,000.
const askEach = 256

// tally is what became of a run's conversions, by [jetsheet.SubjectKey]. Where
// several things are true of one, done wins over pending and pending over failed; a
// conversion of which nothing is known is planned, and pending.
type tally struct {
	expected int
	done     int
	// queued and rendered are the contents of the work queues; the publishing window
	// bounds them.
	queued   map[string]jetsheet.Lane
	rendered map[string]bool
	// failed holds the conversions whose newest word is a failure.
	failed map[string]failureMark
	causes map[jetsheet.Cause]*CauseCount
	// unplanned is how many failures were dropped because they are of nothing in the
	// plan.
	unplanned int
	// unrecorded is that of [RunInfo].
	unrecorded int
}

// failureMark is what is kept of a failure.
type failureMark struct {
	cause     jetsheet.Cause
	retryAt   time.Time
	dismissed bool
}

// CauseCount is how many conversions of a run failed for one cause.
type CauseCount struct {
	Cause jetsheet.Cause `json:"cause"`
	Count int            `json:"count"`
	Stage jetsheet.Stage `json:"stage"`
	// Message is that of the first one.
	Message string `json:"message"`
	// Next is what mends it.
	Next string `json:"next"`

	key string // of the first one
}

// counts holds expected = done + failed + pending whatever lies in the streams.
func (t *tally) counts() jetsheet.Counts {
	done := min(t.done, t.expected)
	failed := min(len(t.failed)-t.retrying(), t.expected-done)
	return jetsheet.Counts{Expected: t.expected, Done: done, Failed: failed, Pending: t.expected - done - failed}
}

func (t *tally) retrying() int {
	return t.count(func(mark failureMark) bool { return !mark.retryAt.IsZero() })
}

func (t *tally) dismissed() int {
	return t.count(func(mark failureMark) bool { return mark.dismissed })
}

func (t *tally) count(is func(failureMark) bool) int {
	n := 0
	for _, mark := range t.failed {
		if is(mark) {
			n++
		}
	}
	return n
}

// tally counts a run's conversions. Without failures that is two counts; a run that
// is not planned has none.
func (r *Reader) tally(ctx context.Context, run *jetsheet.Run) (*tally, error) {
	t := &tally{failed: map[string]failureMark{}}
	if run.Plan == nil {
		return t, nil
	}
	id := run.ID()
	t.expected = run.Plan.Expected
	failures, err := delivery.Count(ctx, r.js, jetsheet.StreamFailed, jetsheet.RunFailedSubjects(id))
	if err != nil {
		return nil, err
	}
	if failures > 0 {
		// The queues come first: what moves on while we read is seen twice rather than
		// not at all.
		if err := r.readQueues(ctx, t, id, ""); err != nil {
			return nil, err
		}
		if err := r.readFailures(ctx, t, id, ""); err != nil {
			return nil, err
		}
	}
	if t.done, err = delivery.Count(ctx, r.js, jetsheet.StreamDone, conversionsOf(jetsheet.RunDoneSubjects(id))); err != nil {
		return nil, err
	}
	if err := r.dropDone(ctx, t, id); err != nil {
		return nil, err
	}
	if err := r.dropUnplanned(ctx, t, run); err != nil {
		return nil, err
	}
	return t, r.noteUnrecorded(ctx, t, run)
}

// readQueues lists what waits in the work queues.
func (r *Reader) readQueues(ctx context.Context, t *tally, id jetsheet.RunID, tenant string) error {
	t.queued, t.rendered = map[string]jetsheet.Lane{}, map[string]bool{}
	for _, lane := range jetsheet.Lanes() {
		err := r.eachSubject(ctx, jetsheet.StreamConversions, ofTenant(jetsheet.RunRequestSubjects(lane, id), tenant), func(key string) {
			t.queued[key] = lane
		})
		if err != nil {
			return err
		}
	}
	for _, subjects := range jetsheet.RunRenderedSubjects(id) {
		err := r.eachSubject(ctx, jetsheet.StreamRendered, ofTenant(subjects, tenant), func(key string) { t.rendered[key] = true })
		if err != nil {
			return err
		}
	}
	return nil
}

// queuedOf lists what waits in the work queues, by [jetsheet.SubjectKey]. The requests come
// first: what moves on while we read is seen twice rather than not at all.
func (r *Reader) queuedOf(ctx context.Context, a *jetsheet.Address) (map[string]bool, error) {
	queued := map[string]bool{}
	note := func(key string) { queued[key] = true }
	if err := r.eachSubject(ctx, jetsheet.StreamConversions, a.RequestSubjects(), note); err != nil {
		return nil, err
	}
	return queued, r.eachSubject(ctx, jetsheet.StreamRendered, a.RenderedSubjects(), note)
}

func (r *Reader) eachSubject(ctx context.Context, stream, subjects string, each func(key string)) error {
	handle, err := r.js.Stream(ctx, stream)
	if err != nil {
		return delivery.NotSetUp("stream "+stream, err)
	}
	info, err := handle.Info(ctx, jetstream.WithSubjectFilter(subjects))
	if err != nil {
		return fmt.Errorf("list subjects of stream %s: %w", stream, err)
	}
	for subject := range info.State.Subjects {
		if key := jetsheet.SubjectKey(subject); key != "" { // no conversion has another one
			each(key)
		}
	}
	return nil
}

// readFailures reads the headers of FAILED, leaving out what is pending again.
func (r *Reader) readFailures(ctx context.Context, t *tally, id jetsheet.RunID, tenant string) error {
	t.causes = map[jetsheet.Cause]*CauseCount{}
	return delivery.Scan(ctx, r.js, jetsheet.StreamFailed, true, func(m jetstream.Msg) error {
		key := jetsheet.SubjectKey(m.Subject())
		if key == "" { // no conversion has such a subject
			t.unplanned++
			return nil
		}
		if _, queued := t.queued[key]; queued || t.rendered[key] {
			return nil
		}
		f := readFailure(m.Headers(), nil, time.Time{}) // when it was is not asked here
		t.failed[key] = failureMark{cause: f.Cause, retryAt: f.RetryAt, dismissed: f.Dismissed}
		if t.causes[f.Cause] == nil {
			t.causes[f.Cause] = &CauseCount{Cause: f.Cause, Stage: f.Stage, Message: f.Message, key: key}
		}
		return nil
	}, ofTenant(jetsheet.RunFailedSubjects(id), tenant))
}

// dropDone takes out of the failures what is done.
func (r *Reader) dropDone(ctx context.Context, t *tally, id jetsheet.RunID) error {
	if len(t.failed) > askEach {
		return delivery.Scan(ctx, r.js, jetsheet.StreamDone, true, func(m jetstream.Msg) error {
			delete(t.failed, jetsheet.SubjectKey(m.Subject()))
			return nil
		}, jetsheet.RunDoneSubjects(id))
	}
	for key := range t.failed {
		m, err := lastMessage(ctx, r.done, doneSubject(key))
		if err != nil {
			return err
		}
		if m != nil {
			delete(t.failed, key)
		}
	}
	return nil
}

// doneSubject is the DONE subject of a conversion's key.
func doneSubject(key string) string {
	return jetsheet.SubjectDone[:len(jetsheet.SubjectDone)-1] + key
}

// failedSubject is the FAILED subject of a conversion's key.
func failedSubject(key string) string {
	return jetsheet.SubjectFailed[:len(jetsheet.SubjectFailed)-1] + key
}
