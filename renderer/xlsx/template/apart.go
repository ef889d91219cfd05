package template

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// A sheet that is there for each row of a query is several sheets in the workbook. What
// stands elsewhere and wants one range of it, such as COUNTIF or a chart, can have none.

// checkApart refuses what wants one range of a sheet that is repeated.
func (c *compiler) checkApart() error {
	if !slices.ContainsFunc(c.sheets, (*sheet).repeated) {
		return nil
	}
	m, err := reference.New(sheetsTwice(c.sheets, func(*sheet) []reference.Block { return nil }))
	if err != nil {
		return err
	}
	for i, s := range c.sheets {
		if err := c.checkSheetApart(s, m.Grid(i, 0).Page()); err != nil {
			return err
		}
	}
	return nil
}

// sheetsTwice are the template's sheets, those that are repeated with two pages.
func sheetsTwice(all []*sheet, blocks func(*sheet) []reference.Block) []reference.Sheet {
	sheets := make([]reference.Sheet, len(all))
	for i, s := range all {
		page := reference.Page{Name: s.name, Blocks: blocks(s)}
		sheets[i] = reference.Sheet{Name: s.name, Pages: []reference.Page{page}}
		if s.repeated() {
			sheets[i].Pages = append(sheets[i].Pages, page)
		}
	}
	return sheets
}

func (c *compiler) checkSheetApart(s *sheet, at reference.Place) error {
	for _, r := range s.rows {
		for _, cell := range r.cells {
			if cell.formula == nil {
				continue
			}
			if refs := cell.formula.parsed.Apart(at); len(refs) > 0 {
				c.mistake(&PlaceError{Sheet: s.name, Cell: columnLetters(cell.column) + strconv.Itoa(r.number), Err: apartError(refs[0])})
			}
		}
	}
	refs, err := textsApart(s.tail, reference.Parse, at)
	if err != nil {
		return fmt.Errorf("part %s: %w", s.part.name, err)
	}
	c.mistakeApart(s, "a data validation or a conditional format", refs)
	drawing := first(s.relations, "drawing")
	if drawing == "" {
		return nil
	}
	return c.eachChart(drawing, func(content []byte) error {
		refs, err := textsApart(content, reference.ParseChart, at)
		c.mistakeApart(s, "a chart", refs)
		return err
	})
}

func (c *compiler) mistakeApart(s *sheet, what string, refs []string) {
	for _, ref := range refs {
		c.mistake(&PlaceError{Sheet: s.name, Err: fmt.Errorf("%s: %w", what, apartError(ref))})
	}
}

// apartError says what to do instead.
func apartError(ref string) error {
	return fmt.Errorf("%s is in a sheet that is there for each row of a query, and cells of several sheets are no range here; "+
		"have a cell of that sheet show its result, and add these cells up with SUM", ref)
}

// textsApart gives what the formulas in a part, or in a piece of one, want as one range.
func textsApart(content []byte, parse func(string) (*reference.Formula, error), at reference.Place) (refs []string, err error) {
	e := newEdit(content)
	err = e.each(func(t *tag) error {
		if !slices.Contains([]string{"f", "formula", "formula1", "formula2"}, t.local()) {
			return nil
		}
		text, err := e.element(*t)
		if err != nil {
			return err
		}
		f, err := parse(unescape(text))
		if err != nil {
			return nil //nolint:nilerr // what cannot be parsed is refused where it is to follow
		}
		refs = append(refs, f.Apart(at)...)
		return nil
	})
	return refs, err
}
