package template

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

// A sheet with markers of pictures has a drawing: that of the template, or one that is
// added when the template is compiled. The pictures are appended to it.

const (
	relationships     = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageRelations  = "http://schemas.openxmlformats.org/package/2006/relationships"
	namespaceDrawing  = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
	namespaceMain     = "http://schemas.openxmlformats.org/drawingml/2006/main"
	drawingNamespaces = ` xmlns:xdr="` + namespaceDrawing + `" xmlns:a="` + namespaceMain + `" xmlns:r="` + relationships + `"`
	// drawingRelation is the id of a sheet's relation to a drawing that is added.
	drawingRelation = "rIdJetsheetDrawing"
)

// placedPicture is a picture and where it goes.
type placedPicture struct {
	field *field
	row   int
	about *picture.Picture
	part  string
}

// anchor is where the picture lies.
func (p *placedPicture) anchor() picture.Anchor {
	area := p.field.area
	area.Row = p.row - 1
	return area.Fit(p.about, p.field.most)
}

// preparePictures gives every sheet with markers of pictures a drawing, and the
// workbook the types of pictures.
func (c *compiler) preparePictures() error {
	var missing []string
	for _, s := range c.sheets {
		if !s.pictures() {
			continue
		}
		l, err := readLayout(s, c.styles.digitWidth())
		if err != nil {
			return fmt.Errorf("part %s: %w", s.part.name, err)
		}
		s.eachField(func(r *row, cell *cell) {
			if cell.field.image {
				cell.field.area = l.area(cell.column, r.number)
			}
		})
		if name := first(s.relations, "drawing"); name != "" {
			s.drawing = c.parts.find(name)
		} else {
			if err := c.addDrawing(s); err != nil {
				return err
			}
			missing = append(missing, s.drawing.name)
		}
		if s.drawing == nil {
			return fmt.Errorf("the drawing of sheet %q is missing", s.name)
		}
		c.needRelations(s.drawing)
	}
	if !slices.ContainsFunc(c.sheets, (*sheet).pictures) {
		return nil
	}
	return c.addTypes(missing)
}

// pictures says whether a sheet has markers of pictures.
func (s *sheet) pictures() bool {
	found := false
	s.eachField(func(_ *row, c *cell) { found = found || c.field.image })
	return found
}

func (s *sheet) eachField(do func(*row, *cell)) {
	for _, r := range s.rows {
		for _, c := range r.cells {
			if c.field != nil {
				do(r, c)
			}
		}
	}
}

// behindDrawing are the elements that may stand behind that of a drawing.
var behindDrawing = []string{"legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"}

// positionBefore is where an element goes into a sheet's tail, by those that may stand
// behind it.
func positionBefore(tail []byte, behind []string) (int, error) {
	e := scanner{b: tail}
	for {
		t, ok, err := e.next()
		if err != nil || !ok {
			return 0, errors.Join(err, errEnd)
		}
		switch {
		case t.is("worksheet") || t.kind != tagClose && slices.Contains(behind, t.local()):
			return t.start, nil
		case t.kind == tagOpen:
			if _, err := e.element(t); err != nil {
				return 0, err
			}
		}
	}
}

// addDrawing gives a sheet a drawing without anything in it.
func (c *compiler) addDrawing(s *sheet) error {
	at, err := positionBefore(s.tail, behindDrawing)
	if err != nil {
		return fmt.Errorf("part %s: %w", s.part.name, err)
	}
	element := `<drawing xmlns:r="` + relationships + `" r:id="` + drawingRelation + `"/>`
	s.tail = slices.Concat(s.tail[:at], []byte(element), s.tail[at:])
	s.drawing = c.parts.create("xl/drawings/drawing", ".xml", []byte(xml.Header+`<xdr:wsDr`+drawingNamespaces+`></xdr:wsDr>`))
	s.relations = append(s.relations, relation{id: drawingRelation, kind: "drawing", target: s.drawing.name})
	return c.rewrite(c.needRelations(s.part), func(content []byte) ([]byte, error) {
		return beforeEnd(content, relationElement(drawingRelation, "drawing", "/"+s.drawing.name))
	})
}

// needRelations is the part of another one's relations, which are none if there is no
// such part yet.
func (c *compiler) needRelations(of *part) *part {
	name := relationsPart(of.name)
	if found := c.parts.find(name); found != nil {
		return found
	}
	return c.parts.create(name, "", []byte(xml.Header+`<Relationships xmlns="`+packageRelations+`"></Relationships>`))
}

func relationElement(id, kind, target string) []byte {
	return []byte(`<Relationship Id="` + id + `" Type="` + relationships + `/` + kind + `" Target="` + escape(target) + `"/>`)
}

