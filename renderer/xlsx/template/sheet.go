package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// sheet is a sheet of the template, cut at what is written anew when it is filled.
type sheet struct {
	name  string
	index int
	part  *part
	// relation is the id of the workbook's relation to the part.
	relation string
	// worksheet is false for sheets without cells, such as charts.
	worksheet bool
	// relations lead to its drawings, tables and so on.
	relations []relation
	// head and tail are what is before and behind its rows, the element of the rows excluded.
	head, tail []byte
	rows       []*row
	// body has the rows in the order of the sheet, those of blocks in their blocks.
	body []node
	// lone are rows that only have markers of blocks: they are left out.
	lone []int
	// blocks counts the blocks, those within others included.
	blocks int
	// title is the sheet's name, if there are markers in it.
	title *title
	// drawing is the part that pictures are placed in; nil if there are none.
	drawing *part
	// bound are the parts that are copied with the sheet.
	bound []*part
	// filled sheets have markers, the others are only written anew if formulas reach out of them.
	filled bool
}

// node is a row or a block.
type node struct {
	row   *row
	block *block
}

// row is a row as it stands in the template. Its number goes between before and after.
type row struct {
	number             int
	before, after, end []byte
	cells              []*cell
	// bounds are the markers of blocks in it.
	bounds []bound
}

// bound is a marker at which a block begins or ends.
type bound struct {
	marker *marker
	cell   *cell
	row    int
	text   string
	// named is set if a name of the rows is the marker.
	named bool
}

// cell is a cell as it stands in the template. The row's number goes between before and
// after. At most one of field, words and formula is not nil; without any, after has all.
type cell struct {
	column        int // from 1
	before, after []byte
	// empty is instead of after where a field has no value.
	empty   []byte
	style   int
	field   *field
	words   words
	formula *formula
	// holds is set if anything is in the cell beside markers of blocks.
	holds bool
}

// formula is a cell's formula. What the cell had for a result is dropped.
type formula struct {
	parsed *reference.Formula
	// tag is the formula's opening tag, up to the range of an array formula.
	tag []byte
	// text is the formula as it stands in the part.
	text []byte
	// array is the range of an array formula; rest is the tag behind it.
	array string
	rest  []byte
}

// field is a marker that a value is written for.
type field struct {
	// id is the number of its name in the template.
	id     int
	marker *marker
	format format
	cell   string
	// image is set for pictures, which are fitted into the area.
	image bool
	area  picture.Area
}

// sheetReader reads a sheet's part.
type sheetReader struct {
	scanner
	compiler *compiler
	sheet    *sheet
	row      *row
	// last are the number of the last row and the column of its last cell.
	lastRow, lastColumn int
	// shared are the formulas that other cells share, by their number.
	shared map[string]sharedFormula
}

type sharedFormula struct {
	formula     *reference.Formula
	row, column int
}

// read cuts the part at its rows and reads them.
func (r *sheetReader) read() error {
	for {
		t, ok, err := r.next()
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("it has no rows element")
		}
		if !t.is("sheetData") {
			continue
		}
		r.sheet.head = r.b[:t.start]
		if t.kind == tagOpen {
			if err := r.readRows(); err != nil {
				return err
			}
		}
		r.sheet.tail = r.b[r.at:]
		r.applyNames()
		return nil
	}
}

func (r *sheetReader) readRows() error {
	for {
		t, ok, err := r.next()
		switch {
		case err != nil:
			return err
		case !ok:
			return errEnd
		case t.is("sheetData"):
			return nil
		case !t.is("row"):
			return fmt.Errorf("byte %d: %s is not known among rows", t.start, t.name)
		case t.kind == tagClose:
			continue
		}
		if err := r.readRow(t); err != nil {
			return err
		}
	}
}

func (r *sheetReader) readRow(t tag) error {
	number := r.lastRow + 1
	if text := t.get("r"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < number || n > reference.MaxRow {
			return fmt.Errorf("row %q is out of place after row %d", text, r.lastRow)
		}
		number = n
	}
	r.lastRow, r.lastColumn = number, 0
	t = t.with("r", strconv.Itoa(number))
	_, start, end := t.attribute("r")
	r.row = &row{number: number, before: t.raw[:start], after: t.raw[end:]}
	r.sheet.rows = append(r.sheet.rows, r.row)
	if t.kind == tagEmpty {
		return nil
	}
	r.row.end = []byte("</row>")
	for {
		t, ok, err := r.next()
		switch {
		case err != nil:
			return err
		case !ok:
			return errEnd
		case t.is("row"):
			return nil
		case !t.is("c"):
			return fmt.Errorf("byte %d: %s is not known in a row", t.start, t.name)
		}
		if err := r.readCell(t); err != nil {
			return err
		}
	}
}

func (r *sheetReader) readCell(t tag) error {
	column := r.lastColumn + 1
	if text := t.get("r"); text != "" {
		letters := strings.TrimRight(text, "0123456789")
		n := columnNumber(letters)
		if n < column || n > reference.MaxColumn || text[len(letters):] != strconv.Itoa(r.row.number) {
			return fmt.Errorf("cell %q is out of place in row %d", text, r.row.number)
		}
		column = n
	}
	r.lastColumn = column
	content, err := r.element(t)
	if err != nil {
		return err
	}
	c := &cell{column: column}
	r.row.cells = append(r.row.cells, c)
	t = t.with("r", r.reference(c))
	if style := t.get("s"); style != "" {
		if c.style, err = strconv.Atoi(style); err != nil {
			return fmt.Errorf("cell %s has the style %q", r.reference(c), style)
		}
	}
	c.holds = len(content) > 0
	done, err := r.readFormula(c, t, content)
	if err == nil && !done {
		done, err = r.readText(c, t, content)
	}
	if err != nil || done {
		return err
	}
	c.cut(t)
	if t.kind == tagOpen {
		c.after = append(append(c.after[:len(c.after):len(c.after)], content...), "</c>"...)
	}
	return nil
}

