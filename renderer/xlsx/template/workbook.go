package template

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// workbook is the template's part of that name.
type workbook struct {
	part      *part
	relations []relation
	// names are the defined names, in upper case.
	names []string
}

const namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

func (c *compiler) readWorkbook() error {
	root, err := c.parts.relations("")
	if err != nil {
		return err
	}
	name := first(root, "officeDocument")
	content, err := c.parts.read(name)
	if err != nil {
		return fmt.Errorf("find the workbook: %w", err)
	}
	c.workbook = &workbook{part: c.parts.find(name)}
	if c.workbook.relations, err = c.parts.relations(name); err != nil {
		return err
	}
	if err := c.readSheets(content); err != nil {
		return fmt.Errorf("part %s: %w", name, err)
	}
	return c.readStringsAndStyles()
}

func (c *compiler) readStringsAndStyles() error {
	if name := first(c.workbook.relations, "sharedStrings"); name != "" {
		content, err := c.parts.read(name)
		if err != nil {
			return err
		}
		if c.strings, err = parseSharedStrings(content); err != nil {
			return fmt.Errorf("part %s: %w", name, err)
		}
	}
	c.stylesPart = first(c.workbook.relations, "styles")
	content, err := c.parts.read(c.stylesPart)
	if err != nil {
		return err
	}
	if c.styles, err = parseStyles(content); err != nil {
		return fmt.Errorf("part %s: %w", c.stylesPart, err)
	}
	return nil
}

var errDate1904 = errors.New("its dates are counted from 1904; turn that off in Excel under File, Options, Advanced, \"Use 1904 date system\", and correct the dates in it")

// readSheets reads the workbook's list of sheets, and its names.
func (c *compiler) readSheets(content []byte) error {
	s := scanner{b: content}
	for {
		t, ok, err := s.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		switch {
		case t.kind == tagClose:
		case t.is("workbook"):
			if t.get("xmlns") != namespace {
				return errors.New("it is of the strict form of workbooks; save it as an ordinary .xlsx")
			}
		case t.is("workbookPr") && t.truth("date1904"):
			return errDate1904
		case t.is("sheet"):
			err = c.addSheet(&t)
		case t.is("definedName"):
			err = c.addName(&s, &t)
		}
		if err != nil {
			return err
		}
	}
	if len(c.sheets) == 0 {
		return errors.New("it has no sheets whose elements have no prefix; save it with Excel once")
	}
	return nil
}

func (c *compiler) addSheet(t *tag) error {
	name, id := t.get("name"), t.get(t.relation())
	i := slices.IndexFunc(c.workbook.relations, func(r relation) bool { return r.id == id })
	if i < 0 {
		return fmt.Errorf("the part of sheet %q is not named", name)
	}
	r := c.workbook.relations[i]
	s := &sheet{name: name, index: len(c.sheets), part: c.parts.find(r.target), relation: r.id}
	if s.part == nil {
		return fmt.Errorf("the part %q of sheet %q is missing", r.target, name)
	}
	s.worksheet = r.kind == "worksheet"
	s.title = c.readTitle(s)
	c.sheets = append(c.sheets, s)
	return nil
}

// writeParts makes the parts that are not as in the template, but the same in every
// workbook: without the order of calculation, which changes, and with the instruction
// to calculate anew.
func (c *compiler) writeParts() error {
	if len(c.named) > 0 {
		if err := c.rewrite(c.workbook.part, dropNames); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(c.sheets, (*sheet).recalculated) {
		return nil
	}
	if err := c.rewrite(c.workbook.part, recalculate); err != nil {
		return err
	}
	chain := c.parts.find(first(c.workbook.relations, "calcChain"))
	if chain == nil {
		return nil
	}
	c.written[chain] = nil
	for _, name := range []string{"[Content_Types].xml", relationsPart(c.workbook.part.name)} {
		if err := c.drop(name, chain); err != nil {
			return err
		}
	}
	return nil
}

// recalculated says whether the results of formulas in the sheet are dropped.
func (s *sheet) recalculated() bool {
	return s.filled && slices.ContainsFunc(s.rows, func(r *row) bool {
		return slices.ContainsFunc(r.cells, func(c *cell) bool { return c.formula != nil })
	})
}

// drop takes what leads to a part out of another one.
func (c *compiler) drop(from string, gone *part) error {
	if c.parts.find(from) == nil {
		return fmt.Errorf("the part %q is missing", from)
	}
	return c.rewrite(c.parts.find(from), func(content []byte) ([]byte, error) {
		return c.without(content, gone)
	})
}

// without is a list of parts, or of relations, without one.
func (c *compiler) without(content []byte, gone *part) ([]byte, error) {
	var b []byte
	at := 0
	err := eachTag(content, func(t *tag) {
		target := t.get("Target")
		if target != "" {
			target = absolute(c.workbook.part.name, target)
		}
		for _, name := range []string{strings.TrimPrefix(t.get("PartName"), "/"), target} {
			if t.kind == tagEmpty && name != "" && strings.EqualFold(name, gone.name) {
				b, at = append(b, content[at:t.start]...), t.end
			}
		}
	})
	return append(b, content[at:]...), err
}

// rewrite changes a part for every workbook.
func (c *compiler) rewrite(p *part, change func([]byte) ([]byte, error)) error {
	content, err := c.current(p)
	if err == nil {
		content, err = change(content)
	}
	if err != nil {
		return fmt.Errorf("part %s: %w", p.name, err)
	}
	c.written[p] = content
	return nil
}

// current is a part as every workbook has it, if nothing moves.
func (t *Template) current(p *part) ([]byte, error) {
	if content, ok := t.written[p]; ok {
		return content, nil
	}
	return t.parts.read(p.name)
}

// beforeCalc are the ends of the workbook's elements that stand before that of the calculation.
var beforeCalc = []string{"</sheets>", "</functionGroups>", "</externalReferences>", "</definedNames>"}

// recalculate has formulas computed when the workbook is opened.
func recalculate(workbook []byte) ([]byte, error) {
	s := scanner{b: workbook}
	for {
		t, ok, err := s.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if t.is("calcPr") && t.kind != tagClose {
			changed := t.with("fullCalcOnLoad", "1")
			return slices.Concat(workbook[:t.start], changed.raw, workbook[t.end:]), nil
		}
	}
	at := 0
	for _, element := range beforeCalc {
		if i := bytes.LastIndex(workbook, []byte(element)); i >= 0 {
			at = max(at, i+len(element))
		}
	}
	return slices.Concat(workbook[:at], []byte(`<calcPr fullCalcOnLoad="1"/>`), workbook[at:]), nil
}
