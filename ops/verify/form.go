package verify

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// form is a template as a customer drew it, as far as cells and pictures go: what stays,
// and what is filled in. The rules are those of the documentation of templates, written
// down here a second time.
type form struct {
	sheets []*formSheet
	// asked are the names of blocks and conditions.
	asked map[string]bool
	// named are the names of the values that are shown or asked for within blocks of a
	// query, by the query; repeated are those of the blocks within.
	named, repeated map[string]map[string]bool
	// drawn are the digests of the pictures that the template has itself.
	drawn map[string]bool
}

// formSheet is a sheet of a form.
type formSheet struct {
	name       string
	visibility cells.Visibility
	worksheet  bool
	// title is the name in pieces; nil for one without markers.
	title []formPiece
	// each makes a sheet for each row of a query; nil for one sheet.
	each *formBlock
	// rows are those that hold anything, by their numbers; last is the number of the last.
	rows map[int][]formCell
	last int
	// root has all rows.
	root *formBlock
	// merged are the ranges that cells are merged to; across are those that an edge of a block
	// crosses, which grow with it.
	merged, across []area
}

// formCell is a cell that holds something, or is filled in.
type formCell struct {
	drawn cells.Cell
	// pieces are what is filled in; nil for a cell that stays as it is.
	pieces []formPiece
}

// formPiece is text, or else a field.
type formPiece struct {
	text  string
	field *formField
}

// formField is a marker that stands for a value.
type formField struct {
	name, format string
	image        bool
}

// readForm reads a template's file.
func readForm(file []byte) (*form, error) {
	book, err := cells.Open(bytes.NewReader(file), int64(len(file)), cells.Limits{SharedStringBytes: sharedStringBytes})
	if err != nil {
		return nil, err
	}
	f := &form{asked: map[string]bool{}, named: map[string]map[string]bool{}, repeated: map[string]map[string]bool{}, drawn: map[string]bool{}}
	for _, sheet := range book.Sheets() {
		s := &formSheet{name: sheet.Name, visibility: sheet.Visibility, worksheet: sheet.Worksheet, rows: map[int][]formCell{}}
		f.sheets = append(f.sheets, s)
		r := &formReader{form: f, sheet: s}
		if err := r.read(sheet, book.Names()); err != nil {
			return nil, fmt.Errorf("sheet %q: %w", sheet.Name, err)
		}
		pictures, err := sheet.Pictures()
		if err != nil {
			return nil, err
		}
		for _, p := range pictures {
			f.drawn[p.SHA256] = true
		}
	}
	if err := f.keepBlocks(book); err != nil {
		return nil, err
	}
	return f, nil
}

// note remembers that a marker within blocks uses a name.
func note(into map[string]map[string]bool, blocks []string, name string) {
	for _, block := range blocks {
		if into[block] == nil {
			into[block] = map[string]bool{}
		}
		into[block][name] = true
	}
}

// formReader reads one sheet of a form.
type formReader struct {
	form  *form
	sheet *formSheet
	// open are the blocks that are not at their end, the outermost first.
	open []*formBlock
	// merged are the last rows of merged cells, by the row and column of the first one.
	merged map[[2]int]int
}

func (r *formReader) read(sheet *cells.Sheet, names []cells.Name) error {
	s := r.sheet
	s.root = &formBlock{first: 1}
	r.open = []*formBlock{s.root}
	r.readTitle()
	bounds := map[int][]formMarker{}
	err := sheet.Rows(func(number int, line []cells.Cell) error {
		for _, drawn := range line {
			r.readCell(drawn, bounds)
		}
		return nil
	})
	if err != nil {
		return err
	}
	layout, err := sheet.Layout()
	if err != nil {
		return err
	}
	r.merged = map[[2]int]int{}
	for _, ref := range layout.Merges {
		if a, ok := areaOf(ref); ok {
			r.merged[[2]int{a.top, a.left}] = a.bottom
			s.merged = append(s.merged, a)
		}
	}
	named := r.readNames(names, bounds)
	s.root.last = s.last
	if err := r.readBlocks(bounds, named); err != nil {
		return err
	}
	for _, m := range s.merged {
		if s.root.crosses(m.top, m.bottom) {
			s.across = append(s.across, m)
		}
	}
	r.noteFields()
	return nil
}

// readTitle reads the sheet's name.
func (r *formReader) readTitle() {
	pieces, markers := cutText(r.sheet.name)
	if pieces == nil {
		return
	}
	r.sheet.title = slices.DeleteFunc(pieces, func(p formPiece) bool { return p.field == nil && p.text == "" })
	if len(markers) > 0 {
		r.sheet.each = &formBlock{kind: markers[0].kind, name: markers[0].name}
		r.form.asked[r.sheet.each.name] = true
	}
}

// readCell takes a cell, and what it has of blocks' markers into the bounds of its row.
func (r *formReader) readCell(drawn cells.Cell, bounds map[int][]formMarker) {
	c := formCell{drawn: drawn}
	if drawn.Kind == cells.Text && drawn.Formula == "" {
		var markers []formMarker
		c.pieces, markers = cutText(drawn.Text)
		for _, m := range markers {
			m.col = drawn.Col
			bounds[drawn.Row] = append(bounds[drawn.Row], m)
		}
	}
	r.put(c)
}

// put adds a cell, or replaces the one at its place.
func (r *formReader) put(c formCell) {
	row := r.sheet.rows[c.drawn.Row]
	i, found := slices.BinarySearchFunc(row, c.drawn.Col, func(have formCell, col int) int { return have.drawn.Col - col })
	if found {
		row[i] = c
	} else {
		row = slices.Insert(row, i, c)
	}
	r.sheet.rows[c.drawn.Row] = row
	r.sheet.last = max(r.sheet.last, c.drawn.Row)
}

// holds says whether anything is in the cell but markers of blocks.
func (c *formCell) holds() bool {
	if c.pieces == nil {
		return c.drawn.Kind != cells.Empty || c.drawn.Formula != ""
	}
	return slices.ContainsFunc(c.pieces, func(p formPiece) bool { return p.field != nil || strings.TrimSpace(p.text) != "" })
}

// asks says whether a value is filled in.
func (c *formCell) asks() bool {
	return slices.ContainsFunc(c.pieces, func(p formPiece) bool { return p.field != nil })
}

// only is the field that is alone in the cell; nil for text with fields or none.
func (c *formCell) only() *formField {
	var only *formField
	for _, p := range c.pieces {
		switch {
		case p.field != nil && only != nil, p.field == nil && strings.TrimSpace(p.text) != "":
			return nil
		case p.field != nil:
			only = p.field
		}
	}
	return only
}