// addTypes adds those of drawings and pictures to the list of types.
func (c *compiler) addTypes(drawings []string) error {
	return c.rewrite(c.parts.find("[Content_Types].xml"), func(content []byte) ([]byte, error) {
		known := make(map[string]bool)
		err := eachTag(content, func(t *tag) { known[strings.ToLower(t.get("Extension"))] = true })
		if err != nil {
			return nil, err
		}
		var b []byte
		for _, f := range picture.Formats() {
			if !known[f.Extension()] {
				b = fmt.Appendf(b, `<Default Extension="%s" ContentType="%s"/>`, f.Extension(), f.ContentType())
			}
		}
		for _, name := range drawings {
			b = append(b, typeElement(name, picture.ContentType)...)
		}
		return beforeEnd(content, b)
	})
}

func typeElement(part, kind string) string {
	return `<Override PartName="/` + escape(part) + `" ContentType="` + escape(kind) + `"/>`
}

// beforeEnd puts elements at the end of a part's outermost one.
func beforeEnd(content, elements []byte) ([]byte, error) {
	i := bytes.LastIndex(content, []byte("</"))
	if i < 0 {
		return nil, errors.New("its element is empty")
	}
	return slices.Concat(content[:i], elements, content[i:]), nil
}

// maxMediaBytes is how much the pictures of a workbook have: they are held until its rows
// are written.
const maxMediaBytes = 256 << 20

// place takes the picture of a cell, if it is one.
func (w *pageWriter) place(c *cell, content *xlsx.Content) error {
	file, about, ok := content.Picture()
	if !ok {
		return nil
	}
	if w.pictures++; w.pictures > picture.MaxPerWorkbook {
		return fmt.Errorf("the workbook would have more than %d pictures; give the report fewer rows", picture.MaxPerWorkbook)
	}
	placed := placedPicture{field: c.field, row: w.row, about: about, part: picture.Part(file, about.Format)}
	w.page.placed = append(w.page.placed, placed)
	if w.media == nil {
		w.media = make(map[string][]byte)
	}
	if _, known := w.media[placed.part]; !known {
		if w.mediaBytes += len(file); w.mediaBytes > maxMediaBytes {
			return fmt.Errorf("the workbook would have more than %d MiB of pictures; give the report fewer or smaller ones", maxMediaBytes>>20)
		}
		w.media[placed.part] = file
		w.mediaNames = append(w.mediaNames, placed.part)
	}
	return nil
}

// writePictures writes the drawings that pictures are placed in, and the pictures.
func (f *filling) writePictures() error {
	for _, p := range f.pages {
		if p.sheet.drawing == nil {
			continue
		}
		if err := f.writeDrawing(p); err != nil {
			return fmt.Errorf("part %s: %w", p.partName(p.sheet.drawing), err)
		}
	}
	for _, name := range f.mediaNames {
		if f.template.parts.find(name) != nil {
			continue // a picture of the template; its name stands for its content
		}
		if err := f.archive.AddStored(name, f.media[name]); err != nil {
			return err
		}
	}
	return nil
}

// writeDrawing writes a page's drawing with its pictures, and its relations.
func (f *filling) writeDrawing(p *page) error {
	relations := f.template.parts.find(relationsPart(p.sheet.drawing.name))
	drawn, err := f.contentOf(p, p.sheet.drawing)
	if err != nil {
		return err
	}
	related, err := f.contentOf(p, relations)
	if err != nil {
		return err
	}
	d := drawing{edit: newEdit(drawn)}
	if err := d.findIDs(); err != nil {
		return err
	}
	var anchors, added []byte
	ids := make(map[string]string)
	for _, placed := range p.placed {
		id, ok := ids[placed.part]
		if !ok {
			id = "rIdJetsheet" + strconv.Itoa(len(ids)+1)
			ids[placed.part] = id
			added = append(added, relationElement(id, "image", "/"+placed.part)...)
		}
		d.lastID++
		names := picture.Names{ID: d.lastID, Relation: id, Description: placed.field.marker.name}
		anchor := picture.AppendAnchor(nil, placed.about, placed.anchor(), names)
		// The template may have other prefixes for these namespaces.
		anchors = append(anchors, bytes.Replace(anchor, []byte(`<xdr:twoCellAnchor`), []byte(`<xdr:twoCellAnchor`+drawingNamespaces), 1)...)
	}
	if drawn, err = beforeEnd(drawn, anchors); err != nil {
		return err
	}
	if related, err = beforeEnd(related, added); err != nil {
		return err
	}
	if err := f.archive.Add(p.partName(p.sheet.drawing), drawn); err != nil {
		return err
	}
	return f.archive.Add(p.partName(relations), related)
}
