package template

import (
	"errors"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// title is a sheet's name with markers in it. One that begins with {{#query}} stands for
// as many sheets as the query has rows; it has no end.
type title struct {
	// rows is the marker of the query; nil if there is one sheet.
	rows   *block
	pieces []wordsPiece
}

// readTitle reads a sheet's name; it is nil if there are no markers in it.
func (c *compiler) readTitle(s *sheet) *title {
	pieces := parseText(s.name)
	c.warnOfMistyped(s, "", s.name, pieces)
	if pieces == nil {
		return nil
	}
	t := &title{}
	mistake := func(message string) { c.mistake(&PlaceError{Sheet: s.name, Err: errors.New(message)}) }
	for i, p := range pieces {
		text := s.name[p.start:p.end]
		if p.err != nil {
			c.mistakeIn(s, "", s.name, &p)
		}
		if p.marker == nil {
			t.pieces = append(t.pieces, wordsPiece{text: text})
			continue
		}
		switch {
		case p.marker.kind == Rows && i == 0:
			t.rows = &block{kind: Rows, name: p.marker.name}
		case p.marker.kind == Field:
			t.pieces = append(t.pieces, wordsPiece{field: c.field(s, p.marker, "")})
		default:
			mistake("marker " + text + `: a sheet's name has fields, and {{#query}} at its begin`)
		}
		c.mark(s, "", text, 0, p.marker)
	}
	if t.rows != nil && len(t.pieces) == 0 {
		mistake(`the sheets need names; write {{#query}}{{field}}`)
	}
	c.checkWords(s, "", t.pieces)
	s.filled = true
	for i := range c.markers {
		if m := &c.markers[i]; m.Sheet == s.name && m.Kind == Field {
			m.Blocks = t.queries()
		}
	}
	return t
}

// queries are those around all of a sheet; t is nil for a name without markers.
func (t *title) queries() []string {
	if t == nil || t.rows == nil {
		return nil
	}
	return []string{t.rows.name}
}

// repeated says whether there is a sheet for each row of a query.
func (s *sheet) repeated() bool { return s.title != nil && s.title.rows != nil }

// expandSheets finds out which sheets there are, and how often each of their blocks is.
func (f *filling) expandSheets() error {
	var taken []string
	for _, s := range f.template.sheets {
		if s.title == nil {
			taken = append(taken, s.name)
		}
	}
	for _, s := range f.template.sheets {
		frames := []*frame{nil}
		if s.repeated() {
			var err error
			if frames, err = f.frames(s.title.rows, nil); err != nil {
				return &PlaceError{Sheet: s.name, Err: err}
			}
		}
		for i, at := range frames {
			p := &page{sheet: s, name: s.name, number: i, frame: at}
			if s.title != nil {
				name, err := f.titleOf(p, taken)
				if err != nil {
					return err
				}
				p.name = name
				taken = append(taken, name)
			}
			if s.repeated() {
				if err := f.count(s, "", len(s.rows)); err != nil {
					return err
				}
			}
			var err error
			if p.blocks, err = f.expand(s, s.body, at); err != nil {
				return err
			}
			f.pages = append(f.pages, p)
		}
	}
	if len(f.pages) == 0 {
		return &PlaceError{Sheet: f.template.sheets[0].name, Err: errNoSheet}
	}
	f.summary.Sheets = len(f.pages)
	return nil
}

var errNoSheet = errors.New("the query has no rows, and the workbook would have no sheets; add a sheet without a marker in its name to the template")

// titleOf is the name of a page: that of the query for one that is there though the query has no
// rows.
func (f *filling) titleOf(p *page, taken []string) (string, error) {
	var b strings.Builder
	pieces := p.sheet.title.pieces
	if p.frame != nil && p.frame.empty {
		pieces = []wordsPiece{{text: p.sheet.title.rows.name}}
	}
	for _, piece := range pieces {
		text := piece.text
		if piece.field != nil {
			v := f.value(p.frame, piece.field.id)
			if v == nil {
				return "", p.unknown(piece.field)
			}
			text, _ = piece.field.format.Words(v) // those without words were refused
		}
		b.WriteString(text)
	}
	name, changed := xlsx.SheetName(b.String(), taken)
	if changed {
		f.summary.Substitutions.NoteSheet(name)
	}
	return name, nil
}
