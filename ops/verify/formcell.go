package verify

import (
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// formCells works out the cells of a form.
type formCells struct {
	data   *formData
	locale string
	// formats are those that markers name.
	formats map[string]format
}

// cell is what a cell of the form must hold for a row.
func (x *formCells) cell(c *formCell, at *formFrame) (expected, error) {
	if c.pieces == nil {
		return expected{drawn: &c.drawn}, nil
	}
	if only := c.only(); only != nil {
		return x.field(c, only, at)
	}
	if !c.holds() || at != nil && at.row == nil && c.asks() {
		return expected{}, nil
	}
	text, err := x.words(c.pieces, at)
	e := textCell(text, c.drawn.Format)
	e.quoted = c.drawn.QuotePrefix
	return e, err
}

// field is a value alone in its cell: in the cell's own number format where that can show
// it, and the marker names none.
func (x *formCells) field(c *formCell, m *formField, at *formFrame) (expected, error) {
	f, err := x.format(m)
	if err != nil {
		return expected{}, err
	}
	v := x.data.value(at, m.name)
	e, own := f.cell(v), orGeneral(c.drawn.Format)
	switch {
	case e.kind == cells.Empty:
		return e, nil
	case e.format == cells.General:
		e.format = own
	case m.format != "":
	case own == "@":
		e = textCell(v.String(), own)
	case showsTime(own):
		e.format = own
	}
	e.quoted = c.drawn.QuotePrefix
	return e, nil
}

// showsTime says whether a number format shows a date, a time or a duration.
func showsTime(code string) bool {
	_, purpose := readCode(code)
	return purpose == forAnyTimes || purpose == forDurations
}

func (x *formCells) format(m *formField) (format, error) {
	name := m.format
	if m.image {
		name = "image"
	}
	if f, ok := x.formats[name]; ok {
		return f, nil
	}
	f, err := readFormat(name, x.locale)
	if err != nil {
		return f, &incomparableError{"marker {{" + m.name + "}}: " + err.Error()}
	}
	x.formats[name] = f
	return f, nil
}

// words are text with values in it.
func (x *formCells) words(pieces []formPiece, at *formFrame) (string, error) {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
		if p.field == nil {
			continue
		}
		f, err := x.format(p.field)
		if err != nil {
			return "", err
		}
		b.WriteString(f.words(x.data.value(at, p.field.name)))
	}
	return b.String(), nil
}

// isDrawn says whether a cell is still as the template has it, but for what a formula names, which
// moves with the rows. Its result is worked out when the workbook is opened.
func isDrawn(drawn, got cells.Cell) bool {
	switch {
	case (drawn.Formula == "") != (got.Formula == ""):
		return false
	case drawn.Formula != "":
		return got.Format == drawn.Format
	case drawn.Kind == cells.Empty || got.Kind == cells.Empty:
		return drawn.Kind == got.Kind
	}
	return got.Kind == drawn.Kind && got.Text == drawn.Text && got.Format == drawn.Format && got.QuotePrefix == drawn.QuotePrefix
}

// placePictures gives pictures the cells that they were put into: of merged ones the
// first. Those that the template has itself are left out.
func placePictures(pictures []cells.Picture, merges []string, drawn map[string]bool) map[string][]string {
	var merged []area
	for _, ref := range merges {
		if a, ok := areaOf(ref); ok {
			merged = append(merged, a)
		}
	}
	placed := map[string][]string{}
	for _, p := range pictures {
		if drawn[p.SHA256] {
			continue
		}
		row, col := p.Row, p.Col
		if i := slices.IndexFunc(merged, func(a area) bool { return a.holds(row, col) }); i >= 0 {
			row, col = merged[i].top, merged[i].left
		}
		ref := cells.Cell{Row: row, Col: col}.Ref()
		placed[ref] = append(placed[ref], p.SHA256)
	}
	return placed
}
