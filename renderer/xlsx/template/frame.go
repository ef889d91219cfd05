package template

import (
	"slices"
	"strconv"

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
		case "extLst":
			return f.list(t, f.extension)
		case "sparklineGroups":
			return f.list(t, f.sparklineGroup)
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
	// breaks counts those of pages.
	breaks int
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

// list replaces the elements of a list by what each becomes, and counts them. A list of
// which nothing is left goes.
func (f *tailEdit) list(t *tag, become func(element []byte) ([]byte, error)) error {
	_, err := f.listLeft(t, become)
	return err
}

// listLeft is list, and says how many elements are left.
func (f *tailEdit) listLeft(t *tag, become func(element []byte) ([]byte, error)) (count int, err error) {
	inside, err := f.element(*t)
	if err != nil {
		return 0, err
	}
	var b []byte
	s := scanner{b: inside}
	for {
		child, ok, err := s.next()
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		if _, err := s.element(child); err != nil {
			return 0, err
		}
		changed, err := become(inside[child.start:s.at])
		if err != nil {
			return 0, err
		}
		b = append(b, changed...)
	}
	if len(b) == 0 {
		f.replace(t.start, f.at, nil)
		return 0, nil
	}
	if count, err = countElements(b); err != nil {
		return 0, err
	}
	opening := t.counted(count)
	closing := f.b[t.end+len(inside) : f.at]
	f.replace(t.start, f.at, slices.Concat(opening.raw, b, closing))
	return count, nil
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
