package xlsx

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/internal/archive"
)

// linkSchemes are what a link may lead to: nothing that runs or opens a file.
var linkSchemes = []string{"http", "https", "mailto", "tel"}

const (
	// maxLinks is Excel's limit for a sheet.
	maxLinks = 65530
	// maxLinkBytes bounds what a sheet's links keep in memory until its end.
	maxLinkBytes = 8 << 20
	// maxTarget is Excel's limit for one link's address.
	maxTarget = 2079
)

// linkTarget gives an address in the form in which a workbook has it, and the place
// within, which follows "#". ok is false for what is no link that is allowed.
func linkTarget(s string) (target, place string, ok bool) {
	u, err := url.Parse(s)
	if err != nil || !slices.Contains(linkSchemes, strings.ToLower(u.Scheme)) || u.User != nil {
		return "", "", false
	}
	if u.Scheme = strings.ToLower(u.Scheme); u.Scheme == "http" || u.Scheme == "https" {
		if u.Hostname() == "" || strings.ContainsFunc(u.Host, func(r rune) bool { return r >= 0x7f || r == '[' || r == '%' }) {
			return "", "", false
		}
	} else if u.Opaque == "" {
		return "", "", false
	}
	address, place, _ := strings.Cut(s, "#")
	target = escapeAddress(address)
	return target, place, len(target)+len(place) <= maxTarget
}

// escapeAddress writes what an address cannot hold as the bytes' numbers.
func escapeAddress(s string) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+16)
	for i := range len(s) {
		c := s[i]
		escaped := c == '%' && i+2 < len(s) && isHexDigit(s[i+1]) && isHexDigit(s[i+2])
		if escaped || c > ' ' && c < 0x7f && !strings.ContainsRune("\"<>\\^`{|}[]%", rune(c)) {
			b = append(b, c)
			continue
		}
		b = append(b, '%', hex[c>>4], hex[c&15])
	}
	return string(b)
}

// sheetLinks are the links of one sheet, in the forms in which its part and the
// part of its relations have them.
type sheetLinks struct {
	cells, relations []byte
	count            int
}

// full says that no link fits beside those there are and so many others.
func (l *sheetLinks) full(others int) bool {
	return l.count+others >= maxLinks || len(l.cells)+len(l.relations) > maxLinkBytes
}

// add takes the link of a cell whose text is an allowed one.
func (l *sheetLinks) add(cell, text string) {
	target, place, ok := linkTarget(strings.TrimSpace(text))
	if !ok {
		return
	}
	l.count++
	id := strconv.Itoa(l.count)
	l.cells = append(append(append(l.cells, `<hyperlink ref="`...), cell...), `" r:id="rId`...)
	l.cells = append(append(l.cells, id...), '"')
	if place != "" {
		l.cells = append(append(append(l.cells, ` location="`...), escapeXML(place)...), '"')
	}
	l.cells = append(l.cells, `/>`...)
	l.relations = append(append(append(l.relations, `<Relationship Id="rId`...), id...), `" Type="`+relationship+`/hyperlink" Target="`...)
	l.relations = append(append(l.relations, escapeXML(target)...), `" TargetMode="External"/>`...)
}

// appendXML writes what stands in the sheet's part.
func (l *sheetLinks) appendXML(b []byte) []byte {
	if l.count == 0 {
		return b
	}
	return append(append(append(b, `<hyperlinks>`...), l.cells...), `</hyperlinks>`...)
}

// finish writes the part of the sheet's relations, those to others than links included,
// if there is one, and forgets the links.
func (l *sheetLinks) finish(a *archive.Archive, sheet int, others string) error {
	if l.count == 0 && others == "" {
		return nil
	}
	name := "xl/worksheets/_rels/sheet" + strconv.Itoa(sheet) + ".xml.rels"
	err := a.Add(name, []byte(xmlHeader+`<Relationships xmlns="`+namespaceRels+`">`), l.relations, []byte(others+`</Relationships>`))
	l.cells, l.relations, l.count = l.cells[:0], l.relations[:0], 0
	return err
}

// linkCell is for a column of links.
func (f *Format) linkCell(v *Value) cell {
	if v.kind != KindText {
		c := f.native(v)
		c.changes |= changedFormat
		return c
	}
	c := textCell(v.text, "", 0)
	trimmed := strings.TrimSpace(c.text)
	if trimmed == "" {
		return c
	}
	if _, _, ok := linkTarget(trimmed); !ok || c.changes != 0 {
		c.changes |= changedFormat
		return c
	}
	c.traits |= hasLink
	return c
}