// reference is where the cell stands in the template.
func (r *sheetReader) reference(c *cell) string {
	return columnLetters(c.column) + strconv.Itoa(r.row.number)
}

// cut takes the tag apart where the row's number is.
func (c *cell) cut(t tag) {
	_, start, end := t.attribute("r")
	c.before = t.raw[:start+len(columnLetters(c.column))]
	c.after = t.raw[end:]
}

// readText reads a cell of text, if there are markers in it.
func (r *sheetReader) readText(c *cell, t tag, content []byte) (bool, error) {
	runs, err := r.runs(t.get("t"), content)
	if runs == nil || err != nil {
		return false, err
	}
	pieces, err := parseText(joinRuns(runs))
	if err != nil {
		return false, &PlaceError{Sheet: r.sheet.name, Cell: r.reference(c), Err: err}
	}
	if pieces == nil {
		return false, nil
	}
	c.fill(r, runs, pieces)
	return true, nil
}

// runs are those of a cell's text; nil where no marker can be.
func (r *sheetReader) runs(kind string, content []byte) ([]run, error) {
	if kind != "s" && kind != "inlineStr" {
		return nil, nil
	}
	s := scanner{b: content}
	t, ok, err := s.next()
	if err != nil || !ok {
		return nil, err
	}
	inside, err := s.element(t)
	switch {
	case err != nil:
		return nil, err
	case kind == "s" && t.is("v"):
		return r.compiler.strings.runs(string(inside))
	case kind == "inlineStr" && t.is("is"):
		return parseRuns(inside)
	}
	return nil, nil
}

// fill makes a cell one that is filled.
func (c *cell) fill(r *sheetReader, runs []run, pieces []piece) {
	r.sheet.filled = true
	text := joinRuns(runs)
	c.before = []byte(`<c r="` + columnLetters(c.column))
	c.after, c.holds = nil, false
	fields := make(map[*marker]*field)
	var only *field
	count := 0
	blank := true
	for _, p := range pieces {
		written := text[p.start:p.end]
		if p.marker == nil {
			blank = blank && strings.TrimSpace(written) == ""
			continue
		}
		r.compiler.mark(r.sheet, r.reference(c), written, r.row.number, p.marker)
		switch p.marker.kind {
		case Field, Image:
			only = r.compiler.field(r.sheet, p.marker, r.reference(c))
			fields[p.marker] = only
			count++
		default:
			r.row.bounds = append(r.row.bounds, bound{marker: p.marker, cell: c, row: r.row.number, text: written})
		}
	}
	switch {
	case blank && count == 0:
		c.after = c.styled()
		return
	case blank && count == 1:
		c.field, c.empty = only, c.styled()
	default:
		c.words = splitRuns(runs, pieces, fields)
		r.compiler.checkWords(r.sheet, fields)
	}
	c.holds = true
}

// styled is what follows the reference of an empty cell.
func (c *cell) styled() []byte {
	if c.style == 0 {
		return []byte(`"/>`)
	}
	return []byte(`" s="` + strconv.Itoa(c.style) + `"/>`)
}

// readFormula reads a cell with a formula.
func (r *sheetReader) readFormula(c *cell, t tag, content []byte) (bool, error) {
	s := scanner{b: content}
	f, ok, err := s.next()
	if err != nil || !ok || !f.is("f") {
		return false, err
	}
	inside, err := s.element(f)
	if err != nil {
		return false, err
	}
	kind := f.get("t")
	if kind == "dataTable" {
		r.compiler.refuse(r.sheet, r.reference(c), "a data table")
		return false, nil
	}
	parsed, err := r.parseFormula(c, f, unescape(inside))
	if err != nil {
		r.compiler.refuse(r.sheet, r.reference(c), err.Error())
		return false, nil
	}
	c.cut(t.with("t", ""))
	c.formula = &formula{parsed: parsed, tag: []byte("<f>"), text: []byte(escape(parsed.String()))}
	if kind == "array" {
		_, start, end := f.attribute("ref")
		c.formula.array = f.get("ref")
		c.formula.tag, c.formula.rest = f.raw[:start], f.raw[end:]
	}
	return true, nil
}

// parseFormula reads a formula's text; that of a cell that shares another's is made here.
func (r *sheetReader) parseFormula(c *cell, f tag, text string) (*reference.Formula, error) {
	number := f.get("si")
	if f.get("t") != "shared" || number == "" {
		return reference.Parse(text)
	}
	if text != "" {
		parsed, err := reference.Parse(text)
		if err != nil {
			return nil, err
		}
		r.shared[number] = sharedFormula{parsed, r.row.number, c.column}
		return parsed, nil
	}
	from, ok := r.shared[number]
	if !ok {
		return nil, fmt.Errorf("the formula shared as %s is not there", number)
	}
	return reference.Parse(from.formula.Offset(r.row.number-from.row, c.column-from.column))
}

// columnNumber reads a column's letters; 0 for what are none.
func columnNumber(letters string) int {
	n := 0
	for _, c := range []byte(letters) {
		if c < 'A' || c > 'Z' || n > reference.MaxColumn {
			return 0
		}
		n = n*26 + int(c-'A') + 1
	}
	return n
}

// columnLetters writes a column's number, from 1.
func columnLetters(n int) string {
	var b [4]byte
	i := len(b)
	for ; n > 0; n = (n - 1) / 26 {
		i--
		b[i] = byte('A' + (n-1)%26)
	}
	return string(b[i:])
}
