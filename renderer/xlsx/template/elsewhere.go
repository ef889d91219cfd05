package template

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

var (
	errMarkerInFormula = errors.New("a marker in a formula is not filled; give it a cell of its own, and let the formula refer to the cell")
	errMarkerInHeader  = errors.New("a marker in a header or footer of the page is not filled; give it a cell, in rows that are printed on every page if need be")
	errMarkerInBox     = errors.New("a marker in a text box is not filled; give it a cell, and have the box show the cell: select the box and write =A1 into the formula bar")
	errMarkerInRule    = errors.New("a marker in a data validation or a conditional format is not filled; give it a cell, and let the rule refer to the cell")
	errMarkerInChart   = errors.New("a marker in a chart's title or label is not filled; give it a cell, and have the title show the cell: select the title and write =Sheet1!$A$1 into the formula bar")
)

// hasMarker says whether there is a marker in a formula, other than in the name of a
// sheet that it names.
func (c *compiler) hasMarker(formula string) bool {
	for _, s := range c.sheets {
		if s.title != nil {
			formula = strings.ReplaceAll(formula, s.name, "")
		}
	}
	return strings.Contains(formula, opening)
}

// checkElsewhere looks for markers where people expect them to be filled, and they are
// not.
func (c *compiler) checkElsewhere(s *sheet) error {
	header, err := findElement(s.tail, "headerFooter")
	if err != nil {
		return fmt.Errorf("part %s: %w", s.part.name, err)
	}
	if bytes.Contains(s.tail[header.start:header.end], []byte(opening)) {
		c.mistake(&PlaceError{Sheet: s.name, Err: errMarkerInHeader})
	}
	if err := c.checkRules(s); err != nil {
		return err
	}
	name := first(s.relations, "drawing")
	if name == "" {
		return nil
	}
	if err := c.checkBoxes(s, name); err != nil {
		return err
	}
	return c.checkCharts(s, name)
}

// checkRules looks for markers in what is allowed in cells and how they look.
func (c *compiler) checkRules(s *sheet) error {
	e := newEdit(s.tail)
	return e.each(func(t *tag) error {
		if what := t.local(); what != "dataValidation" && what != "conditionalFormatting" {
			return nil
		}
		rule, err := e.element(*t)
		if err == nil && (c.hasMarker(unescape(rule)) || c.hasMarker(unescape(t.raw))) {
			c.mistake(&PlaceError{Sheet: s.name, Cell: t.get("sqref"), Err: errMarkerInRule})
		}
		return err
	})
}

// checkCharts looks for markers in charts' own texts; what they remember of cells is none.
func (c *compiler) checkCharts(s *sheet, drawing string) error {
	return c.eachChart(drawing, func(content []byte) error {
		e := newEdit(content)
		return e.each(func(t *tag) error {
			if t.local() != "t" {
				return nil
			}
			text, _, _, err := e.text(t)
			if err == nil && strings.Contains(text, opening) {
				c.mistake(&PlaceError{Sheet: s.name, Err: errMarkerInChart})
			}
			return err
		})
	})
}

// eachChart calls do for the charts of a drawing.
func (c *compiler) eachChart(drawing string, do func(content []byte) error) error {
	all, err := c.parts.relations(drawing)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.external || r.kind != "chart" && r.kind != "chartEx" {
			continue
		}
		content, err := c.parts.read(r.target)
		if err == nil {
			err = do(content)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkBoxes looks for markers in text boxes.
func (c *compiler) checkBoxes(s *sheet, drawing string) error {
	content, err := c.parts.read(drawing)
	if err != nil {
		return err
	}
	e := newEdit(content)
	return e.each(func(t *tag) error {
		if t.local() != "sp" {
			return nil
		}
		box, err := e.element(*t)
		if err == nil && t.get("textlink") == "" && bytes.Contains(box, []byte(opening)) {
			c.mistake(&PlaceError{Sheet: s.name, Err: errMarkerInBox})
		}
		return err
	})
}
