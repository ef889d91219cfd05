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
		return &PlaceError{Sheet: s.name, Err: errMarkerInHeader}
	}
	name := first(s.relations, "drawing")
	if name == "" {
		return nil
	}
	content, err := c.parts.read(name)
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
			err = &PlaceError{Sheet: s.name, Err: errMarkerInBox}
		}
		return err
	})
}
