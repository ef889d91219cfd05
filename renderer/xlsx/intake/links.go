package intake

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

const contentTypesPart = "[Content_Types].xml"

// contentTypes are the types of parts, by lower-case name and by extension.
type contentTypes struct{ parts, extensions map[string]string }

// of is a part's content type; "" when none is given.
func (t contentTypes) of(part string) string {
	part = strings.ToLower(part)
	if kind, ok := t.parts["/"+part]; ok {
		return kind
	}
	return t.extensions[strings.TrimPrefix(path.Ext(part), ".")]
}

func (c *check) readContentTypes() {
	c.types = contentTypes{parts: map[string]string{}, extensions: map[string]string{}}
	c.readPart(contentTypesPart, &typesReader{check: c})
}

// typesReader reads the content types. That one is given twice is found by the reader that
// the file must pass at last.
type typesReader struct {
	noText
	check *check
}

func (r *typesReader) start(_ []string, e *xml.StartElement) {
	into, key := r.check.types.parts, attribute(e, "PartName")
	switch e.Name.Local {
	case "Default":
		into, key = r.check.types.extensions, attribute(e, "Extension")
	case "Override":
	default:
		return
	}
	into[strings.ToLower(key)] = attribute(e, "ContentType")
}

// link is one part's relation to another, or to something outside.
type link struct {
	id, kind, target string
	external         bool
}

// is compares the end of the relation's type: its beginning differs between editions.
func (l link) is(kind string) bool { return strings.HasSuffix(l.kind, "/"+kind) }

// readLinks reads the relations of all parts.
func (c *check) readLinks() {
	c.links = map[string][]link{}
	for _, f := range c.archive.files {
		dir, file := path.Split(f.Name)
		owner, ok := strings.CutSuffix(strings.ToLower(file), ".rels")
		if !ok || !strings.HasSuffix(strings.ToLower(dir), "_rels/") {
			continue
		}
		r := &linksReader{check: c, dir: path.Dir(strings.TrimSuffix(dir, "/"))}
		r.owner = strings.TrimPrefix(strings.ToLower(path.Join(r.dir, owner)), "./")
		if owner == "" {
			r.owner = ""
		}
		c.readPart(f.Name, r)
	}
}

type linksReader struct {
	noText
	check      *check
	dir, owner string
}

func (r *linksReader) start(_ []string, e *xml.StartElement) {
	if e.Name.Local != "Relationship" {
		return
	}
	l := link{id: attribute(e, "Id"), kind: attribute(e, "Type"), target: attribute(e, "Target"), external: strings.EqualFold(attribute(e, "TargetMode"), "External")}
	if !l.external {
		l.target = partPath(r.dir, l.target)
	}
	r.check.links[r.owner] = append(r.check.links[r.owner], l)
}

// partPath makes a relation's target the name of a part, in lower case; what leads out of
// the archive names no part.
func partPath(dir, target string) string {
	target, _, _ = strings.Cut(target, "#")
	if !strings.HasPrefix(target, "/") {
		target = path.Join("/", dir, target)
	}
	return strings.ToLower(strings.TrimPrefix(path.Clean(target), "/"))
}

// linkSchemes are what a person who clicks on a cell may be led to.
var linkSchemes = []string{"http", "https", "mailto", "tel"}

// judgeLink refuses relations that lead out of the file, and those whose type says that
// what they lead to must not be there.
func (c *check) judgeLink(owner string, l link) {
	place := c.placeOf(owner)
	if owner == "" {
		place.Part = "_rels/.rels"
	}
	if !l.external {
		// A part that is refused by its own name or type is told of.
		cause, what, advice := judgeKind(l.kind, "")
		if byPart, _, _ := judgeKind(c.types.of(l.target), l.target); cause != "" && byPart == "" {
			c.add(cause, Place{Part: l.target}, what, advice)
		}
		return
	}
	shown := shorten(l.target)
	switch {
	case l.is("hyperlink"):
		c.judgeTarget(l.target, place)
	case l.is("image"):
		c.addLinkedPicture(l.target, place)
	case l.is("oleObject"), l.is("package"):
		c.add(CauseOLE, place, fmt.Sprintf("an object is linked from %q", shown), adviceObject)
	default:
		c.add(CauseExternalLink, place, fmt.Sprintf("it is linked with %q", shown), adviceBreak)
	}
}

// judgeTarget refuses what a click on a cell or a picture may not lead to.
func (c *check) judgeTarget(target string, place Place) {
	u, err := url.Parse(target)
	if err == nil && (slices.Contains(linkSchemes, strings.ToLower(u.Scheme)) || u.Scheme == "" && u.Host == "" && u.Path == "") {
		return
	}
	c.add(CauseExternalLink, place, fmt.Sprintf("a cell or picture has a link to %q, which is no http, https, mailto or tel", shorten(target)), `in Excel, right-click on the cell or picture with the link and choose "Remove Link"`)
}

func (c *check) addLinkedPicture(target string, place Place) {
	c.add(CauseExternalLink, place, fmt.Sprintf("a picture is linked from %q instead of lying in the workbook", shorten(target)), "in Excel, delete the picture and insert it again from the file, without linking")
}

// judgeElement refuses what leads out of the file without a relation: a page that Excel
// writes whenever it saves the workbook, and the addresses that drawings of VML have themselves.
func (c *check) judgeElement(e *xml.StartElement, place Place) {
	switch e.Name.Local {
	case "webPublishItem", "webPublishObject":
		c.add(CauseExternalLink, place, fmt.Sprintf("it is published as a web page to %q whenever it is saved", shorten(attribute(e, "destinationFile"))), "in Excel, copy its cells into a new workbook and save that one")
	}
	if !strings.HasSuffix(strings.ToLower(place.Part), ".vml") {
		return
	}
	if src := attribute(e, "src"); src != "" {
		c.addLinkedPicture(src, place)
	}
	if href := attribute(e, "href"); href != "" {
		c.judgeTarget(href, place)
	}
}

// shorten keeps what is quoted in a message short.
func shorten(text string) string {
	const most = 100
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
