package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

const (
	// askEach is up to how many new failures of a run are looked up in DONE one by one;
	// above it, the run's DONE is read once.
	askEach = 256
	// filtersAtOnce is how many runs one reading of DONE filters on at most.
	filtersAtOnce = 200
)

// failureBook is what has failed and is not mended. It reads only what is new in FAILED
// and DONE: where nothing is, a look costs two questions.
type failureBook struct {
	js           jetstream.JetStream
	failed, done jetstream.Stream
	// made are the times at which the streams were made: a stream made anew counts from
	// one again.
	made [2]time.Time
	// fromFailed and fromDone are the first sequences that were not read.
	fromFailed, fromDone uint64
	open                 map[string]map[string]failure // by run or strayRun, by TENANT.TARGET or the subject's end
	samples              map[uint64]failureSample      // by sequence
	// concerns and retried are of the last look, see [Sight].
	concerns []Concern
	retried  map[string]bool
}

// strayRun is in the place of a run for stray messages: those that failed under a subject
// that names none. Nothing mends one; a person dismisses it.
const strayRun = ""

// failure is what is kept of a failure.
type failure struct {
	sequence uint64
	cause    jetsheet.Cause
	retrying bool
	replayed bool
}

func newFailureBook(ctx context.Context, js jetstream.JetStream) (*failureBook, error) {
	b := &failureBook{js: js, open: map[string]map[string]failure{}, samples: map[uint64]failureSample{}}
	for name, stream := range map[string]*jetstream.Stream{jetsheet.StreamFailed: &b.failed, jetsheet.StreamDone: &b.done} {
		var err error
		if *stream, err = js.Stream(ctx, name); err != nil {
			return nil, delivery.NotSetUp("stream "+name, err)
		}
	}
	return b, nil
}

// streams asks both streams how far they are. DONE comes first, and the caller learns of
// runs after it: whatever a run unknown until then has done lies behind that.
func (b *failureBook) streams(ctx context.Context) (done, failed jetstream.StreamState, err error) {
	doneInfo, err := b.done.Info(ctx)
	if err != nil {
		return done, failed, fmt.Errorf("look at stream %s: %w", jetsheet.StreamDone, err)
	}
	failedInfo, err := b.failed.Info(ctx)
	if err != nil {
		return done, failed, fmt.Errorf("look at stream %s: %w", jetsheet.StreamFailed, err)
	}
	if made := [2]time.Time{failedInfo.Created, doneInfo.Created}; made != b.made {
		*b = failureBook{js: b.js, failed: b.failed, done: b.done, made: made, open: map[string]map[string]failure{}, samples: map[uint64]failureSample{}}
	}
	return doneInfo.State, failedInfo.State, nil
}

// refresh reads what is new. runs is up to date at least as of the streams' states.
func (b *failureBook) refresh(ctx context.Context, runs *runBook, done, failed jetstream.StreamState) error {
	newest := map[string][]string{}
	changed := false
	if b.fromFailed == 0 { // from the beginning, also of what was taken out of FAILED by hand
		b.open, changed = map[string]map[string]failure{}, true
	}
	if failed.LastSeq >= b.fromFailed {
		err := delivery.ScanFrom(ctx, b.js, jetsheet.StreamFailed, b.fromFailed, true, func(m jetstream.Msg) error {
			changed = true
			run, conversion, err := b.see(m)
			if run != "" {
				newest[run] = append(newest[run], conversion)
			}
			return err
		})
		if err != nil {
			b.fromFailed = 0 // what was read has not been looked up in DONE
			return err
		}
	}
	changed = b.dropExpired(failed.FirstSeq) || changed
	mended, err := b.dropMended(ctx, runs, newest, done)
	if err != nil {
		b.fromFailed = 0
		return err
	}
	if changed || mended || b.concerns == nil {
		return b.count(ctx)
	}
	return nil
}

