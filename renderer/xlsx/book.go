package xlsx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx/internal/archive"
)

// Book is what a workbook says of itself.
type Book struct {
	// These are the document's properties; empty ones are left out. What XML cannot hold
	// of them becomes U+FFFD.
	Title, Subject, Creator, Keywords, Description string
	// Identifier names the making of the workbook, such as the run it belongs to.
	Identifier string
	// Created is written as given, so that the same rows give the same bytes:
	// pass the data's time, not the present one. A zero time is left out.
	Created time.Time
}

// Summary is what became of a workbook.
type Summary struct {
	// Rows counts the rows given to Row, without headers.
	Rows int64
	// Sheets counts the sheets of the workbook, those of a split included.
	Sheets        int
	Substitutions Substitutions
}

// Writer writes one workbook. It is for one goroutine. Exactly one of Close and
// Discard must end it; Discard after Close does nothing.
type Writer struct {
	// cancelled is the cause for which the context has ended, or nil.
	cancelled func() error
	archive   *archive.Archive
	styles    *styles
	book      Book
	open      *SheetWriter
	names     []string
	sheets    []writtenSheet
	pictures  bookPictures
	summary   Summary
	err       error
	closed    bool
}

var (
	// ErrClosed is returned for a call after Close or Discard.
	ErrClosed = errors.New("the workbook or sheet is closed")
	// ErrNoSheet is returned by Writer.Close for a workbook without sheets,
	// which Excel does not open.
	ErrNoSheet = errors.New("a workbook needs at least one sheet")
	// ErrSheetOpen is returned when a sheet is begun, or the workbook closed,
	// before the sheet in hand is closed.
	ErrSheetOpen = errors.New("the sheet before is not closed")
)

// New begins a workbook in dst. The writer does not close dst, and calls it from
// within its own methods only. When ctx ends, the next call on the workbook or its
// sheet, and every later one, returns the cause.
func New(ctx context.Context, dst io.Writer, book Book) (*Writer, error) {
	w := &Writer{
		cancelled: func() error { return context.Cause(ctx) },
		archive:   archive.New(dst), styles: newStyles(), book: book,
	}
	if err := w.archive.AddShared("_rels/.rels", []byte(rootRelsPart)); err != nil {
		return nil, err
	}
	return w, nil
}

// Sheet begins the next sheet. The one before must be closed. A name that Excel
// does not accept is changed as by SheetName, and recorded.
func (w *Writer) Sheet(sheet Sheet) (*SheetWriter, error) {
	switch {
	case w.closed:
		return nil, ErrClosed
	case w.open != nil:
		return nil, fmt.Errorf("begin sheet %q: %w", sheet.Name, ErrSheetOpen)
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	if err := sheet.validate(); err != nil {
		return nil, fmt.Errorf("begin sheet %q: %w", sheet.Name, err)
	}
	rules, err := newRules(&sheet, w.styles)
	if err != nil {
		return nil, fmt.Errorf("begin sheet %q: %w", sheet.Name, err)
	}
	name, changed := SheetName(sheet.Name, w.names)
	if changed {
		w.summary.Substitutions.record(changedName, Substitution{Sheet: name})
	}
	w.open = newSheetWriter(w, sheet, name, rules)
	return w.open, nil
}

// Close completes the workbook. The summary counts what was written, also when
// the error is not nil.
func (w *Writer) Close() (Summary, error) {
	if w.closed {
		return w.summary, ErrClosed
	}
	defer w.Discard()
	if err := w.check(); err != nil {
		return w.summary, err
	}
	if w.open != nil {
		return w.summary, fmt.Errorf("close the workbook: %w", ErrSheetOpen)
	}
	if len(w.sheets) == 0 {
		return w.summary, ErrNoSheet
	}
	w.err = w.finish()
	return w.summary, w.err
}

// Discard gives up the workbook. What the destination got is no workbook. It may be
// called at any time and repeatedly.
func (w *Writer) Discard() {
	if w.open != nil {
		w.open.closed = true
		w.open.discard()
		w.open = nil
	}
	w.archive.Release()
	w.closed = true
}

// check returns the workbook's error; the end of the context becomes one.
func (w *Writer) check() error {
	if w.err == nil {
		if cause := w.cancelled(); cause != nil {
			w.err = fmt.Errorf("write the workbook: %w", cause)
		}
	}
	return w.err
}

func (w *Writer) finish() error {
	if err := w.styles.check(); err != nil {
		return err
	}
	for _, part := range []struct {
		name    string
		content []byte
		// common parts are the same in many workbooks.
		common bool
	}{
		{"xl/styles.xml", w.styles.appendXML(nil), true},
		{"xl/workbook.xml", appendWorkbook(nil, w.sheets), false},
		{"xl/_rels/workbook.xml.rels", appendWorkbookRels(nil, len(w.sheets)), true},
		{"docProps/core.xml", appendCore(nil, w.book), false},
		{"docProps/app.xml", []byte(appPart), true},
		{"[Content_Types].xml", appendContentTypes(nil, w.sheets), true},
	} {
		add := w.archive.AddShared
		if !part.common {
			add = func(name string, content []byte) error { return w.archive.Add(name, content) }
		}
		if err := add(part.name, part.content); err != nil {
			return err
		}
	}
	return w.archive.Close()
}
