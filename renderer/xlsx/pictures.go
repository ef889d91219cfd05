package xlsx

import (
	"fmt"

	"github.com/jetsheet/jetsheet/renderer/xlsx/internal/archive"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

// maxHeldPictures bounds what is held of pictures in bytes.
const maxHeldPictures = 32 << 20

// bookPictures are the pictures of a workbook, each of which is stored once.
type bookPictures struct {
	// parts are the names of those that are stored or held.
	parts map[string]bool
	// held are those that came while rows were being passed on: one part of an archive
	// ends before the next begins.
	held      []heldPicture
	heldBytes int
	// count is how many cells have one.
	count int
}

type heldPicture struct {
	part string
	data []byte
}

// full says that a picture cannot be taken.
func (b *bookPictures) full(part string, size int, mustHold bool) bool {
	return b.count == picture.MaxPerWorkbook || mustHold && !b.parts[part] && b.heldBytes+size > maxHeldPictures
}

// take stores a picture at once if it can, and else holds it.
func (b *bookPictures) take(a *archive.Archive, p heldPicture, mustHold bool) error {
	b.count++
	if b.parts[p.part] {
		return nil
	}
	if b.parts == nil {
		b.parts = map[string]bool{}
	}
	b.parts[p.part] = true
	if !mustHold {
		return a.AddStored(p.part, p.data)
	}
	b.held = append(b.held, p)
	b.heldBytes += len(p.data)
	return nil
}

// release stores what is held.
func (b *bookPictures) release(a *archive.Archive) error {
	for _, p := range b.held {
		if err := a.AddStored(p.part, p.data); err != nil {
			return err
		}
	}
	b.held, b.heldBytes = nil, 0
	return nil
}

// sheetPictures are those of the sheet in hand.
type sheetPictures struct {
	placed []placedPicture
	// row are those of the row in hand, whose number is not known yet; err is what became
	// of storing them.
	row []placedPicture
	err error
}

type placedPicture struct {
	column, row int
	// height is that of the row.
	height  float64
	part    string
	picture *picture.Picture
}

func (p *sheetPictures) any() bool { return len(p.placed) > 0 }

// takePicture makes an empty cell of one that has a picture, or text where the picture
// cannot be taken. It returns the height that the row needs.
func (s *SheetWriter) takePicture(column int, c *cell) (height float64) {
	format, data := &s.sheet.Columns[column].Format, view(c.text)
	p, err := picture.Read(data, picture.Limits{})
	if err != nil {
		*c = format.pictureCell("", err)
		return 0
	}
	book, part, mustHold := &s.book.pictures, picture.Part(data, p.Format), s.rows.part != nil
	if book.full(part, len(data), mustHold) {
		*c = format.insteadOfImage(changedPictures)
		return 0
	}
	if s.pictures.err == nil {
		s.pictures.err = book.take(s.book.archive, heldPicture{part, data}, mustHold)
	}
	s.pictures.row = append(s.pictures.row, placedPicture{column: column, part: part, picture: p})
	*c = cell{traits: hasPicture}
	return format.imageRow()
}

// placePictures puts those of the row that was written last where it is.
func (s *SheetWriter) placePictures(height float64) error {
	for _, p := range s.pictures.row {
		p.row, p.height = s.written, height
		s.pictures.placed = append(s.pictures.placed, p)
	}
	s.pictures.row = s.pictures.row[:0]
	return s.pictures.err
}

// finishPictures writes the drawing of the sheet of that number, if it has one, and what
// is held.
func (s *SheetWriter) finishPictures(sheet int) error {
	if err := s.book.pictures.release(s.book.archive); err != nil || !s.pictures.any() {
		return err
	}
	var drawing picture.Drawing
	for _, p := range s.pictures.placed {
		column := &s.sheet.Columns[p.column]
		cell := picture.Area{
			Column: p.column, Row: p.row - 1,
			Widths:  []picture.EMU{picture.ColumnWidth(s.columns.widths[p.column], digitPixels)},
			Heights: []picture.EMU{picture.RowHeight(p.height)},
		}
		most := picture.Size{Width: picture.Pixels(int(column.Format.width)), Height: picture.Pixels(int(column.Format.height))}
		drawing.Add(p.picture, p.part, cell.Fit(p.picture, most), column.Title)
	}
	s.pictures.placed = nil
	name := drawingPart(sheet)
	if err := s.book.archive.Add(name, drawing.Part()...); err != nil {
		return err
	}
	return s.book.archive.Add(fmt.Sprintf("xl/drawings/_rels/drawing%d.xml.rels", sheet), drawing.Relations()...)
}

func drawingPart(sheet int) string { return fmt.Sprintf("xl/drawings/drawing%d.xml", sheet) }

// drawingRelation is the id of a sheet's relation to its drawing.
const drawingRelation = "rIdDrawing"

// relation is that of the sheet of that number; empty where it has no pictures.
func (p *sheetPictures) relation(sheet int) string {
	if !p.any() {
		return ""
	}
	return fmt.Sprintf(`<Relationship Id="%s" Type="%s" Target="../drawings/drawing%d.xml"/>`, drawingRelation, picture.RelationshipType, sheet)
}

// appendPictureTypes writes what the parts of pictures are.
func appendPictureTypes(b []byte, sheets []writtenSheet) []byte {
	for _, s := range sheets {
		if !s.pictures {
			continue
		}
		for _, f := range picture.Formats() {
			b = fmt.Appendf(b, `<Default Extension="%s" ContentType="%s"/>`, f.Extension(), f.ContentType())
		}
		break
	}
	return b
}

// heldBack is how much of the sheet's rows is held back.
func (s *Sheet) heldBack() int {
	for i := range s.Columns {
		if s.Columns[i].Format.IsImage() {
			return wholeBytesPictures
		}
	}
	return wholeBytes
}
