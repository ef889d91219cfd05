package xlsx

import (
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

// Content is what a cell holds for a value under a format. It is for writers of
// cells other than SheetWriter, which choose the cell's style themselves. The zero
// Content is that of an empty cell.
type Content struct{ cell cell }

// Content applies the format to a value, as a column of a sheet does.
func (f *Format) Content(v *Value) Content {
	var c Content
	f.put(&c.cell, v)
	return c
}

// Empty says that nothing is written, which is so of a picture too: it lies over its cell.
func (c *Content) Empty() bool { return c.cell.kind == cellBlank || c.cell.kind == cellPicture }

// Picture is the file of a picture, which must not be changed, and what its headers say; ok is false for other content.
func (c *Content) Picture() (file []byte, about *picture.Picture, ok bool) {
	if c.cell.kind != cellPicture {
		return nil, nil, false
	}
	file = view(c.cell.text)
	about, err := picture.Read(file, picture.Limits{})
	return file, about, err == nil
}

// IsText says that the cell holds text.
func (c *Content) IsText() bool { return c.cell.kind == cellText }

// Lines is about how many lines the content takes in a cell that wraps text, where so many
// half-width characters fit into a line: 1 for what is no text. Those that are high have
// characters of a font which needs a quarter more than one for Latin does.
func (c *Content) Lines(room int) (lines int, high bool) {
	if !c.IsText() {
		return 1, false
	}
	return textLines(c.cell.text, room), c.cell.traits&hasWide != 0
}

// Link is the address that the cell leads to, the place within it behind "#"; empty for none.
func (c *Content) Link() string {
	if c.cell.traits&hasLink == 0 {
		return ""
	}
	target, place, _ := linkTarget(strings.TrimSpace(c.cell.text))
	if place != "" {
		target += "#" + place
	}
	return target
}

// Code is the number format that shows the content; empty is General.
func (c *Content) Code() string { return c.cell.code }

// NeedsQuote says that the content is text that somebody who edits the cell would make
// a formula of, unless its style says otherwise.
func (c *Content) NeedsQuote() bool { return c.IsText() && looksLikeFormula(c.cell.text) }

// Type is the attribute t of the cell, which follows its style.
func (c *Content) Type() string {
	switch c.cell.kind {
	case cellText:
		return "inlineStr"
	case cellBool:
		return "b"
	}
	return "n"
}

// AppendXML writes what stands within the cell: nothing if it is empty.
func (c *Content) AppendXML(b []byte) []byte {
	switch {
	case c.Empty():
		return b
	case c.IsText():
		return append(c.AppendText(append(b, `<is>`...)), `</is>`...)
	}
	return append(c.cell.appendValue(append(b, `<v>`...)), `</v>`...)
}

// AppendText writes text as the element of one run; what is no text is nothing.
func (c *Content) AppendText(b []byte) []byte {
	if !c.IsText() {
		return b
	}
	opening := `<t>`
	if needsSpace(c.cell.text, c.cell.traits) {
		opening = `<t xml:space="preserve">`
	}
	return append(c.cell.appendValue(append(b, opening...)), `</t>`...)
}

// Changed says that the content is not quite the value: Substitutions.Note has a record.
func (c *Content) Changed() bool { return c.cell.changes != 0 }

// Note records what the content changed of its value. The substitution says where.
func (s *Substitutions) Note(c *Content, at Substitution) {
	s.record(c.cell.changes, at)
}

// NoteFormula records that a formula became longer than Excel takes. The substitution says where.
func (s *Substitutions) NoteFormula(at Substitution) { s.record(changedFormula, at) }

// NoteSheet records that a sheet could not have the name it was given.
func (s *Substitutions) NoteSheet(name string) { s.record(changedName, Substitution{Sheet: name}) }
