package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Errors that a caller can test for.
var (
	// ErrUnknownRun: no run has that id, prefix or report.
	ErrUnknownRun = errors.New("there is no such run; list the known ones with: jetsheet runs list")
	// ErrAmbiguous: several runs or workbooks match where one is wanted.
	ErrAmbiguous = errors.New("more than one matches")
	// ErrUnknownWorkbook: no workbook matches.
	ErrUnknownWorkbook = errors.New("no workbook matches in the runs looked at; look with: jetsheet workbooks list, or at an older run with --run")
)

// maxCandidates is how many candidates an error names.
const maxCandidates = 5

// Find returns the id of one run. Text is a run's id, the beginning of exactly one,
// or the name of a report, which means its newest run. The error wraps
// [ErrUnknownRun] or [ErrAmbiguous].
func (r *Reader) Find(ctx context.Context, text string) (jetsheet.RunID, error) {
	known, err := r.knownRuns(ctx)
	if err != nil {
		return jetsheet.RunID{}, err
	}
	var begins []string
	for _, id := range known {
		switch {
		case id.String() == text || id.Report == text:
			return id, nil
		case text != "" && strings.HasPrefix(id.String(), text):
			begins = append(begins, id.String())
		}
	}
	switch {
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

// knownRuns lists the ids of all runs, newest first. It reads no record: a record
// holds a whole flag document.
func (r *Reader) knownRuns(ctx context.Context) ([]jetsheet.RunID, error) {
	return runIDs(ctx, r.runs)
}

func runIDs(ctx context.Context, runs jetstream.KeyValue) ([]jetsheet.RunID, error) {
	keys, err := runs.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	defer func() { _ = keys.Stop() }()
	var ids []jetsheet.RunID
	for key := range keys.Keys() {
		// What is no run id was put there by hand.
		if id, err := jetsheet.ParseRunID(key); err == nil {
			ids = append(ids, id)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list runs: %w", context.Cause(ctx))
	}
	slices.SortFunc(ids, func(a, b jetsheet.RunID) int {
		if c := b.Tick.Compare(a.Tick); c != 0 {
			return c
		}
		if c := strings.Compare(a.Report, b.Report); c != 0 {
			return c
		}
		return b.Compare(a)
	})
	return slices.Compact(ids), nil
}
