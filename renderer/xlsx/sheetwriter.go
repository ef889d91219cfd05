package xlsx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SheetWriter writes the rows of one sheet, and of those that follow it when it
// is full. It is for one goroutine, and belongs to its Writer.
type SheetWriter struct {
	book  *Writer
	sheet Sheet
	// base is the name of the first sheet, name that of the sheet in hand.
	base, name string
	// spool is nil while the first rows are held back.
	spool  *spool
	titles []cell
	// held are the cells of the first rows, kept until the widths are known.
	held    []cell
	row     []cell
	widths  []int
	looks   []lastLook
	rowsMax int
	// written counts the rows of the sheet in hand, header included.
	written int
	part    int
	closed  bool
}

// lastLook is the style that a column's last cell had; the next one mostly has
// the same.
type lastLook struct {
	look style
	id   int
}

func newSheetWriter(w *Writer, sheet Sheet, name string) *SheetWriter {
	sheet.Columns = slices.Clone(sheet.Columns)
	n := len(sheet.Columns)
	s := &SheetWriter{
		book: w, sheet: sheet, base: name, rowsMax: MaxRows,
		titles: make([]cell, n), row: make([]cell, n), widths: make([]int, n), looks: make([]lastLook, n),
	}
	s.begin(name)
	for i, c := range sheet.Columns {
		s.titles[i] = textCell(c.Title, "", 0)
		s.note(i, s.titles[i].changes)
		s.measure(i, s.titles[i])
		if sheet.Filter {
			s.widths[i] += filterRoom
		}
	}
	return s
}

// begin starts a sheet, with its header as the first row.
func (s *SheetWriter) begin(name string) {
	s.name = name
	s.part++
	s.written = 1
	s.book.names = append(s.book.names, name)
}

// Row writes the next row, one value for each column; columns without a value
// stay empty. The caller may reuse values at once. More values than columns are
// an error. After an error every call on the workbook returns it.
func (s *SheetWriter) Row(values []Value) error {
	switch {
	case s.book.err != nil:
		return s.book.err
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
	s.written++
	s.book.summary.Rows++
	if err := s.write(values); err != nil {
		return s.fail(err)
	}
	return nil
}

func (s *SheetWriter) write(values []Value) error {
	if s.spool != nil {
		s.apply(s.row, values)
		return s.spool.writeRow(s.written, s.row, s.styleOf)
	}
	n := len(s.sheet.Columns)
	s.held = append(s.held, s.row...)
	row := s.held[len(s.held)-n:]
	s.apply(row, values)
	for i, c := range row {
		s.measure(i, c)
	}
	if len(s.held) >= min(widthRows*n, widthCells) {
		return s.start()
	}
	return nil
}

// apply turns values into cells, and records what had to change.
func (s *SheetWriter) apply(cells []cell, values []Value) {
	clear(cells[len(values):])
	for i, v := range values {
		cells[i] = s.sheet.Columns[i].Format.cell(v)
		s.note(i, cells[i].changes)
	}
}

func (s *SheetWriter) note(column int, changes change) {
	if changes == 0 {
		return
	}
	s.book.summary.Substitutions.record(changes, Substitution{
		Sheet: s.name, Cell: reference(column, s.written), Column: s.sheet.Columns[column].Title,
	})
}

func (s *SheetWriter) measure(column int, c cell) {
	s.widths[column] = max(s.widths[column], shownWidth(c))
}

// start writes the sheet's head, the header and the rows held back.
func (s *SheetWriter) start() error {
	sp, err := newSpool(s.head())
	if err != nil {
		return err
	}
	s.spool = sp
	header := s.book.styles.id(style{header: s.sheet.Header})
	err = sp.writeRow(1, s.titles, func(int, cell) int { return header })
	n := len(s.sheet.Columns)
	for row := 0; err == nil && row < len(s.held)/n; row++ {
		err = sp.writeRow(row+2, s.held[row*n:(row+1)*n], s.styleOf)
	}
	s.held = nil
	return err
}

func (s *SheetWriter) head() sheetHead {
	head := sheetHead{freeze: s.sheet.FreezeHeader, selected: len(s.book.sheets) == 0, widths: make([]float64, len(s.widths))}
	for i, c := range s.sheet.Columns {
		head.widths[i] = c.Width
		if c.Width == 0 {
			head.widths[i] = min(max(float64(s.widths[i])+padding, minWidth), maxWidth)
		}
	}
	return head
}

// styleOf gives the id of a cell's style.
func (s *SheetWriter) styleOf(column int, c cell) int {
	look := style{code: c.code}
	if c.kind == cellText {
		look.quote, look.breaks = looksLikeFormula(c.text), strings.Contains(c.text, "\n")
	}
	if last := &s.looks[column]; last.look != look {
		*last = lastLook{look: look, id: s.book.styles.id(look)}
	}
	return s.looks[column].id
}

// split completes the sheet in hand and goes on in the next.
func (s *SheetWriter) split() error {
	if err := s.finish(); err != nil {
		return err
	}
	s.begin(nextSheetName(s.base, s.part+1, s.book.names))
	return s.start()
}

// finish moves the sheet in hand into the destination.
func (s *SheetWriter) finish() error {
	if s.spool == nil {
		if err := s.start(); err != nil {
			return err
		}
	}
	last := reference(len(s.sheet.Columns)-1, s.written)
	written := writtenSheet{name: s.name}
	tail := sheetTail{dimension: "A1:" + last}
	if s.sheet.Filter {
		tail.filter = tail.dimension
		written.filter = "$A$1:$" + columnLetters(len(s.sheet.Columns)-1) + "$" + strconv.Itoa(s.written)
	}
	dst, err := s.book.archive.part(sheetPart(len(s.book.sheets) + 1))
	if err == nil {
		err = s.spool.finish(dst, tail)
	}
	s.discard()
	if err != nil {
		return err
	}
	s.book.sheets = append(s.book.sheets, written)
	s.book.summary.Sheets++
	return nil
}

// Close completes the sheet. When it returns nil, all of the sheet is with the
// destination, except what the archive compresses together.
func (s *SheetWriter) Close() error {
	switch {
	case s.book.err != nil:
		return s.book.err
	case s.closed:
		return ErrClosed
	}
	s.closed = true
	s.book.open = nil
	if err := s.finish(); err != nil {
		return s.fail(err)
	}
	return nil
}

func (s *SheetWriter) discard() {
	if s.spool != nil {
		s.spool.discard()
		s.spool = nil
	}
}

// fail remembers the first error of the workbook, and frees what it holds.
func (s *SheetWriter) fail(err error) error {
	s.discard()
	s.closed = true
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
