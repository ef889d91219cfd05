package uploader

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// compared is what a comparison found.
type compared struct {
	verdict *jetsheet.Comparison
	// ofRecords says that records changed between the two could explain what differs;
	// digest is then that of our workbook's contents.
	ofRecords bool
	digest    string
}

// What the previous system wrote is not ours to trust. A comparison holds two windows
// of 4 MiB, the shared strings of both workbooks and one row of each.
const (
	// maxPreviousBytes is the largest object that is read: some ten times a workbook of
	// a million rows by twenty columns.
	maxPreviousBytes = 1 << 30
	// The most bytes of shared strings that are held: a million of 64 bytes each.
	maxStringBytes = 80 << 20
)

func previousLimits() cells.Limits {
	return cells.Limits{TotalBytes: 8 << 30, SharedStringBytes: maxStringBytes, TextBytes: 256 << 10, RowBytes: 16 << 20}
}

// compare reads both workbooks and says what differs. The error wraps [errLost] where ours
// is missing or damaged, and is a [notNowError] where the other one changes meanwhile.
func (s *shadow) compare(ctx context.Context, job *delivery.Job, seen *sighting) (*compared, error) {
	e, theirs := seen.event, seen.previous
	verdict := &jetsheet.Comparison{Previous: theirs.PreviousWorkbook}
	result := &compared{verdict: verdict}
	if theirs.SizeBytes > maxPreviousBytes {
		refuse(verdict, jetsheet.ReasonTooLarge, fmt.Errorf("it has %d bytes, and %d are the most that is compared", theirs.SizeBytes, maxPreviousBytes))
		return result, nil
	}
	ours, err := s.store.random(ctx, job, e)
	if err != nil {
		return nil, err
	}
	book, err := cells.Open(ours, e.SizeBytes, cells.Limits{})
	if err != nil {
		return nil, ours.orElse(delivery.Transient(jetsheet.CauseWorkbook, err))
	}
	reader := s.bucket.reader(ctx, job, theirs)
	other, err := cells.Open(reader, theirs.SizeBytes, s.limits)
	if err != nil {
		return result, s.refused(verdict, reader, err)
	}
	waivers := newWaivers(e.Waive)
	report, err := cells.Diff(book, other, cells.Options{Max: jetsheet.MaxDifferences, Accept: waivers.accept})
	if err != nil {
		return result, s.refused(verdict, reader, ours.orElse(err))
	}
	waivers.tell(verdict, report)
	if result.ofRecords = waivers.ofRecords; verdict.Result == jetsheet.ResultDifferent && result.ofRecords {
		result.digest, err = cells.Digest(book)
	}
	return result, ours.orElse(err)
}

// refused says in the verdict that the other workbook cannot be read. Errors that say
// nothing of it are returned.
func (s *shadow) refused(verdict *jetsheet.Comparison, reader *window, err error) error {
	switch err = reader.orElse(err); {
	case errors.Is(err, cells.ErrLimit):
		refuse(verdict, jetsheet.ReasonTooLarge, err)
	case errors.Is(err, cells.ErrMalformed):
		refuse(verdict, jetsheet.ReasonNotWorkbook, err)
	default:
		return err
	}
	return nil
}

func refuse(verdict *jetsheet.Comparison, reason jetsheet.IncomparableReason, err error) {
	verdict.Result, verdict.Reason, verdict.Detail = jetsheet.ResultIncomparable, reason, "the previous system's workbook: "+err.Error()
}

// waivers counts the differences of one comparison.
type waivers struct {
	list   []jetsheet.WaivedKind
	waived int64
	// ofRecords says that a difference was met which other records would explain.
	ofRecords bool
}

func newWaivers(list []jetsheet.Waiver) *waivers {
	w := &waivers{}
	for _, waiver := range list {
		w.list = append(w.list, jetsheet.WaivedKind{Waiver: waiver})
	}
	return w
}

// accept says whether a difference is waived, and counts it.
func (w *waivers) accept(d *cells.Difference) bool {
	difference := differenceOf(d)
	for i := range w.list {
		if w.list[i].Covers(&difference) {
			w.list[i].Count++
			w.waived++
			return true
		}
	}
	switch d.What {
	case cells.DiffKind, cells.DiffValue, cells.DiffSheet:
		w.ofRecords = true
	}
	return false
}

// tell writes the result.
func (w *waivers) tell(verdict *jetsheet.Comparison, report cells.Report) {
	verdict.Sheets, verdict.Cells, verdict.Count, verdict.WaivedCount = report.Sheets, report.Cells, report.Total, w.waived
	for i := range report.Differences {
		verdict.Differences = append(verdict.Differences, differenceOf(&report.Differences[i]))
	}
	for _, kind := range w.list {
		if kind.Count > 0 {
			verdict.Waived = append(verdict.Waived, kind)
		}
	}
	switch {
	case report.Total > 0:
		verdict.Result = jetsheet.ResultDifferent
	case w.waived > 0:
		verdict.Result = jetsheet.ResultWaived
	default:
		verdict.Result = jetsheet.ResultEqual
	}
}

func differenceOf(d *cells.Difference) jetsheet.Difference {
	return jetsheet.Difference{
		Sheet: d.Sheet, Cell: d.Cell, Column: d.Column, What: jetsheet.DifferenceKind(d.What), Ours: d.A, Previous: d.B,
	}
}

// comparedOnce is what a request for a second rendering says of the first comparison.
type comparedOnce struct {
	digest string
	etag   string
}

func (c comparedOnce) String() string { return c.digest + " " + c.etag }

// parseCompared reads the value of [jetsheet.HeaderCompared]; it is not ok for any other.
func parseCompared(header string) (c comparedOnce, ok bool) {
	digest, etag, ok := strings.Cut(header, " ")
	return comparedOnce{digest: digest, etag: etag}, ok && jetsheet.ValidDigest(digest) && etag != ""
}
