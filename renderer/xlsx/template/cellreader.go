package template

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// readText reads a cell of text, if there are markers in it.
func (r *sheetReader) readText(c *cell, t tag, content []byte) (bool, error) {
	runs, err := r.runs(t.get("t"), content)
	if runs == nil || err != nil {
		return false, err
	}
	text := joinRuns(runs)
	pieces := parseText(text)
	r.compiler.warnOfMistyped(r.sheet, r.reference(c), text, pieces)
	if pieces == nil {
		return false, nil
	}
	c.fill(r, runs, pieces)
	for _, w := range c.words {
		r.compiler.checkWords(r.sheet, r.reference(c), w.pieces)
	}
	return true, nil
}

// runs are those of a cell's text; nil where no marker can be, nor what is meant as one.
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
	c.before = c.opened()
	c.after, c.holds = nil, false
	fields := make(map[*marker]*field)
	var only *field
	count := 0
	blank := true
	for _, p := range pieces {
		written := text[p.start:p.end]
		if p.err != nil {
			r.compiler.mistakeIn(r.sheet, r.reference(c), text, &p)
		}
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
	case count > 0:
		c.words, c.empty = splitRuns(runs, pieces, fields), c.styled()
	default:
		c.words = splitRuns(runs, pieces, fields)
	}
	c.holds = true
}

// opened is what stands before the row's number.
func (c *cell) opened() []byte { return []byte(`<c r="` + columnLetters(c.column)) }

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
	if r.compiler.hasMarker(unescape(inside)) {
		r.compiler.mistake(&PlaceError{Sheet: r.sheet.name, Cell: r.reference(c), Err: errMarkerInFormula})
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
