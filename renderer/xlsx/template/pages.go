package template

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// A sheet that is there for each row of a query is copied with all parts that belong to
// it. The first copy has the template's parts, the others have parts of their own.

// preparePages finds what is copied with sheets, and sees that all can be.
func (c *compiler) preparePages() error {
	for _, s := range c.sheets {
		if !s.repeated() {
			continue
		}
		if !s.worksheet {
			c.refuse(s, "", "a sheet without cells that is repeated")
		}
		if err := c.bind(s, s.part); err != nil {
			return err
		}
		for _, r := range s.relations {
			switch r.kind {
			case "table", "pivotTable":
				c.refuse(s, "", "a table in a sheet that is repeated: no two tables have one name")
			case "threadedComment":
				c.refuse(s, "", "a comment with replies in a sheet that is repeated; make it a note")
			}
		}
	}
	for _, s := range c.sheets {
		if len(c.reasons) > 0 && (s.title != nil || s.pictures()) {
			r := c.reasons[0]
			c.mistake(&PlaceError{Sheet: r.Sheet, Cell: r.Cell, Err: errors.New(r.Why +
				": not in a template with pictures, or with markers in a sheet's name; take one of them out")})
		}
	}
	return nil
}

// bind notes a part that is copied with a sheet, and those that it leads to.
func (c *compiler) bind(s *sheet, p *part) error {
	s.bound = append(s.bound, p)
	if relations := c.parts.find(relationsPart(p.name)); relations != nil {
		s.bound = append(s.bound, relations)
	}
	all, err := c.parts.relations(p.name)
	if err != nil {
		return err
	}
	if p == s.part {
		all = s.relations // which may have a drawing that was added
	}
	for _, r := range all {
		if followers[r.kind] == nil || r.external || r.kind == "table" {
			continue
		}
		inner := c.parts.find(r.target)
		if inner == nil {
			return fmt.Errorf("the part %q is missing", r.target)
		}
		if err := c.bind(s, inner); err != nil {
			return err
		}
	}
	return nil
}

// partName is the name of a part of the page.
func (p *page) partName(of *part) string {
	if p.number == 0 {
		return of.name
	}
	extension := path.Ext(of.name)
	base := strings.TrimSuffix(of.name, extension)
	if extension == ".rels" { // the whole name of the part that it belongs to is before
		inner := path.Ext(base)
		base, extension = strings.TrimSuffix(base, inner), inner+extension
	}
	return base + "-" + strconv.Itoa(p.number+1) + extension
}

// writeCopies writes the parts of the pages of repeated sheets.
func (f *filling) writeCopies() error {
	for _, p := range f.pages {
		if !p.sheet.repeated() {
			continue
		}
		for _, part := range p.sheet.bound {
			if err := f.cancelled(); err != nil {
				return err
			}
			if f.isLate(part) {
				continue
			}
			if err := f.writeCopy(p, part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *filling) writeCopy(p *page, part *part) error {
	if part == p.sheet.part {
		return f.writePage(p)
	}
	content, err := f.contentOf(p, part)
	if err != nil {
		return err
	}
	return f.archive.Add(p.partName(part), content)
}

// contentOf is what a part of a page is.
func (f *filling) contentOf(p *page, part *part) ([]byte, error) {
	content, ok := p.followed[part]
	if !ok {
		content, ok = f.followed[part]
	}
	if !ok {
		var err error
		if content, err = f.template.current(part); err != nil {
			return nil, err
		}
	}
	if p.number > 0 && path.Ext(part.name) == ".rels" {
		return f.retarget(p, part, content)
	}
	return content, nil
}

// retarget has relations of a page's parts lead to the page's own parts.
func (f *filling) retarget(p *page, relations *part, content []byte) ([]byte, error) {
	dir, file := path.Split(relations.name)
	of := path.Join(dir, "..", strings.TrimSuffix(file, ".rels"))
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		if t.get("TargetMode") == "External" || t.get("Target") == "" {
			return nil
		}
		target := absolute(of, t.get("Target"))
		for _, own := range p.sheet.bound {
			if strings.EqualFold(own.name, target) {
				e.setAttribute(t, "Target", "/"+p.partName(own))
			}
		}
		return nil
	})
	return e.bytes(), err
}
