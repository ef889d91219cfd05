package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// followPivot moves the cells that a pivot table on the page shows itself in.
func followPivot(content []byte, g *reference.Grid) ([]byte, error) {
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		if t.is("location") {
			ref := g.Range(t.get("ref"))
			if ref == "" {
				return fmt.Errorf("its cells: %w", errGone)
			}
			e.setAttribute(t, "ref", ref)
		}
		return nil
	})
	return e.bytes(), err
}

// followPivotSource moves the cells that a pivot table is of, wherever they are.
func followPivotSource(content []byte, m *reference.Moves) ([]byte, error) {
	e := newEdit(content)
	err := e.eachSource(func(t *tag) error {
		text := "'" + strings.ReplaceAll(t.get("sheet"), "'", "''") + "'!" + t.get("ref")
		f, err := reference.ParseArea(text)
		if err != nil {
			return err
		}
		moved := string(f.Append(nil, m.Workbook()))
		i := strings.LastIndexByte(moved, '!') + 1
		switch {
		case strings.HasSuffix(moved, "#REF!"):
			return fmt.Errorf("the source of a pivot table: %w", errGone)
		case moved[:i] != text[:i]:
			return errPivotPages
		}
		e.setAttribute(t, "ref", moved[i:])
		return nil
	})
	return e.bytes(), err
}

var errPivotPages = errors.New("a pivot table of cells in a sheet that is repeated")

// eachSource calls do for what names cells of this workbook as a source.
func (e *edit) eachSource(do func(*tag) error) error {
	return e.each(func(t *tag) error {
		if (t.is("worksheetSource") || t.is("rangeSet")) && t.get("ref") != "" && t.get("sheet") != "" && t.get("r:id") == "" {
			return do(t)
		}
		return nil
	})
}

// preparePivots has pivot tables computed anew when the workbook is opened, and
// sees that their sources keep a row.
func (c *compiler) preparePivots() error {
	if !slices.ContainsFunc(c.sheets, func(s *sheet) bool { return s.filled }) {
		return nil
	}
	for _, r := range c.workbook.relations {
		if r.kind != "pivotCacheDefinition" || r.external {
			continue
		}
		if _, err := c.parts.read(r.target); err != nil {
			return err
		}
		p := c.parts.find(r.target)
		if err := c.preparePivot(p); err != nil {
			return err
		}
		c.sources = append(c.sources, p)
	}
	return nil
}

func (c *compiler) preparePivot(p *part) error {
	return c.rewrite(p, func(content []byte) ([]byte, error) {
		e := newEdit(content)
		err := e.each(func(t *tag) error {
			if t.is("pivotCacheDefinition") {
				refreshed := t.with("refreshOnLoad", "1")
				e.replace(t.start, t.end, refreshed.raw)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		return e.bytes(), newEdit(content).eachSource(func(t *tag) error {
			c.checkSource(t)
			return nil
		})
	})
}

// checkSource sees that a pivot table has a source, as a table must have rows.
func (c *compiler) checkSource(t *tag) {
	for _, s := range c.sheets {
		if !strings.EqualFold(s.name, t.get("sheet")) {
			continue
		}
		if s.title != nil {
			c.refuse(s, "", errPivotPages.Error())
		}
		from, to, _ := strings.Cut(t.get("ref"), ":")
		c.checkTable(s, table{
			firstColumn: columnOf(from), lastColumn: columnOf(to), header: rowOf(from), first: rowOf(from) + 1, last: rowOf(to),
		})
		return
	}
}

// followSources moves the sources of pivot tables.
func (f *filling) followSources() error {
	for _, p := range f.template.sources {
		content, err := f.template.current(p)
		if err != nil {
			return err
		}
		moved, err := followPivotSource(content, f.moves)
		if err != nil {
			return fmt.Errorf("part %s: %w", p.name, err)
		}
		f.setFollowed(f.followed, p, content, moved)
	}
	return nil
}
