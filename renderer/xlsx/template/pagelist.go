package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// listPages has the workbook name its sheets, its relations lead to them, and the types
// of their parts be known, where sheets are other ones than the template's.
func (f *filling) listPages() error {
	pages := f.moves.Pages()
	for _, s := range f.template.sheets {
		if s.title == nil {
			continue
		}
		for _, edit := range []struct {
			part *part
			list func([]byte, []int) ([]byte, error)
		}{
			{f.template.workbook.part, f.listSheets},
			{f.template.parts.find(relationsPart(f.template.workbook.part.name)), f.listRelations},
			{f.template.parts.find("[Content_Types].xml"), f.listTypes},
		} {
			content, ok := f.followed[edit.part]
			if !ok {
				var err error
				if content, err = f.template.current(edit.part); err != nil {
					return err
				}
			}
			content, err := edit.list(content, pages)
			if err != nil {
				return fmt.Errorf("part %s: %w", edit.part.name, err)
			}
			f.followed[edit.part] = content
		}
		return nil
	}
	return nil
}

// listSheets writes the workbook's list of sheets.
func (f *filling) listSheets(content []byte, pages []int) ([]byte, error) {
	lastID := 0
	err := eachTag(content, func(t *tag) {
		if n, err := strconv.Atoi(t.get("sheetId")); err == nil {
			lastID = max(lastID, n)
		}
	})
	if err != nil {
		return nil, err
	}
	e := newEdit(content)
	sheet, page := 0, 0
	err = e.each(func(t *tag) error {
		switch {
		case t.is("workbookView") && len(f.pages) != len(pages):
			// The tab that was in front may be no more, or another one.
			e.setAttribute(t, "activeTab", "0")
		case t.is("sheet"):
			if _, err := e.element(*t); err != nil {
				return err
			}
			var b []byte
			for range pages[sheet] {
				p := f.pages[page]
				named := t.with("name", p.name)
				if p.number > 0 {
					lastID++
					named = named.with("sheetId", strconv.Itoa(lastID))
					named = named.with(t.relation(), p.relation())
				}
				b = append(append(b, named.raw...), e.b[t.end:e.at]...)
				page++
			}
			e.replace(t.start, e.at, b)
			sheet++
		}
		return nil
	})
	return e.bytes(), err
}

// relation is the name of a tag's attribute that is the id of a relation.
func (t *tag) relation() string {
	for _, attribute := range strings.Fields(string(t.raw)) {
		if name, _, _ := strings.Cut(attribute, "="); strings.HasSuffix(name, ":id") {
			return name
		}
	}
	return ""
}

// relation is the id of the workbook's relation to a page that the template has not.
func (p *page) relation() string {
	return fmt.Sprintf("rIdJetsheet%d-%d", p.sheet.index+1, p.number+1)
}

// listRelations writes the workbook's relations to its sheets.
func (f *filling) listRelations(content []byte, pages []int) ([]byte, error) {
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		for _, s := range f.template.sheets {
			if pages[s.index] > 0 || t.get("Id") != s.relation {
				continue
			}
			_, err := e.element(*t)
			e.replace(t.start, e.at, nil)
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var added []byte
	for _, p := range f.pages {
		if p.number > 0 {
			added = append(added, relationElement(p.relation(), "worksheet", "/"+p.partName(p.sheet.part))...)
		}
	}
	return beforeEnd(e.bytes(), added)
}

// listTypes writes the types of the pages' parts.
func (f *filling) listTypes(content []byte, pages []int) ([]byte, error) {
	types := make(map[string]string)
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		name := strings.ToLower(strings.TrimPrefix(t.get("PartName"), "/"))
		types[name] = t.get("ContentType")
		for _, s := range f.template.sheets {
			if pages[s.index] == 0 && s.binds(name) {
				_, err := e.element(*t)
				e.replace(t.start, e.at, nil)
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var added []byte
	for _, p := range f.pages {
		if p.number == 0 {
			continue
		}
		for _, part := range p.sheet.bound {
			if kind := types[strings.ToLower(part.name)]; kind != "" {
				added = append(added, typeElement(p.partName(part), kind)...)
			}
		}
	}
	return beforeEnd(e.bytes(), added)
}

// binds says whether a part, named in lower case, is copied with the sheet.
func (s *sheet) binds(name string) bool {
	return slices.ContainsFunc(s.bound, func(p *part) bool { return strings.ToLower(p.name) == name })
}
