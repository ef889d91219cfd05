package cells

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// Rows calls fn for each row that the sheet states, in order, with its number
// counted from 1 and its cells in order. Cells that the sheet does not state are
// not there; cells with a style and no value are, as Empty. The slice is reused
// after fn returns. An error of fn ends the reading and is returned as it is.
func (s *Sheet) Rows(fn func(row int, cells []Cell) error) error {
	if !s.Worksheet {
		return nil
	}
	t, err := s.book.archive.tokens(s.part)
	if err != nil {
		return err
	}
	r := rowReader{sheet: s, tokens: t, shared: make(map[string]string), fn: fn}
	if err := t.each(r.element); err != nil {
		if r.fnErr != nil {
			return r.fnErr
		}
		return fmt.Errorf("sheet %q: %w", s.Name, err)
	}
	s.layout = &r.layout
	return nil
}

// rowReader is one pass over a sheet.
type rowReader struct {
	sheet  *Sheet
	tokens *tokens
	fn     func(row int, cells []Cell) error
	fnErr  error
	shared map[string]string // the shared formulas by their index
	// sharedBytes and rowBytes are what those formulas and the row's cells hold.
	sharedBytes int64
	rowBytes    int64
	cells       []Cell
	layout      Layout
	row         int
}

func (r *rowReader) element(parents []string, start xml.StartElement) error {
	switch {
	case len(parents) == 0 && start.Name.Local != "worksheet":
		return malformed("its part begins with %q", start.Name.Local)
	case len(parents) == 1 && (start.Name.Local == "extLst" || start.Name.Local == "customSheetViews"):
		// Both repeat elements of the sheet with another meaning.
		return r.tokens.skip()
	case start.Name.Local == "row" && within(parents, "sheetData"):
		return r.readRow(start)
	case len(parents) > 0:
		return r.layout.note(start)
	}
	return nil
}

func (r *rowReader) readRow(start xml.StartElement) error {
	number := r.row + 1
	if stated := attribute(start, "r"); stated != "" {
		n, err := strconv.Atoi(stated)
		if err != nil || n < number {
			return malformed("row %q stands after row %d", stated, r.row)
		}
		number = n
	}
	if number > maxRow {
		return beyond("row %d is beyond Excel's last", number)
	}
	r.row = number
	r.cells, r.rowBytes = r.cells[:0], 0
	for depth := len(r.tokens.stack); ; {
		token, err := r.tokens.next()
		if err != nil {
			return err
		}
		if len(r.tokens.stack) < depth {
			break
		}
		if start, ok := token.(xml.StartElement); ok {
			if err := r.readCell(start); err != nil {
				return err
			}
		}
	}
	r.fnErr = r.fn(number, r.cells)
	return r.fnErr
}

func (r *rowReader) readCell(start xml.StartElement) error {
	if start.Name.Local != "c" {
		return r.tokens.skip()
	}
	c, err := r.newCell(attribute(start, "r"))
	if err != nil {
		return err
	}
	format, err := r.sheet.book.format(attribute(start, "s"))
	if err != nil {
		return fmt.Errorf("cell %s: %w", c.Ref(), err)
	}
	c.Format, c.formatKind, c.QuotePrefix = format.code, format.kind, format.quote
	c.date1904 = r.sheet.book.date1904
	if err := r.readContent(&c, attribute(start, "t")); err != nil {
		return fmt.Errorf("cell %s: %w", c.Ref(), err)
	}
	if r.rowBytes += int64(len(c.Text) + len(c.Formula)); r.rowBytes > r.limit() {
		return beyond("row %d has more than the limit of %d bytes", r.row, r.limit())
	}
	r.cells = append(r.cells, c)
	return nil
}

func (r *rowReader) limit() int64 { return r.sheet.book.archive.limits.RowBytes }

// newCell places a cell: where it says, or after the one before.
func (r *rowReader) newCell(ref string) (Cell, error) {
	next := 1
	if n := len(r.cells); n > 0 {
		next = r.cells[n-1].Col + 1
	}
	c := Cell{Row: r.row, Col: next}
	if ref != "" {
		row, col, err := parseReference(ref)
		if err != nil {
			return c, err
		}
		if row != r.row || col < next {
			return c, malformed("cell %q stands in row %d after column %d", ref, r.row, next-1)
		}
		c.Col = col
	}
	if c.Col > maxColumn {
		return c, beyond("row %d has a cell beyond Excel's last column", r.row)
	}
	return c, nil
}

// readContent reads the elements of a cell of the stored type.
func (r *rowReader) readContent(c *Cell, stored string) error {
	var value, inline string
	var hasValue, hasInline bool
	for depth := len(r.tokens.stack); ; {
		token, err := r.tokens.next()
		if err != nil {
			return err
		}
		if len(r.tokens.stack) < depth {
			break
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "v":
			value, err = r.tokens.text()
			hasValue = true
		case "is":
			inline, err = r.tokens.richText()
			hasInline = true
		case "f":
			c.Formula, err = r.formula(start, c.Ref())
		default:
			err = r.tokens.skip()
		}
		if err != nil {
			return err
		}
	}
	if stored == "inlineStr" {
		if hasInline {
			c.Kind, c.Text = Text, inline
		}
		return nil
	}
	if !hasValue {
		return nil
	}
	return r.setValue(c, stored, value)
}

// setValue reads the text of a cell's v element.
func (r *rowReader) setValue(c *Cell, stored, value string) error {
	switch stored {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 0 || n >= len(r.sheet.book.strings) {
			return malformed("shared string %q does not exist", value)
		}
		c.Kind, c.Text = Text, r.sheet.book.strings[n]
	case "str":
		c.Kind, c.Text = Text, unescape(value)
	case "b":
		c.Kind, c.Text = Bool, "FALSE"
		if isTrue(strings.TrimSpace(value)) {
			c.Text = "TRUE"
		}
	case "e":
		c.Kind, c.Text = Error, value
	case "d":
		c.Kind, c.Text = ISODate, value
	case "", "n":
		return setNumber(c, strings.TrimSpace(value))
	default:
		return malformed("the type %q does not exist", stored)
	}
	return nil
}

func setNumber(c *Cell, value string) error {
	if value == "" {
		return nil
	}
	// ParseFloat also takes NaN, hexadecimal and "1_000", which XML does not.
	if _, err := strconv.ParseFloat(value, 64); err != nil || strings.Trim(value, "+-.0123456789eE") != "" {
		return malformed("%q is not a number", value)
	}
	c.Kind, c.Text = Number, value
	return nil
}

// formula gives the text of a formula. A shared one is stated once.
func (r *rowReader) formula(start xml.StartElement, ref string) (string, error) {
	text, err := r.tokens.text()
	if err != nil || attribute(start, "t") != "shared" {
		return text, err
	}
	index := attribute(start, "si")
	if text != "" {
		if len(r.shared) == maxShared {
			return "", beyond("the sheet has more than %d shared formulas", maxShared)
		}
		if r.sharedBytes += int64(len(text)); r.sharedBytes > r.limit() {
			return "", beyond("the sheet's shared formulas have more than the limit of %d bytes", r.limit())
		}
		r.shared[index] = "[shared from " + ref + "] " + text
		return text, nil
	}
	stated, ok := r.shared[index]
	if !ok {
		return "", malformed("shared formula %q is not stated before", index)
	}
	return stated, nil
}

// maxShared bounds the memory that shared formulas take.
const maxShared = 100_000
