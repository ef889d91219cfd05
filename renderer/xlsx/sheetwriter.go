package xlsx

import (
	"fmt"
	"math"
	"slices"
)

// SheetWriter writes the rows of one sheet, and of those that follow it when it
// is full. It is for one goroutine, and belongs to its Writer.
type SheetWriter struct {
	book  *Writer
	sheet Sheet
	// base is the name of the first sheet, name that of the sheet in hand.
	base, name string
	row        []cell
	ids        []int
	looks      []lookCache
	// bandLooks are those of banded rows; nil where there are none.
	bandLooks []lookCache
	frame     frame
	totals    totals
	rules     []columnRule
	encoder   *rowEncoder
	columns   columnWidths
	rows      sheetRows
	links     sheetLinks
	pictures  sheetPictures
	rowsMax   int
	bytesMax  int64
	// written counts the rows of the sheet in hand, those above the first included.
	written int
	part    int
	closed  bool
}

func newSheetWriter(w *Writer, sheet Sheet, name string, rules []columnRule) *SheetWriter {
	sheet.Columns = slices.Clone(sheet.Columns)
	n := len(sheet.Columns)
	s := &SheetWriter{
		book: w, sheet: sheet, base: name, rules: rules, rowsMax: MaxRows - sheet.rowsBelow(), bytesMax: math.MaxUint32 - tailMax,
		row: make([]cell, n), ids: make([]int, n), looks: newLooks(n, ""),
		encoder: newRowEncoder(n), columns: newColumnWidths(sheet.Columns),
	}
	s.name, s.part = name, 1
	if sheet.Banding.Fill != "" {
		s.bandLooks = newLooks(n, sheet.Banding.Fill)
	}
	s.frame, s.totals = s.newFrame(), newTotals(&s.sheet)
	s.begin()
	return s
}

// Row writes the next row, one value for each column; columns without a value
// stay empty. The caller may reuse values at once. More values than columns are
// an error. After an error every call on the workbook returns it.
func (s *SheetWriter) Row(values []Value) error {
	if err := s.book.check(); err != nil {
		return err
	}
	switch {
	case s.closed:
		return ErrClosed
	case len(values) > len(s.sheet.Columns):
		return s.fail(fmt.Errorf("a row has %d values for %d columns", len(values), len(s.sheet.Columns)))
	}
	if s.written == s.rowsMax {
		if err := s.split(); err != nil {
			return s.fail(err)
		}
	}
	if err := s.write(values); err != nil {
		return s.fail(err)
	}
	s.book.summary.Rows++
	return nil
}

func (s *SheetWriter) write(values []Value) error {
	changes, traits, height := s.apply(values)
	before := s.rows.pending.Extent()
	s.encoder.append(&s.rows.pending, s.written+1, s.row, s.ids, height)
	if !s.rows.large && s.rows.size() > s.bytesMax {
		s.rows.pending.Truncate(before)
		if err := s.split(); err != nil {
			return err
		}
		s.rows.mayBeLarge = true
		s.restyle()
		s.encoder.append(&s.rows.pending, s.written+1, s.row, s.ids, height)
	}
	s.written++
	s.totals.add(s.row)
	if changes != 0 {
		s.note(s.row, s.written)
	}
	if traits&hasLink != 0 {
		if err := s.link(); err != nil {
			return err
		}
	}
	if traits&hasPicture != 0 {
		if err := s.placePictures(height); err != nil {
			return err
		}
	}
	if !s.columns.settled() {
		s.columns.add(s.row)
		if len(s.rows.pending.XML) >= heldBytes {
			s.columns.settle()
		}
	}
	return s.pass()
}

// pass moves rows on when they are many, once the widths are known.
func (s *SheetWriter) pass() error {
	if !s.rows.full() || !s.columns.settled() {
		return nil
	}
	if s.rows.part == nil {
		s.roomForSums()
		if err := s.rows.stream(s.head(""), s.written); err != nil {
			return err
		}
	}
	return s.rows.pass()
}

// link adds the links of the row that was written last.
func (s *SheetWriter) link() error {
	for i := range s.row {
		if s.row[i].traits&hasLink != 0 {
			if err := s.links.add(i, s.written, s.row[i].text); err != nil {
				return err
			}
		}
	}
	return nil
}

// apply turns values into cells. The height is 0 when the row needs none of its own.
func (s *SheetWriter) apply(values []Value) (changes change, traits traits, height float64) {
	clear(s.row[len(values):])
	looks, banded := s.rowLooks()
	links := 0
	for i := range values {
		c := &s.row[i]
		s.sheet.Columns[i].Format.put(c, &values[i])
		if c.kind == cellPicture {
			height = max(height, s.takePicture(i, c))
			traits |= c.traits & hasPicture
		}
		if c.kind == cellBlank {
			continue
		}
		if c.traits&hasLink != 0 {
			if s.links.full(links) {
				c.traits &^= hasLink
				c.changes |= changedLinks
			} else {
				links++
			}
		}
		changes |= c.changes
		traits |= c.traits
		s.ids[i] = looks[i].id(c, s.book.styles)
		if c.traits&hasBreaks != 0 {
			height = max(height, textHeight(c, s.columns.expected(i)))
		}
	}
	if banded {
		s.fillBlanks()
	}
	return changes, traits, height
}

// note records what had to change in a row.
func (s *SheetWriter) note(cells []cell, row int) {
	for i := range cells {
		if cells[i].changes != 0 {
			s.book.summary.Substitutions.record(cells[i].changes, Substitution{
				Sheet: s.name, Cell: reference(i, row), Column: s.sheet.Columns[i].Title,
			})
		}
	}
}

// split completes the sheet in hand and goes on in the next.
func (s *SheetWriter) split() error {
	if err := s.finish(); err != nil {
		return err
	}
	s.part++
	s.name = nextSheetName(s.base, s.part, s.book.names)
	s.begin()
	return nil
}

// Close completes the sheet.
func (s *SheetWriter) Close() error {
	if err := s.book.check(); err != nil {
		return err
	}
	if s.closed {
		return ErrClosed
	}
	s.closed = true
	s.book.open = nil
	if err := s.finish(); err != nil {
		return s.fail(err)
	}
	s.discard()
	return nil
}

func (s *SheetWriter) discard() {
	s.rows.discard()
	s.links.discard()
}

// fail remembers the first error of the workbook, and frees what it holds.
func (s *SheetWriter) fail(err error) error {
	s.discard()
	s.book.err = fmt.Errorf("write sheet %q: %w", s.name, err)
	return s.book.err
}
