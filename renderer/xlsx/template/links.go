package template

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// maxLinks is Excel's limit for a sheet.
const maxLinks = 65530

var errManyLinks = errors.New("the sheet would have more than 65,530 links, which Excel does not open; give the report fewer rows")

// placedLink is a link of a cell.
type placedLink struct{ cell, address string }

// prepareLinks finds the sheets with markers of links. A cell that has a link in the
// template keeps it.
func (c *compiler) prepareLinks() error {
	for _, s := range c.sheets {
		own := make(map[string]bool)
		err := eachTag(s.tail, func(t *tag) {
			if t.is("hyperlink") {
				own[t.get("ref")] = true
			}
		})
		if err != nil {
			return fmt.Errorf("part %s: %w", s.part.name, err)
		}
		s.eachField(func(_ *row, cell *cell) {
			cell.field.link = cell.field.marker.format == "link" && !own[cell.field.cell]
			if cell.field.link {
				s.linked = c.needRelations(s.part)
			}
		})
	}
	return nil
}

// link notes the link of a cell, if its content is one.
func (w *pageWriter) link(c *cell, content *xlsx.Content) error {
	address := content.Link()
	if address == "" || !c.field.link {
		return nil
	}
	if len(w.page.links) == maxLinks {
		return errManyLinks
	}
	w.page.links = append(w.page.links, placedLink{columnLetters(c.column) + string(w.digits), address})
	return nil
}

// linkRelation is the id of the relation of a page's link.
func linkRelation(number int) string { return "rIdJetsheetLink" + strconv.Itoa(number+1) }

// withLinks is what stands behind a page's rows, with the page's links.
func (p *page) withLinks(tail []byte) ([]byte, error) {
	if len(p.links) == 0 {
		return tail, nil
	}
	var b []byte
	for i, l := range p.links {
		b = append(b, `<hyperlink xmlns:r="`+relationships+`" ref="`+l.cell+`" r:id="`+linkRelation(i)+`"`...)
		if _, place, ok := strings.Cut(l.address, "#"); ok {
			b = append(b, ` location="`+escape(place)+`"`...)
		}
		b = append(b, `/>`...)
	}
	return insertLinks(tail, b)
}

// behindLinks are the elements that may stand behind the list of links.
var behindLinks = append([]string{
	"printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks",
	"customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing",
}, behindDrawing...)

// insertLinks puts links into the list that a sheet has behind its rows.
func insertLinks(tail, links []byte) ([]byte, error) {
	was, err := findElement(tail, "hyperlinks")
	if err != nil {
		return nil, err
	}
	if was.end > 0 {
		at := was.start + bytes.LastIndexByte(tail[was.start:was.end], '<')
		return slices.Concat(tail[:at], links, tail[at:]), nil
	}
	at, err := positionBefore(tail, behindLinks)
	if err != nil {
		return nil, err
	}
	return slices.Concat(tail[:at], []byte("<hyperlinks>"), links, []byte("</hyperlinks>"), tail[at:]), nil
}

// writeLinks writes the relations of pages with links.
func (f *filling) writeLinks() error {
	for _, p := range f.pages {
		if p.sheet.linked == nil {
			continue
		}
		content, err := f.contentOf(p, p.sheet.linked)
		if err != nil {
			return err
		}
		var added []byte
		for i, l := range p.links {
			target, _, _ := strings.Cut(l.address, "#")
			added = append(added, `<Relationship Id="`+linkRelation(i)+`" Type="`+relationships+`/hyperlink" Target="`+escape(target)+`" TargetMode="External"/>`...)
		}
		if content, err = beforeEnd(content, added); err != nil {
			return fmt.Errorf("part %s: %w", p.sheet.linked.name, err)
		}
		if err := f.archive.Add(p.partName(p.sheet.linked), content); err != nil {
			return err
		}
	}
	return nil
}
