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
	// maxLinkBytes bounds what a sheet's links keep in memory until its end. Addresses are kept
	// compressed: maxLinks of them fit if each has less than some hundred bytes of its own.
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

// sheetLinks are the links of one sheet. They stand behind its rows, which are passed on
// meanwhile, so they are kept: their cells as numbers, their addresses compressed.
type sheetLinks struct {
	cells []linkedCell
	// places are those within the addresses, one after the other, as XML.
	places    []byte
	relations archive.Held
	buffer    []byte
}

// linkedCell is a cell with a link.
type linkedCell struct {
	column, row int32
	// place is how many bytes its place within the address has.
	place int32
}

const linkedCellBytes = 12

// full says that no link fits beside those there are and so many others.
func (l *sheetLinks) full(others int) bool {
	return len(l.cells)+others >= maxLinks || linkedCellBytes*len(l.cells)+len(l.places)+l.relations.Size() > maxLinkBytes
}

// add takes the link of a cell whose text is an allowed one.
func (l *sheetLinks) add(column, row int, text string) error {
	target, place, ok := linkTarget(strings.TrimSpace(text))
	if !ok {
		return nil
	}
	place = escapeXML(place)
	l.places = append(l.places, place...)
	l.cells = append(l.cells, linkedCell{int32(column), int32(row), int32(len(place))}) //nolint:gosec // within a sheet, and an address
	b := append(l.buffer[:0], `<Relationship Id="rId`...)
	b = strconv.AppendInt(b, int64(len(l.cells)), 10)
	b = append(append(b, `" Type="`+relationship+`/hyperlink" Target="`...), escapeXML(target)...)
	l.buffer = append(b, `" TargetMode="External"/>`...)
	return l.relate(l.buffer)
}

// relate adds to the part of the sheet's relations.
func (l *sheetLinks) relate(relations []byte) error {
	if !l.relations.Begun() {
		if err := l.relations.Write([]byte(xmlHeader + `<Relationships xmlns="` + namespaceRels + `">`)); err != nil {
			return err
		}
	}
	return l.relations.Write(relations)
}

// appendXML writes what stands in the sheet's part.
func (l *sheetLinks) appendXML(b []byte) []byte {
	if len(l.cells) == 0 {
		return b
	}
	const perCell = len(`<hyperlink ref="A1000000" r:id="rId10000" location=""/>`)
	b = append(slices.Grow(b, perCell*(len(l.cells)+1)+len(l.places)), `<hyperlinks>`...)
	places := l.places
	for i, c := range l.cells {
		b = append(append(b, `<hyperlink ref="`...), reference(int(c.column), int(c.row))...)
		b = append(strconv.AppendInt(append(b, `" r:id="rId`...), int64(i+1), 10), '"')
		if c.place > 0 {
			b = append(append(append(b, ` location="`...), places[:c.place]...), '"')
			places = places[c.place:]
		}
		b = append(b, `/>`...)
	}
	return append(b, `</hyperlinks>`...)
}

// finish writes the part of the sheet's relations, those to others than links included,
// if there is one, and forgets the links.
func (l *sheetLinks) finish(a *archive.Archive, sheet int, others string) error {
	if len(l.cells) == 0 && others == "" {
		return nil
	}
	l.cells, l.places = l.cells[:0], l.places[:0]
	if err := l.relate([]byte(others + `</Relationships>`)); err != nil {
		return err
	}
	return a.AddHeld("xl/worksheets/_rels/sheet"+strconv.Itoa(sheet)+".xml.rels", &l.relations)
}

// discard frees what is held; it may be called repeatedly.
func (l *sheetLinks) discard() { l.relations.Discard() }

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
