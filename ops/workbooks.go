package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
)

const (
	// detailBatch is how many workbooks are looked up together, detailReads how many
	// at a time.
	detailBatch = 128
	detailReads = 8
)

// Listing says how complete a list of workbooks is.
type Listing struct {
	// Runs are those that were looked at.
	Runs []jetsheet.RunID `json:"runs"`
	// More says that the limit left some out.
	More bool `json:"more"`
	// Notices tell of runs that have no plan yet, or no longer.
	Notices []string `json:"notices,omitempty"`
}

// Workbooks calls each for every workbook that the filter picks, in the order of the
// plans. Memory grows by some 50 bytes for each conversion that has an outcome,
// not with what is listed; 100,000 targets take 0.4 to 1.2 s, unless they are all
// listed with their details (9 s). An error of each ends it and is returned.
func (r *Reader) Workbooks(ctx context.Context, f WorkbookFilter, each func(*Workbook) error) (*Listing, error) {
	if err := CheckState(f.State); err != nil {
		return nil, err
	}
	f = f.resolve()
	scopes, err := r.scopes(ctx, &f)
	if err != nil {
		return nil, err
	}
	l := &lister{r: r, f: &f, each: each, left: f.Limit, listing: &Listing{Runs: []jetsheet.RunID{}}}
	if l.lines, err = r.lines(ctx); err != nil {
		return nil, err
	}
	for _, s := range scopes {
		l.listing.Runs = append(l.listing.Runs, s.run.ID())
		if s.run.Plan == nil {
			info := newRunInfo(s.run, &tally{})
			l.listing.Notices = append(l.listing.Notices, fmt.Sprintf("run %s: %s", s.run.ID(), info.Notice))
			continue
		}
		err := l.list(ctx, s)
		switch {
		case errors.Is(err, errPlanGone) && f.Run == "":
			l.listing.Notices = append(l.listing.Notices, err.Error())
			continue
		case err != nil:
			return nil, err
		}
		if l.listing.More {
			break
		}
	}
	return l.listing, nil
}

// lister lists workbooks run by run.
type lister struct {
	r       *Reader
	f       *WorkbookFilter
	each    func(*Workbook) error
	left    int
	lines   *lines
	listing *Listing
	batch   []*Workbook
}

func (l *lister) list(ctx context.Context, s *scope) error {
	// The states of the done ones lie in the bodies of DONE: read only if they decide.
	states := State(l.f.State).done() || comparisonResult(l.f.State) != ""
	known, err := l.r.standings(ctx, s.run, l.f.Tenant, states)
	if err != nil {
		return err
	}
	plan, err := l.r.openPlan(ctx, s.run)
	if err != nil {
		return err
	}
	for {
		var t jetsheet.Target
		err := plan.read(&t)
		if errors.Is(err, io.EOF) {
			return l.flush(ctx, s)
		}
		if err != nil {
			return err
		}
		if err := l.take(ctx, s, known, &t); err != nil {
			return err
		}
		if l.listing.More {
			return l.flush(ctx, s)
		}
	}
}

// take adds a target to the batch if the filter picks it.
func (l *lister) take(ctx context.Context, s *scope, known *standings, t *jetsheet.Target) error {
	if s.hides(t) {
		return nil
	}
	w := newWorkbook(s.run.ID(), t)
	if !l.f.matches(w) {
		return nil
	}
	w.State = known.of(w.Run, t)
	if f := l.lines.flights[w.Conversion().Address().Key()]; f != nil && w.State.pending() {
		w.takeFlight(f)
	}
	if !l.picks(w, known) {
		return nil
	}
	if l.f.Limit > 0 && l.left == 0 {
		l.listing.More = true
		return nil
	}
	l.left--
	l.batch = append(l.batch, w)
	if len(l.batch) < detailBatch {
		return nil
	}
	return l.flush(ctx, s)
}

// picks says whether the filter wants workbooks in the state that this one is in.
func (l *lister) picks(w *Workbook, known *standings) bool {
	if result := comparisonResult(l.f.State); result != "" {
		return known.compared[digestOf(w.Conversion().Address().Key())] == result
	}
	return w.State.in(l.f.State)
}

// flush looks up what is left to know of the batch and hands it out.
func (l *lister) flush(ctx context.Context, s *scope) error {
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(detailReads)
	for _, w := range l.batch {
		group.Go(func() error { return l.r.complete(limited, w) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, w := range l.batch {
		workbookAdvice(w, s.run, l.lines)
		if err := l.each(w); err != nil {
			return err
		}
	}
	l.batch = l.batch[:0]
	return nil
}

// complete reads a workbook's newest record, which may say something newer than the
// survey did.
func (r *Reader) complete(ctx context.Context, w *Workbook) error {
	address := w.Conversion().Address()
	switch {
	case w.State.done():
		m, err := lastMessage(ctx, r.done, address.DoneSubject())
		if err != nil || m == nil {
			return err
		}
		var done jetsheet.Done
		if err := jetsheet.Decode(m.Data, &done); err != nil {
			return errUnreadable(m.Subject, err)
		}
		w.takeDone(&done)
	case w.State == StateFailed || w.State == StateRetrying:
		m, err := lastMessage(ctx, r.failed, address.FailedSubject())
		if err != nil || m == nil {
			return err
		}
		f := readFailure(m.Header, m.Data, m.Time)
		w.takeFailure(&f)
	}
	return nil
}

// One returns the only workbook that the filter picks. The error wraps
// [ErrAmbiguous] and names candidates where there are several.
func (r *Reader) One(ctx context.Context, f WorkbookFilter) (*Workbook, error) {
	f.Limit = maxCandidates + 1
	var found []*Workbook
	listing, err := r.Workbooks(ctx, f, func(w *Workbook) error {
		found = append(found, w)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 1:
		return found[0], r.findNewer(ctx, found[0])
	case len(found) > 1:
		names := make([]string, 0, len(found))
		for _, w := range found {
			names = append(names, fmt.Sprintf("%s (%s)", w.Conversion(), w.Filename))
		}
		if listing.More || len(names) > maxCandidates {
			names = append(names[:maxCandidates], "and more")
		}
		return nil, &AmbiguousError{Candidates: names}
	case len(listing.Notices) > 0:
		return nil, fmt.Errorf("%w; %s", ErrUnknownWorkbook, listing.Notices[0])
	}
	return nil, ErrUnknownWorkbook
}

// AmbiguousError says that several workbooks match where one is wanted. It wraps
// [ErrAmbiguous].
type AmbiguousError struct {
	// Candidates are RUN/TENANT/TARGET (FILE).
	Candidates []string
}

func (e *AmbiguousError) Error() string {
	return ErrAmbiguous.Error() + "; name one as RUN/TENANT/TARGET:\n  " + strings.Join(e.Candidates, "\n  ")
}

// Unwrap returns [ErrAmbiguous].
func (e *AmbiguousError) Unwrap() error { return ErrAmbiguous }
