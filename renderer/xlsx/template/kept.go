package template

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// Where all that something refers to are rows of blocks, or lies on a sheet that is there for each
// row of a query, nothing would be left of it without data: SUM(B4:B4) over a list would be
// SUM(#REF!). Such blocks, and such sheets, are there once, empty.

// keepBlocks finds the blocks and sheets that formulas in cells, names and charts cannot do without.
func (c *compiler) keepBlocks() error {
	if !slices.ContainsFunc(c.sheets, func(s *sheet) bool { return s.blocks > 0 || s.repeated() }) {
		return nil
	}
	m, err := reference.New(sheetsTwice(c.sheets, func(*sheet) []reference.Block { return nil }))
	if err != nil {
		return err
	}
	for i, s := range c.sheets {
		at := m.Grid(i, 0).Page()
		c.keepForCells(s, at)
		if err := c.keepForCharts(s, at); err != nil {
			return err
		}
	}
	return c.keepForNames(m)
}

func (c *compiler) keepForCells(s *sheet, at reference.Place) {
	for _, r := range s.rows {
		for _, cell := range r.cells {
			if cell.formula == nil {
				continue
			}
			for _, gone := range c.keepFor(cell.formula.parsed, at, s, r.number) {
				c.doubtful = append(c.doubtful, Reason{
					Sheet: s.name, Cell: columnLetters(cell.column) + strconv.Itoa(r.number),
					Why: gone + " is #REF! in workbooks without these rows: they are in a block on a condition, or have nothing but markers of blocks; " +
						"name a row beside them too, or put the formula into the block",
				})
			}
		}
	}
}

// keepFor keeps what a formula refers to, which stands in a row of a sheet or, with 0, in no cell,
// and with nil, on no sheet. It gives the references of which nothing may be left all the same.
func (c *compiler) keepFor(f *reference.Formula, at reference.Place, s *sheet, row int) (gone []string) {
	for _, n := range f.Sheets(at) {
		if of := c.sheets[n]; of != s && of.repeated() {
			of.title.rows.kept = true
		}
	}
	for _, n := range f.Rows(at) {
		l, of := looker{}, c.sheets[n.Sheet]
		if of == s {
			l.row = row
		}
		if l.keep(of.body, n.First, n.Last) != nil {
			gone = append(gone, n.Text)
		}
	}
	return gone
}

func (c *compiler) keepForCharts(s *sheet, at reference.Place) error {
	drawing := first(s.relations, "drawing")
	if drawing == "" {
		return nil
	}
	return c.eachChart(drawing, func(content []byte) error {
		e := newEdit(content)
		return e.each(func(t *tag) error {
			if t.local() != "f" {
				return nil
			}
			return c.keepForText(e, t, reference.ParseChart, at, s)
		})
	})
}

// keepForNames passes over the names that are markers, and those of print areas and the like,
// which are left out when nothing is left of them.
func (c *compiler) keepForNames(m *reference.Moves) error {
	content, err := c.current(c.workbook.part)
	if err != nil {
		return err
	}
	e := newEdit(content)
	return e.each(func(t *tag) error {
		if name := t.get("name"); t.local() != "definedName" || strings.HasPrefix(name, namedMarker) || isBuiltIn(name) {
			return nil
		}
		if n, err := strconv.Atoi(t.get("localSheetId")); err == nil && 0 <= n && n < len(c.sheets) {
			return c.keepForText(e, t, reference.ParseName, m.Grid(n, 0).Page(), c.sheets[n])
		}
		return c.keepForText(e, t, reference.ParseName, m.Workbook(), nil)
	})
}

// keepForText keeps what an element's text refers to. One that is no formula is refused where it
// is to follow.
func (c *compiler) keepForText(e *edit, t *tag, parse func(string) (*reference.Formula, error), at reference.Place, s *sheet) error {
	text, err := e.element(*t)
	if err != nil {
		return err
	}
	if f, err := parse(unescape(text)); err == nil {
		c.keepFor(f, at, s, 0)
	}
	return nil
}

// looker is what refers to rows of a sheet: from a row of it, or, with 0, from elsewhere. The
// blocks around its own row are there where it is.
type looker struct{ row int }

func (l looker) isIn(b *block) bool { return b.first <= l.row && l.row <= b.last }

// keep has the blocks of some rows be there once, empty, where there is nothing to fill them with
// and nothing else of the rows is there. It gives what may leave nothing all the same: a block on a
// condition that has all of the rows, or a row that is always left out; nil for neither.
func (l looker) keep(body []node, first, last int) (gone *block) {
	if l.stays(body, first, last) {
		return nil
	}
	all := blocksAt(body, first, last)
	some := slices.DeleteFunc(slices.Clone(all), func(b *block) bool { return b.kind == "" })
	if len(some) == 0 {
		return all[0]
	}
	for _, b := range some {
		gone = l.keep(b.body, max(first, b.first), min(last, b.last))
		switch {
		case l.isIn(b):
		case b.kind == Rows:
			b.kept = true
		default:
			gone = b
		}
	}
	if len(some) > 1 { // one of several conditions may hold
		return nil
	}
	return gone
}

// stays says whether any of some rows is there whatever the data is.
func (l looker) stays(body []node, first, last int) bool {
	others := last - first + 1
	for _, b := range blocksAt(body, first, last) {
		from, to := max(first, b.first), min(last, b.last)
		if others -= to - from + 1; l.isIn(b) && l.stays(b.body, from, to) {
			return true
		}
	}
	return others > 0
}

// blocksAt are the blocks directly in a body that have any of some rows.
func blocksAt(body []node, first, last int) []*block {
	var all []*block
	for _, n := range body {
		if b := n.block; b != nil && b.first <= last && first <= b.last {
			all = append(all, b)
		}
	}
	return all
}
