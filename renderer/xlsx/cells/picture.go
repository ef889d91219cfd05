package cells

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Picture is one that lies over a sheet.
type Picture struct {
	// Row and Col are those of the cell in which its left upper corner lies, as of a
	// Cell; 0 for one that is not held by a cell.
	Row, Col int
	// SHA256 is that of the picture's file, in hex; Size is the file's, in bytes.
	SHA256 string
	Size   int64
}

// Ref is the cell's reference; empty for a picture that is not held by a cell.
func (p Picture) Ref() string {
	if p.Row == 0 {
		return ""
	}
	return reference(p.Row, p.Col)
}

// String says which picture it is.
func (p Picture) String() string {
	return fmt.Sprintf("picture of %d bytes, sha256 %s", p.Size, p.SHA256)
}

// maxPictures bounds the memory that a sheet full of pictures takes.
const maxPictures = 100_000

// Pictures reads which pictures lie over the sheet, by rows and columns.
func (s *Sheet) Pictures() ([]Picture, error) {
	drawing, err := s.book.archive.related(s.part, "/drawing")
	if err != nil || drawing == "" {
		return nil, err
	}
	images, err := s.book.archive.relationsOf(drawing)
	if err != nil || images == nil { // a drawing of shapes alone
		return nil, err
	}
	found := pictureReader{archive: s.book.archive, images: images, files: map[string]Picture{}}
	if err := found.read(drawing); err != nil {
		return nil, err
	}
	slices.SortFunc(found.pictures, func(a, b Picture) int {
		return cmp.Or(a.Row-b.Row, a.Col-b.Col, strings.Compare(a.SHA256, b.SHA256))
	})
	return found.pictures, nil
}

// related gives the target of a part's first relation whose type ends so; empty for none.
func (a *archive) related(part, kind string) (string, error) {
	all, err := a.relationsOf(part)
	return all.first(kind), err
}

// relationsOf gives the relations of a part that may have none.
func (a *archive) relationsOf(part string) (relations, error) {
	dir, file := path.Split(part)
	if a.find(dir+"_rels/"+file+".rels") == nil {
		return nil, nil
	}
	return a.relations(part)
}

// pictureReader reads a drawing.
type pictureReader struct {
	archive  *archive
	images   relations
	pictures []Picture
	// files are the pictures by their parts, without a place.
	files    map[string]Picture
	row, col int
}

func (r *pictureReader) read(drawing string) error {
	t, err := r.archive.tokens(drawing)
	if err != nil {
		return err
	}
	return t.each(func(parents []string, start xml.StartElement) error {
		name := start.Name.Local
		within := ""
		if len(parents) > 0 {
			within = parents[len(parents)-1]
		}
		switch {
		case len(parents) == 1: // the next anchor
			r.row, r.col = 0, 0
		case within == "from" && name == "row":
			return t.number(&r.row, maxRow)
		case within == "from" && name == "col":
			return t.number(&r.col, maxColumn)
		case name == "blip":
			return r.add(prefixed(start, "embed"))
		}
		return nil
	})
}

// number reads a place that is counted from 0.
func (t *tokens) number(into *int, most int) error {
	text, err := t.text()
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n >= most {
		return malformed("part %q: %q is no place in a sheet", t.name, text)
	}
	*into = n + 1
	return nil
}

func (r *pictureReader) add(id string) error {
	if id == "" {
		return nil // it is linked, or a shape's filling without a file
	}
	if len(r.pictures) == maxPictures {
		return beyond("the sheet has more than %d pictures", maxPictures)
	}
	part := r.images[id].target
	picture, known := r.files[part]
	if !known {
		var err error
		if picture, err = r.archive.picture(part); err != nil {
			return err
		}
		r.files[part] = picture
	}
	picture.Row, picture.Col = r.row, r.col
	r.pictures = append(r.pictures, picture)
	return nil
}

func (a *archive) picture(part string) (p Picture, err error) {
	f := a.find(part)
	if part == "" || f == nil {
		return p, malformed("the part %q of a picture is missing", part)
	}
	file, err := a.open(f)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum := sha256.New()
	p.Size, err = io.Copy(sum, file)
	p.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return p, err
}

// pictures compares the pictures over each cell.
func (d *differ) pictures(a, b *Sheet) error {
	picturesA, err := a.Pictures()
	if err != nil {
		return fmt.Errorf("first workbook: %w", err)
	}
	picturesB, err := b.Pictures()
	if err != nil {
		return fmt.Errorf("second workbook: %w", err)
	}
	for len(picturesA) > 0 || len(picturesB) > 0 {
		at := firstPicture(picturesA, picturesB)
		var overA, overB []string
		overA, picturesA = cutPictures(picturesA, at)
		overB, picturesB = cutPictures(picturesB, at)
		if !slices.Equal(overA, overB) {
			d.addIn(d.titles[at.Col], at.Ref(), DiffPicture, strings.Join(overA, ", "), strings.Join(overB, ", "))
		}
	}
	return nil
}

// firstPicture is the one that comes first in either list.
func firstPicture(a, b []Picture) Picture {
	switch {
	case len(a) == 0:
		return b[0]
	case len(b) == 0 || cmp.Or(a[0].Row-b[0].Row, a[0].Col-b[0].Col) <= 0:
		return a[0]
	}
	return b[0]
}

// cutPictures takes those at the place of another from the beginning of a list.
func cutPictures(pictures []Picture, at Picture) (over []string, rest []Picture) {
	for len(pictures) > 0 && pictures[0].Row == at.Row && pictures[0].Col == at.Col {
		over = append(over, pictures[0].String())
		pictures = pictures[1:]
	}
	return over, pictures
}
