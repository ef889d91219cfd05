package xlsx

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// SheetWriter writes the rows of one sheet, and of those that follow it when it
// is full. It is for one goroutine, and belongs to its Writer.
type SheetWriter struct {
	book  *Writer
	sheet Sheet
	// base is the name of the first sheet, name that of the sheet in hand.
	base, name string
	titles     []cell
	titleStyle []int
	row        []cell
	ids        []int
	looks      []lookCache
	encoder    *rowEncoder
	columns    columnWidths
	rows       sheetRows
	links      sheetLinks
	rowsMax    int
	bytesMax   int64
	// written counts the rows of the sheet in hand, header included.
	written int
	part    int
	closed  bool
}

func newSheetWriter(w *Writer, sheet Sheet, name string) *SheetWriter {
	sheet.Columns = slices.Clone(sheet.Columns)
	n := len(sheet.Columns)
	s := &SheetWriter{
		book: w, sheet: sheet, base: name, rowsMax: MaxRows, bytesMax: math.MaxUint32 - tailMax,
		titles: make([]cell, n), titleStyle: make([]int, n), row: make([]cell, n), ids: make([]int, n), looks: make([]lookCache, n),
		encoder: newRowEncoder(n), columns: newColumnWidths(sheet.Columns),
	}
	s.name, s.part, s.written = name, 1, 1
	for i, c := range sheet.Columns {
		s.titles[i] = textCell(c.Title, "", 0)
		s.titleStyle[i] = w.styles.id(style{header: sheet.Header, breaks: s.titles[i].traits&hasBreaks != 0})
		s.columns.measure(i, &s.titles[i])
		if sheet.Filter {
			s.columns.shown[i] += filterRoom
		}
	}
	s.note(s.titles)
	s.begin()
	return s
}

// begin starts the sheet in hand with its header.
func (s *SheetWriter) begin() {
	s.written = 1
	s.book.names = append(s.book.names, s.name)
	s.rows.begin(s.book.archive, sheetPart(len(s.book.sheets)+1))
	var height float64
	for i := range s.titles {
		if c := &s.titles[i]; s.sheet.Header.Wrap || c.traits&hasBreaks != 0 {
			height = max(height, textHeight(c, s.columns.expected(i)))
		}
	}
	s.encoder.append(&s.rows.pending, 1, s.titles, s.titleStyle, height)
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
		s.encoder.append(&s.rows.pending, s.written+1, s.row, s.ids, height)
	}
	s.written++
	if changes != 0 {
		s.note(s.row)
	}
	if traits&hasLink != 0 {
		s.link()
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
		if err := s.rows.stream(s.head(""), s.written); err != nil {
			return err
		}
	}
	return s.rows.pass()
}

// link adds the links of the row that was written last.
func (s *SheetWriter) link() {
	for i := range s.row {
		if s.row[i].traits&hasLink != 0 {
			s.links.add(reference(i, s.written), s.row[i].text)
		}
	}
}

// apply turns values into cells. The height is 0 when the row needs none of its own.
func (s *SheetWriter) apply(values []Value) (changes change, traits traits, height float64) {
	clear(s.row[len(values):])
	links := 0
	for i := range values {
		c := &s.row[i]
		s.sheet.Columns[i].Format.put(c, &values[i])
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
		s.ids[i] = s.looks[i].id(c, s.book.styles)
		if c.traits&hasBreaks != 0 {
			height = max(height, textHeight(c, s.columns.expected(i)))
		}
	}
	return changes, traits, height
}

// note records what had to change in the row that was written last.
func (s *SheetWriter) note(cells []cell) {
	for i := range cells {
		if cells[i].changes != 0 {
			s.book.summary.Substitutions.record(cells[i].changes, Substitution{
				Sheet: s.name, Cell: reference(i, s.written), Column: s.sheet.Columns[i].Title,
			})
		}
	}
}

func (s *SheetWriter) head(dimension string) []byte {
	return sheetHead{
		dimension: dimension, freeze: s.sheet.FreezeHeader, selected: len(s.book.sheets) == 0, widths: s.columns.final(),
	}.appendXML(nil)
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

// finish moves the sheet in hand into the archive.
func (s *SheetWriter) finish() error {
	s.columns.settle()
	last := reference(len(s.sheet.Columns)-1, s.written)
	written := writtenSheet{name: s.name}
	tail := sheetTail{links: &s.links}
	if s.sheet.Filter {
		tail.filter = "A1:" + last
		written.filter = "$A$1:$" + columnLetters(len(s.sheet.Columns)-1) + "$" + strconv.Itoa(s.written)
	}
	if err := s.rows.finish(func() []byte { return s.head("A1:" + last) }, tail.appendXML(nil)); err != nil {
		return err
	}
	s.book.sheets = append(s.book.sheets, written)
	if err := s.links.finish(s.book.archive, len(s.book.sheets)); err != nil {
		return err
	}
	s.book.summary.Sheets++
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

func (s *SheetWriter) discard() { s.rows.discard() }

// fail remembers the first error of the workbook, and frees what it holds.
func (s *SheetWriter) fail(err error) error {
	s.discard()
	s.book.err = fmt.Errorf("write sheet %q: %w", s.name, err)
	return s.book.err
}

// reference is a cell's name, from a column counted from 0 and a row from 1.
func reference(column, row int) string {
	return columnLetters(column) + strconv.Itoa(row)
}

func columnLetters(column int) string {
	var b [3]byte
	i := len(b)
	for column++; column > 0; column = (column - 1) / 26 {
		i--
		b[i] = byte('A' + (column-1)%26)
	}
	return string(b[i:])
}
