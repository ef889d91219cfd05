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
					Why: whyGone(gone) + "name a row beside them too, or put the formula into the block",
				})
			}
		}
	}
}

// whyGone begins a warning of a reference of which nothing may be left.
func whyGone(ref string) string {
	return ref + " is #REF! in workbooks without these rows: they are in a block on a condition, or have nothing but markers of blocks; "
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
			f, err := e.formula(t, reference.ParseChart)
			if f != nil {
				c.keepFor(f, at, s, 0)
			}
			return err
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
	unlike := c.unlikePages()
	e := newEdit(content)
	return e.each(func(t *tag) error {
		if name := t.get("name"); t.local() != "definedName" || strings.HasPrefix(name, namedMarker) || isBuiltIn(name) {
			return nil
		}
		f, err := e.formula(t, reference.ParseName)
		if f == nil {
			return err
		}
		at, s := m.Workbook(), (*sheet)(nil)
		n, err := strconv.Atoi(t.get("localSheetId"))
		if err != nil || n < 0 || n >= len(c.sheets) {
			n = -1
		} else {
			at, s = m.Grid(n, 0).Page(), c.sheets[n]
		}
		gone := c.keepFor(f, at, s, 0)
		for _, ref := range gone {
			c.warnOfName(t, f, at, s, whyGone(ref)+"name a row beside them too")
		}
		if gone == nil && unlike.breaks(f, n) {
			c.warnOfName(t, f, at, s, f.String()+" is #REF! in workbooks where the rows of these sheets differ, since a name is one reference to all of them; "+
				"write the cells themselves into formulas, which then have those of each sheet")
		}
		return nil
	})
}

// warnOfName tells of a name, with its own sheet or else the one that it refers to.
func (c *compiler) warnOfName(t *tag, f *reference.Formula, at reference.Place, s *sheet, why string) {
	if s == nil {
		s = c.sheets[0]
		if named := f.Sheets(at); len(named) > 0 {
			s = c.sheets[named[0]]
		}
	}
	c.doubtful = append(c.doubtful, Reason{Sheet: s.name, Why: "the name " + t.get("name") + ": " + why})
}

// formula is that of an element's text; nil for none, since one that is no formula is refused
// where it is to follow.
func (e *edit) formula(t *tag, parse func(string) (*reference.Formula, error)) (*reference.Formula, error) {
	text, err := e.element(*t)
	if err != nil {
		return nil, err
	}
	f, err := parse(unescape(text))
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // as said above
	}
	return f, nil
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
