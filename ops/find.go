package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Errors that a caller can test for.
var (
	// ErrUnknownRun: no run has that id, prefix or report.
	ErrUnknownRun = errors.New("there is no such run; list the known ones with: jetsheet runs list")
	// ErrAmbiguous: several runs or workbooks match where one is wanted.
	ErrAmbiguous = errors.New("more than one matches")
	// ErrUnknownFailure: a conversion has not failed.
	ErrUnknownFailure = errors.New("it has no failure; list those that have with: jetsheet failures list")
	// ErrUnknownWorkbook: no workbook matches.
	ErrUnknownWorkbook = errors.New("no workbook matches in the runs looked at; look with: jetsheet workbooks list, or at an older run with --run")
)

// errListCut: the connection ended in the middle of a list.
var errListCut = errors.New("the connection to NATS was closed")

// maxCandidates is how many candidates an error names.
const maxCandidates = 5

// Find returns the id of one run. Text is a run's id, the beginning of exactly one,
// or the name of a report, which means the run of it that was frozen last, whichever
// its tick: the one that somebody has just started. The error wraps [ErrUnknownRun] or
// [ErrAmbiguous].
func (r *Reader) Find(ctx context.Context, text string) (jetsheet.RunID, error) {
	known, err := listRuns(ctx, r.runs)
	if err != nil {
		return jetsheet.RunID{}, err
	}
	var begins []string
	var ofReport []listedRun
	for _, run := range known {
		switch {
		case run.id.String() == text:
			return run.id, nil
		case run.id.Report == text:
			ofReport = append(ofReport, run)
		case text != "" && strings.HasPrefix(run.id.String(), text):
			begins = append(begins, run.id.String())
		}
	}
	switch {
	case len(ofReport) > 0:
		return r.frozenLast(ctx, ofReport)
	case len(begins) == 0:
		return jetsheet.RunID{}, fmt.Errorf("run %q: %w", text, ErrUnknownRun)
	case len(begins) > 1:
		return jetsheet.RunID{}, fmt.Errorf("run %q: %w: %s", text, ErrAmbiguous, someOf(begins))
	}
	return jetsheet.ParseRunID(begins[0])
}

// someOf names the first candidates.
func someOf(names []string) string {
	if len(names) <= maxCandidates {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxCandidates], ", "), len(names)-maxCandidates)
}

// clocksApart is how far the clock of who freezes may be ahead of the server's.
const clocksApart = time.Minute

// frozenLast returns the run that was frozen last, of several the newest. The records
// are read in the order in which they were last written, and only those that can still
// have been frozen later than the best so far: one or two, however many there are.
func (r *Reader) frozenLast(ctx context.Context, runs []listedRun) (jetsheet.RunID, error) {
	slices.SortStableFunc(runs, func(a, b listedRun) int { return b.writtenAt.Compare(a.writtenAt) })
	var best jetsheet.RunID
	var bestAt time.Time
	for _, candidate := range runs {
		if !best.IsZero() && candidate.writtenAt.Add(clocksApart).Before(bestAt) {
			break
		}
		run, err := r.Record(ctx, candidate.id)
		if err != nil {
			return jetsheet.RunID{}, err // it may be the one that is meant
		}
		at := run.Frozen.FrozenAt
		if best.IsZero() || at.After(bestAt) || at.Equal(bestAt) && candidate.id.Compare(best) > 0 {
			best, bestAt = candidate.id, at
		}
	}
	return best, nil
}

// knownRuns lists the ids of all runs, newest first.
func (r *Reader) knownRuns(ctx context.Context) ([]jetsheet.RunID, error) {
	return runIDs(ctx, r.runs)
}

func runIDs(ctx context.Context, runs jetstream.KeyValue) ([]jetsheet.RunID, error) {
	known, err := listRuns(ctx, runs)
	ids := make([]jetsheet.RunID, 0, len(known))
	for _, run := range known {
		ids = append(ids, run.id)
	}
	return ids, err
}

// listedRun is what is known of a run without reading its record.
type listedRun struct {
	id jetsheet.RunID
	// writtenAt is when its record was last written, by the server's clock.
	writtenAt time.Time
}

// listRuns lists all runs, newest first. It reads no record: a record holds a whole
// flag document.
func listRuns(ctx context.Context, runs jetstream.KeyValue) ([]listedRun, error) {
	var list []listedRun
	err := eachEntry(ctx, runs, "runs", func(entry jetstream.KeyValueEntry) {
		// What is no run id was put there by hand.
		if id, err := jetsheet.ParseRunID(entry.Key()); err == nil {
			list = append(list, listedRun{id: id, writtenAt: entry.Created()})
		}
	})
	if err != nil {
		return nil, err
	}
	return newestFirst(list), nil
}

// eachEntry calls each for every key of a bucket, with entries that have no value; what names
// the entries. A list that is cut short is an error.
func eachEntry(ctx context.Context, kv jetstream.KeyValue, what string, each func(entry jetstream.KeyValueEntry)) error {
	watcher, err := kv.WatchAll(ctx, jetstream.IgnoreDeletes(), jetstream.MetaOnly())
	if err != nil {
		return fmt.Errorf("list %s: %w", what, err)
	}
	defer func() { _ = watcher.Stop() }()
	for {
		select {
		case entry, ok := <-watcher.Updates():
			if !ok {
				return fmt.Errorf("list %s: %w", what, cmp.Or(context.Cause(ctx), errListCut))
			}
			if entry == nil { // all of them are here
				return nil
			}
			each(entry)
		case <-ctx.Done():
			return fmt.Errorf("list %s: %w", what, context.Cause(ctx))
		}
	}
}

// newestFirst sorts runs. One that was written meanwhile is listed twice, and kept once.
func newestFirst(list []listedRun) []listedRun {
	slices.SortFunc(list, func(a, b listedRun) int {
		return cmp.Or(b.id.Tick.Compare(a.id.Tick), strings.Compare(a.id.Report, b.id.Report),
			b.id.Compare(a.id), b.writtenAt.Compare(a.writtenAt))
	})
	return slices.CompactFunc(list, func(a, b listedRun) bool { return a.id == b.id })
}