// see takes note of a FAILED record and returns its run and conversion, if it is open and
// may be found in DONE.
func (b *failureBook) see(m jetstream.Msg) (run, conversion string, err error) {
	meta, err := m.Metadata()
	if err != nil {
		return "", "", fmt.Errorf("read %s: %w", m.Subject(), err)
	}
	b.fromFailed = meta.Sequence.Stream + 1
	run, conversion = strayRun, strings.TrimPrefix(m.Subject(), failedSubject(""))
	if address, err := jetsheet.ParseSubject(m.Subject()); err == nil {
		run, conversion = address.Run.String(), address.Tenant+"."+address.Target
	}
	f, err := jetsheet.ParseFailure(m.Headers(), nil)
	if err != nil {
		// A record that cannot be read is a failure all the same.
		f = jetsheet.Failure{Cause: jetsheet.CauseBadMessage, Dismissed: f.Dismissed}
	}
	if f.Dismissed {
		b.drop(run, conversion)
		return "", "", nil
	}
	if b.open[run] == nil {
		b.open[run] = map[string]failure{}
	}
	b.open[run][conversion] = failure{
		sequence: meta.Sequence.Stream, cause: f.Cause, retrying: f.Retrying() && run != strayRun, replayed: f.Replay != "",
	}
	if run == strayRun {
		return "", "", nil
	}
	return run, conversion, nil
}

// drop forgets a failure and says whether it was known.
func (b *failureBook) drop(run, conversion string) bool {
	if _, ok := b.open[run][conversion]; !ok {
		return false
	}
	delete(b.open[run], conversion)
	if len(b.open[run]) == 0 {
		delete(b.open, run)
	}
	return true
}

// dropExpired forgets what FAILED no longer holds.
func (b *failureBook) dropExpired(first uint64) bool {
	dropped := false
	for run, conversions := range b.open {
		for conversion, f := range conversions {
			if f.sequence < first {
				dropped = b.drop(run, conversion) || dropped
			}
		}
	}
	return dropped
}

// dropMended forgets what is done by now, in its own run or in a later one of the same
// tick.
func (b *failureBook) dropMended(ctx context.Context, runs *runBook, newest map[string][]string, done jetstream.StreamState) (bool, error) {
	before := b.size()
	if b.fromDone > 0 && done.LastSeq >= b.fromDone {
		if err := b.readDone(ctx, runs, b.open, b.fromDone); err != nil {
			return false, err
		}
	}
	many := map[string]map[string]failure{}
	for run, conversions := range newest {
		if len(conversions) > askEach {
			many[run] = b.open[run]
			continue
		}
		if err := b.askDone(ctx, runs, run, conversions); err != nil {
			return false, err
		}
	}
	if err := b.readDone(ctx, runs, many, 0); err != nil {
		return false, err
	}
	b.fromDone = done.LastSeq + 1
	return b.size() != before, nil
}

func (b *failureBook) size() int {
	n := 0
	for _, conversions := range b.open {
		n += len(conversions)
	}
	return n
}

// askDone looks conversions up in DONE one by one.
func (b *failureBook) askDone(ctx context.Context, runs *runBook, run string, conversions []string) error {
	id, err := jetsheet.ParseRunID(run)
	if err != nil {
		return err
	}
	for _, mending := range runs.mending(id) {
		subjects := strings.TrimSuffix(jetsheet.RunDoneSubjects(mending), ">")
		for _, conversion := range conversions {
			_, err := b.done.GetLastMsgForSubject(ctx, subjects+conversion)
			switch {
			case errors.Is(err, jetstream.ErrMsgNotFound):
			case err != nil:
				return fmt.Errorf("read %s: %w", subjects+conversion, err)
			default:
				b.drop(run, conversion)
			}
		}
	}
	return nil
}

// readDone reads DONE from a sequence on for some runs.
func (b *failureBook) readDone(ctx context.Context, runs *runBook, of map[string]map[string]failure, from uint64) error {
	mends := map[string][]string{} // by the run in DONE, the runs that it mends
	for run := range of {
		if run == strayRun {
			continue
		}
		id, err := jetsheet.ParseRunID(run)
		if err != nil {
			return err
		}
		for _, mending := range runs.mending(id) {
			mends[mending.String()] = append(mends[mending.String()], run)
		}
	}
	filters := make([]string, 0, filtersAtOnce)
	read := func() error {
		if len(filters) == 0 {
			return nil
		}
		err := delivery.ScanFrom(ctx, b.js, jetsheet.StreamDone, from, true, func(m jetstream.Msg) error {
			doneIn, conversion, _ := strings.Cut(jetsheet.SubjectKey(m.Subject()), ".")
			for _, run := range mends[doneIn] {
				b.drop(run, conversion)
			}
			return nil
		}, filters...)
		filters = filters[:0]
		return err
	}
	for run := range mends {
		id, err := jetsheet.ParseRunID(run)
		if err != nil {
			return err
		}
		if filters = append(filters, jetsheet.RunDoneSubjects(id)); len(filters) == filtersAtOnce {
			if err := read(); err != nil {
				return err
			}
		}
	}
	return read()
}
