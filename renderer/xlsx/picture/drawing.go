package picture

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"path"
	"strconv"
)

// Drawing gathers the pictures of one sheet. The zero Drawing has none.
type Drawing struct {
	anchors, relations []byte
	// ids are those of the relations, by the name of the part.
	ids   map[string]int
	count int
}

// Add puts a picture into the sheet. part is the name of the part that holds it,
// description what is read to those who cannot see it; it may be empty.
func (d *Drawing) Add(p *Picture, part string, at Anchor, description string) {
	id, ok := d.ids[part]
	if !ok {
		if d.ids == nil {
			d.ids = map[string]int{}
		}
		id = len(d.ids) + 1
		d.ids[part] = id
		d.relations = fmt.Appendf(d.relations, `<Relationship Id="rId%d" Type="%s/image" Target="../media/%s"/>`, id, relationship, path.Base(part))
	}
	d.count++
	d.anchors = AppendAnchor(d.anchors, p, at, Names{ID: d.count + 1, Relation: "rId" + strconv.Itoa(id), Description: description})
}

const (
	relationship     = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	namespaceDrawing = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
	namespaceMain    = "http://schemas.openxmlformats.org/drawingml/2006/main"
	namespaceRels    = "http://schemas.openxmlformats.org/package/2006/relationships"

	// ContentType is that of a drawing's part.
	ContentType = "application/vnd.openxmlformats-officedocument.drawing+xml"
	// RelationshipType is that of a sheet's relation to its drawing.
	RelationshipType = relationship + "/drawing"

	namespaces = ` xmlns:xdr="` + namespaceDrawing + `" xmlns:a="` + namespaceMain + `" xmlns:r="` + relationship + `"`
)

// Part is the drawing's part, in pieces. They are the drawing's until the next Add.
func (d *Drawing) Part() [][]byte {
	return [][]byte{[]byte(xml.Header + `<xdr:wsDr` + namespaces + `>`), d.anchors, []byte(`</xdr:wsDr>`)}
}

// Relations is the part of the drawing's relations, in pieces like Part's.
func (d *Drawing) Relations() [][]byte {
	return [][]byte{[]byte(xml.Header + `<Relationships xmlns="` + namespaceRels + `">`), d.relations, []byte(`</Relationships>`)}
}

// Names are what a drawing calls a picture.
type Names struct {
	// ID is a number from 1 that nothing else in the drawing has.
	ID int
	// Relation is the id of the drawing's relation to the part.
	Relation    string
	Description string
}

// AppendAnchor adds one picture as a drawing's part has it, under the prefixes xdr, a and
// r. It moves, and is hidden, with its cells.
func AppendAnchor(b []byte, p *Picture, at Anchor, n Names) []byte {
	b = append(b, `<xdr:twoCellAnchor>`...)
	b = at.From.appendXML(b, "from")
	b = at.To.appendXML(b, "to")
	b = fmt.Appendf(b, `<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="%d" name="Picture %d"`, n.ID, n.ID)
	if n.Description != "" {
		b = append(append(append(b, ` descr="`...), escape(n.Description)...), '"')
	}
	b = fmt.Appendf(b, `/><xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr>`+
		`<xdr:blipFill><a:blip r:embed="%s"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr>`, n.Relation)
	b = p.Orientation.appendTransform(b, at.Size)
	return append(b, `<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:twoCellAnchor>`...)
}

func (c Corner) appendXML(b []byte, name string) []byte {
	return fmt.Appendf(b, `<xdr:%s><xdr:col>%d</xdr:col><xdr:colOff>%d</xdr:colOff><xdr:row>%d</xdr:row><xdr:rowOff>%d</xdr:rowOff></xdr:%s>`,
		name, c.Column, c.ColumnOffset, c.Row, c.RowOffset, name)
}

// appendTransform writes how the picture is turned. The size here is that before the
// turn, while the anchor's corners are those of what is seen.
func (o Orientation) appendTransform(b []byte, seen Size) []byte {
	const unitsPerDegree = 60000
	b = append(b, `<a:xfrm`...)
	if turn := o.degrees(); turn != 0 {
		b = fmt.Appendf(b, ` rot="%d"`, turn*unitsPerDegree)
	}
	if o.mirrored() {
		b = append(b, ` flipH="1"`...)
	}
	if o.sideways() {
		seen.Width, seen.Height = seen.Height, seen.Width
	}
	return fmt.Appendf(b, `><a:off x="0" y="0"/><a:ext cx="%d" cy="%d"/></a:xfrm>`, seen.Width, seen.Height)
}

// escape makes s an attribute's value; what XML cannot hold becomes U+FFFD.
func escape(s string) []byte {
	var b bytes.Buffer
	// A bytes.Buffer never fails.
	_ = xml.EscapeText(&b, []byte(s))
	return b.Bytes()
}
