package template

import (
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

func (w *pageWriter) writeCell(c *cell, at *frame) error {
	w.rows.XML = append(append(w.rows.XML, c.before...), w.digits...)
	w.rows.BeginCell(c.column - 1)
	switch {
	case c.field != nil:
		v, err := w.cellValue(w.page, c, at)
		if err != nil {
			return err
		}
		return w.writeField(c, v)
	case c.isBlank(at):
		w.rest(c, c.empty)
	case c.words != nil:
		return w.writeWords(c, at)
	case c.formula != nil:
		w.writeFormula(c)
	default:
		w.rest(c, c.after)
	}
	return nil
}

// rest writes what is always the same behind a cell's reference.
func (w *pageWriter) rest(c *cell, rest []byte) {
	w.rows.XML = append(w.rows.XML, rest...)
	w.rows.BeginValue(uint32(c.style*openings+openRest), false) //nolint:gosec // Excel has 65,490 styles
	w.rows.EndValue()
}

func (p *page) unknown(f *field) error {
	return &PlaceError{Sheet: p.sheet.name, Cell: f.cell, Err: &UnknownError{Kind: f.marker.kind, Name: f.marker.name}}
}

// shown is what a cell holds for a value, and the style that shows it.
func (f *filling) shown(c *cell, v *xlsx.Value) (xlsx.Content, derived) {
	format := &c.field.format
	content := format.Content(v)
	want := derived{from: c.style}
	switch code := content.Code(); {
	case code == "":
	case format.given:
		want.code = code
	case f.looks.code(c.style) == "@":
		text := xlsx.Text(v.String()) // a date as a number would be the number, in a cell for text
		content = format.Content(&text)
	case !f.looks.showsTime(c.style):
		want.code = code
	}
	want.quote = content.NeedsQuote()
	return content, want
}

// writeField writes a value as the only thing in its cell.
func (w *pageWriter) writeField(c *cell, v *xlsx.Value) error {
	content, want := w.shown(c, v)
	if content.Empty() {
		w.rest(c, c.empty)
		return w.place(c, &content)
	}
	w.note(&content, c, c.field)
	w.open(c, w.looks.id(want), &content)
	w.rows.XML = content.AppendXML(w.rows.XML)
	w.close()
	return w.link(c, &content)
}

// open writes what leads to a cell's content.
func (w *pageWriter) open(c *cell, style int, content *xlsx.Content) {
	b := append(w.rows.XML, '"')
	if style != 0 {
		b = append(strconv.AppendInt(append(b, ` s="`...), int64(style), 10), '"')
	}
	kind := openNumber
	switch content.Type() {
	case "b":
		kind, b = openBool, append(b, ` t="b"`...)
	case "inlineStr":
		kind, b = openText, append(b, ` t="inlineStr"`...)
	}
	w.rows.XML = append(b, '>')
	w.rows.BeginValue(uint32(style*openings+kind), content.IsText()) //nolint:gosec // Excel has 65,490 styles
}

// The ways in which a cell of one style is opened.
const (
	openNumber = iota
	openBool
	openText
	openFormula
	openRest
	openings
)

func (w *pageWriter) close() {
	w.rows.EndValue()
	w.rows.XML = append(w.rows.XML, "</c>"...)
}

// note records what the content changed of a field's value.
func (w *pageWriter) note(content *xlsx.Content, c *cell, f *field) {
	if content.Changed() {
		w.summary.Substitutions.Note(content, xlsx.Substitution{
			Sheet: w.page.name, Cell: columnLetters(c.column) + string(w.digits), Column: f.marker.name,
		})
	}
}

// isBlank says whether the cell has words with values in it, and there is no row to have them.
func (c *cell) isBlank(at *frame) bool {
	return c.words != nil && c.empty != nil && at != nil && at.empty
}

// texts are those of a cell's words, filled in.
func (f *filling) texts(p *page, c *cell, at *frame) ([]string, error) {
	texts := make([]string, len(c.words))
	var b strings.Builder
	for i, r := range c.words {
		b.Reset()
		for _, piece := range r.pieces {
			text := piece.text
			if piece.field != nil {
				v := f.value(at, piece.field.id)
				if v == nil {
					return nil, p.unknown(piece.field)
				}
				text, _ = piece.field.format.Words(v) // those without words were refused
			}
			b.WriteString(text)
		}
		texts[i] = b.String()
	}
	return texts, nil
}

// writeWords writes text with values in it.
func (w *pageWriter) writeWords(c *cell, at *frame) error {
	texts, err := w.texts(w.page, c, at)
	if err != nil {
		return err
	}
	text := strings.Join(texts, "")
	if len(texts) > 1 && len(text) <= maxRich || c.words[0].look != nil {
		w.writeRuns(c, texts)
		return nil
	}
	w.writeText(c, text)
	return nil
}

// maxRich is how long a text may be for its runs to be kept: Excel's limit, in bytes.
const maxRich = 32767

// writeText writes text of one look.
func (w *pageWriter) writeText(c *cell, text string) {
	content := textContent(text)
	w.note(&content, c, c.words.field())
	w.open(c, w.looks.id(derived{from: c.style, quote: content.NeedsQuote()}), &content)
	w.rows.XML = content.AppendXML(w.rows.XML)
	w.close()
}

// writeRuns writes text whose runs have looks of their own.
func (w *pageWriter) writeRuns(c *cell, texts []string) {
	first := textContent(texts[0])
	w.open(c, w.looks.id(derived{from: c.style, quote: first.NeedsQuote()}), &first)
	b := append(w.rows.XML, "<is>"...)
	for i, r := range c.words {
		content := textContent(texts[i])
		w.note(&content, c, c.words.field())
		b = append(append(b, "<r>"...), r.look...)
		b = append(content.AppendText(b), "</r>"...)
	}
	w.rows.XML = append(b, "</is>"...)
	w.close()
}

func textContent(s string) xlsx.Content {
	v := xlsx.Text(s)
	var general xlsx.Format
	return general.Content(&v)
}

// field is the first one among words; one without a name where there is only text beside
// markers of blocks.
func (w words) field() *field {
	for _, r := range w {
		for _, p := range r.pieces {
			if p.field != nil {
				return p.field
			}
		}
	}
	return &field{marker: &marker{}}
}

// writeFormula writes a formula as it is to be in this row.
func (w *pageWriter) writeFormula(c *cell) {
	f := c.formula
	w.rows.XML = append(w.rows.XML, c.after...)
	w.rows.XML = append(w.rows.XML, f.tag...)
	if f.array != "" {
		w.rows.XML = append(appendLower(w.rows.XML, f.array, w.lower), f.rest...)
	}
	w.rows.BeginValue(uint32(c.style*openings+openFormula), true) //nolint:gosec // Excel has 65,490 styles
	if w.moved && !f.parsed.Static() {
		var fits bool
		if w.formula, fits = f.parsed.Fit(w.formula[:0], w.page.grid.At(w.row)); !fits {
			w.noteTooLong(w.page, columnLetters(c.column)+string(w.digits))
			w.bytes += reference.MaxUnits // it took the time of one that is written
		}
		w.rows.XML = appendEscaped(w.rows.XML, w.formula)
	} else {
		w.rows.XML = append(w.rows.XML, f.text...)
	}
	w.rows.XML = append(w.rows.XML, "</f>"...)
	w.close()
}

// noteTooLong records that a cell's formula has become longer than Excel takes.
func (f *filling) noteTooLong(p *page, cell string) {
	f.summary.Substitutions.NoteFormula(xlsx.Substitution{Sheet: p.name, Cell: cell})
}

// appendLower writes a range so many rows lower.
func appendLower(b []byte, ref string, lower int) []byte {
	for i, corner := range strings.Split(ref, ":") {
		if i > 0 {
			b = append(b, ':')
		}
		row := rowOf(corner)
		b = append(b, strings.TrimRight(corner, "0123456789")...)
		b = strconv.AppendInt(b, int64(row+lower), 10)
	}
	return b
}
