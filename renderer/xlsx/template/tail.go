package template

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// merge repeats merged cells; what is but one cell now is merged no more.
func (f *tailEdit) merge(element []byte) ([]byte, error) {
	t, err := openingTag(element)
	if err != nil {
		return nil, err
	}
	refs := slices.DeleteFunc(f.grid.Ranges(t.get("ref")), func(ref string) bool {
		from, to, isRange := strings.Cut(ref, ":")
		return !isRange || from == to
	})
	return repeated(element, "ref", refs)
}

func (f *tailEdit) watch(element []byte) ([]byte, error) {
	t, err := openingTag(element)
	if err != nil {
		return nil, err
	}
	return repeated(element, "r", f.grid.Ranges(t.get("r")))
}

// area moves what is said of cells once for all of them, with its formulas, which are
// written for the first of these cells.
func (f *tailEdit) area(element []byte) ([]byte, error) {
	sqref, err := sqrefOf(element)
	if err != nil {
		return nil, err
	}
	sqref = f.grid.Sqref(sqref)
	if sqref == "" {
		return nil, nil
	}
	at := placeAt(f.grid, sqref)
	e := newEdit(element)
	err = e.each(func(t *tag) error {
		switch t.local() {
		case "sqref":
			_, start, end, err := e.text(t)
			e.replace(start, end, []byte(sqref))
			return err
		case "formula", "f":
			_, err := e.moveText(t, reference.Parse, at)
			return err
		case "formula1", "formula2":
			if !bytes.Contains(element, []byte(":f>")) { // else they hold elements
				_, err := e.moveText(t, reference.Parse, at)
				return err
			}
		}
		e.setAttribute(t, "sqref", sqref)
		return nil
	})
	return e.bytes(), err
}

// sqrefOf gives the cells that an element is about: an attribute, or, among extensions,
// an element within.
func sqrefOf(element []byte) (sqref string, err error) {
	e := newEdit(element)
	err = e.each(func(t *tag) error {
		if text := t.get("sqref"); text != "" {
			sqref = text
		}
		if t.local() == "sqref" {
			sqref, _, _, err = e.text(t)
		}
		return err
	})
	return sqref, err
}

// placeAt is the place of what is written for the first cell of a list of ranges.
func placeAt(g *reference.Grid, sqref string) reference.Place {
	digits := strings.TrimLeft(sqref, "$ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = digits[:end]
	}
	row, err := strconv.Atoi(digits)
	if err != nil {
		return g.Page() // whole columns
	}
	return g.At(row)
}

// link repeats a link, and moves the place in the workbook that it leads to.
func (f *tailEdit) link(element []byte) ([]byte, error) {
	t, err := openingTag(element)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, ref := range f.grid.Ranges(t.get("ref")) {
		changed := t.with("ref", ref)
		if location := t.get("location"); location != "" {
			if to, err := reference.Parse(location); err == nil { // else it is no place in cells
				changed = changed.with("location", string(to.Append(nil, placeAt(f.grid, ref))))
			}
		}
		b = append(append(b, changed.raw...), element[t.end:]...)
	}
	return b, nil
}

// filter moves a filter, or the order of a range, and the ranges within.
func (f *tailEdit) filter(element []byte) ([]byte, error) {
	e := newEdit(element)
	gone := false
	err := e.each(func(t *tag) error {
		if key, _, _ := t.attribute("ref"); key > 0 {
			ref := f.grid.Range(t.get("ref"))
			gone = gone || ref == ""
			e.setAttribute(t, "ref", ref)
		}
		return nil
	})
	if gone {
		return nil, err
	}
	return e.bytes(), err
}

// maxBreaks is how many page breaks the schema of Excel's files has in a sheet; those beyond
// are left out.
const maxBreaks = 1022

// rowBreak moves a page break, which lies between a row and the next. It is in every
// copy of a block that both rows belong to. One between a block and what is below it
// is there once, below the last copy.
func (f *tailEdit) rowBreak(element []byte) ([]byte, error) {
	t, err := openingTag(element)
	if err != nil {
		return nil, err
	}
	above, err := strconv.Atoi(t.get("id"))
	if err != nil || above < 1 || above >= reference.MaxRow {
		return element, nil //nolint:nilerr // no place that a row could take it away from
	}
	var rows []string
	spans := f.grid.Spans(above, above)
	for _, both := range f.grid.Copies(above, above+1) {
		row := both.First - 1 // if all that was above it is gone
		for len(spans) > 0 && spans[0].Last < both.First {
			spans = spans[1:]
		}
		for len(spans) > 0 && spans[0].First <= both.Last {
			row = min(spans[0].Last, both.Last)
			if spans[0].Last > both.Last {
				break
			}
			spans = spans[1:]
		}
		if row > 0 && f.breaks < maxBreaks {
			f.breaks++
			rows = append(rows, strconv.Itoa(row))
		}
	}
	return repeated(element, "id", slices.Compact(rows))
}

// withoutDisplays drops what links say that their cells show, where that is a marker.
func withoutDisplays(tail []byte) ([]byte, error) {
	e := newEdit(tail)
	err := e.each(func(t *tag) error {
		if t.is("hyperlink") && strings.Contains(t.get("display"), opening) {
			changed := t.with("display", "")
			e.replace(t.start, t.end, changed.raw)
		}
		return nil
	})
	return e.bytes(), err
}
