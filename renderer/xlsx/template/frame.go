package template

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// frameXML gives what is before and behind the rows of a page.
func (f *filling) frameXML(p *page) (head, tail []byte, err error) {
	if !f.moved {
		return p.sheet.head, p.sheet.tail, nil
	}
	if head, err = followHead(p.sheet.head, p); err != nil {
		return nil, nil, err
	}
	tail, err = followTail(p.sheet.tail, p.grid)
	return head, tail, err
}

// followHead moves what is said before a page's rows. A copy of a sheet is not in front
// together with the first one: what is typed into one would be typed into both.
func followHead(content []byte, p *page) ([]byte, error) {
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		switch t.local() {
		case "dimension":
			if ref := p.grid.Range(t.get("ref")); ref != "" {
				e.setAttribute(t, "ref", ref)
			}
		case "sheetView":
			if p.number > 0 {
				e.setAttribute(t, "tabSelected", "0")
			}
		case "sheetPr": // no two sheets have one name in macros
			if p.number > 0 {
				changed := t.with("codeName", "")
				e.replace(t.start, t.end, changed.raw)
			}
		}
		return nil
	})
	return e.bytes(), err
}

// followTail moves what is said behind a page's rows: what its cells are merged to, in
// which of them there are rules and links, and so on. What is for cells that are gone is
// left out, and so is a list of which nothing is left.
func followTail(content []byte, g *reference.Grid) ([]byte, error) {
	f := tailEdit{edit: newEdit(content), grid: g}
	err := f.each(func(t *tag) error {
		switch t.local() {
		case "mergeCells":
			return f.list(t, f.merge)
		case "dataValidations", "protectedRanges", "ignoredErrors", "conditionalFormattings":
			return f.list(t, f.area)
		case "hyperlinks":
			return f.list(t, f.link)
		case "cellWatches":
			return f.list(t, f.watch)
		case "rowBreaks":
			return f.list(t, f.rowBreak)
		case "sparklines":
			return f.list(t, f.sparkline)
		case "conditionalFormatting":
			return f.whole(t, f.area)
		case "autoFilter", "sortState":
			return f.whole(t, f.filter)
		}
		return nil
	})
	return f.bytes(), err
}

type tailEdit struct {
	*edit
	grid *reference.Grid
}

// whole replaces an element by what it becomes, which is nothing if it is empty.
func (f *tailEdit) whole(t *tag, become func(element []byte) ([]byte, error)) error {
	if _, err := f.element(*t); err != nil {
		return err
	}
	b, err := become(f.b[t.start:f.at])
	if err == nil {
		f.replace(t.start, f.at, b)
	}
	return err
}

// list replaces the elements of a list by what each becomes, and counts them.
func (f *tailEdit) list(t *tag, become func(element []byte) ([]byte, error)) error {
	inside, err := f.element(*t)
	if err != nil {
		return err
	}
	var b []byte
	s := scanner{b: inside}
	for {
		child, ok, err := s.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if _, err := s.element(child); err != nil {
			return err
		}
		changed, err := become(inside[child.start:s.at])
		if err != nil {
			return err
		}
		b = append(b, changed...)
	}
	if len(b) == 0 {
		f.replace(t.start, f.at, nil)
		return nil
	}
	count, err := countElements(b)
	if err != nil {
		return err
	}
	opening := t.counted(count)
	closing := f.b[t.end+len(inside) : f.at]
	f.replace(t.start, f.at, slices.Concat(opening.raw, b, closing))
	return nil
}

// countElements counts those that are not within others.
func countElements(b []byte) (n int, err error) {
	s := scanner{b: b}
	for {
		t, ok, err := s.next()
		if err != nil || !ok {
			return n, err
		}
		n++
		if _, err := s.element(t); err != nil {
			return n, err
		}
	}
}

// counted is a list's opening tag with its counts, where it has any.
func (t *tag) counted(n int) tag {
	counted := *t
	for _, name := range []string{"count", "manualBreakCount"} {
		if key, _, _ := t.attribute(name); key > 0 {
			counted = counted.with(name, strconv.Itoa(n))
		}
	}
	return counted
}

// openingTag is the first tag of an element.
func openingTag(element []byte) (tag, error) {
	s := scanner{b: element}
	t, ok, err := s.next()
	if err == nil && !ok {
		err = errEnd
	}
	return t, err
}

// repeated is an element for each of some ranges.
func repeated(element []byte, attribute string, refs []string) ([]byte, error) {
	t, err := openingTag(element)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, ref := range refs {
		changed := t.with(attribute, ref)
		b = append(append(b, changed.raw...), element[t.end:]...)
	}
	return b, nil
}

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
			if to, err := reference.ParseArea(location); err == nil { // else it is no place in cells
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

// sparkline repeats a chart within a cell.
func (f *tailEdit) sparkline(element []byte) ([]byte, error) {
	sqref, err := sqrefOf(element)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, ref := range f.grid.Ranges(sqref) {
		e := newEdit(element)
		err := e.each(func(t *tag) error {
			switch t.local() {
			case "sqref":
				_, start, end, err := e.text(t)
				e.replace(start, end, []byte(ref))
				return err
			case "f":
				_, err := e.moveText(t, reference.ParseArea, placeAt(f.grid, ref))
				return err
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		b = append(b, e.bytes()...)
	}
	return b, nil
}

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
	for _, both := range f.grid.Copies(above, above+1) {
		row := both.First - 1 // if all that was above it is gone
		for _, s := range f.grid.Spans(above, above) {
			if both.First <= s.First && s.First <= both.Last {
				row = min(s.Last, both.Last)
			}
		}
		if row > 0 {
			rows = append(rows, strconv.Itoa(row))
		}
	}
	return repeated(element, "id", slices.Compact(rows))
}
