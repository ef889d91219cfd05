package template

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// setRows sets the cells of a page whose rows have been copied. What excelize sees of merged
// cells, in a sheet that it has whole, is taken off meanwhile: it would set the first one of them.
func (x *byExcelize) setRows(p *page) error {
	merged, err := x.file.GetMergeCells(p.name)
	if err != nil {
		return err
	}
	for _, m := range merged {
		if err := x.file.UnmergeCell(p.name, m.GetStartAxis(), m.GetEndAxis()); err != nil {
			return err
		}
	}
	if err := eachRow(p.sheet.body, p.blocks, p.frame, 0, func(r *row, at *frame, lower int) error {
		return x.setRow(p, r, at, lower)
	}); err != nil {
		return err
	}
	for _, m := range merged {
		if err := x.file.MergeCell(p.name, m.GetStartAxis(), m.GetEndAxis()); err != nil {
			return err
		}
	}
	return nil
}

// setRow sets the cells of a row that has been copied to its place.
func (x *byExcelize) setRow(p *page, r *row, at *frame, lower int) error {
	for _, b := range r.bounds {
		if err := x.file.SetCellDefault(p.name, cellName(b.cell, b.row+lower), ""); err != nil {
			return err
		}
	}
	if err := x.setHeight(p, r, at, r.number+lower); err != nil {
		return err
	}
	for _, c := range r.cells {
		if err := x.setCell(p, c, at, r.number+lower); err != nil {
			return fmt.Errorf("cell %s: %w", cellName(c, r.number+lower), err)
		}
	}
	return nil
}

// setHeight makes a row higher that is too low for its texts.
func (x *byExcelize) setHeight(p *page, r *row, at *frame, number int) error {
	h, err := x.height(p, r, at, number)
	if err != nil || h.points == 0 {
		return err
	}
	return x.file.SetRowHeight(p.name, number, h.points)
}

func cellName(c *cell, row int) string { return columnLetters(c.column) + strconv.Itoa(row) }

func (x *byExcelize) setCell(p *page, c *cell, at *frame, row int) error {
	name := cellName(c, row)
	switch {
	case p.visible(c, row) != c, c.isBlank(at):
		return x.file.SetCellDefault(p.name, name, "")
	case c.field != nil:
		v, err := x.cellValue(p, c, at)
		if err != nil {
			return err
		}
		content, want := x.shown(c, v)
		x.note(&content, p, name, c.field)
		if link := content.Link(); link != "" {
			if err := x.file.SetCellHyperLink(p.name, name, link, "External"); err != nil {
				return err
			}
		}
		return x.setContent(p.name, name, &content, want)
	case c.words != nil:
		texts, err := x.texts(p, c, at)
		if err != nil {
			return err
		}
		content := textContent(strings.Join(texts, ""))
		x.note(&content, p, name, c.words.field())
		return x.setContent(p.name, name, &content, derived{from: c.style})
	case c.formula != nil && x.moved:
		return x.setFormula(p, c, row)
	}
	return nil
}

// setFormula writes a formula as it is to be in this row, without a result.
func (x *byExcelize) setFormula(p *page, c *cell, row int) error {
	name := cellName(c, row)
	if err := x.file.SetCellDefault(p.name, name, ""); err != nil {
		return err
	}
	formula, fits := c.formula.parsed.Fit(nil, p.grid.At(row))
	if !fits {
		x.noteTooLong(p, name)
	}
	text := string(formula)
	if c.formula.array == "" {
		return x.file.SetCellFormula(p.name, name, text)
	}
	area, kind := p.grid.Range(c.formula.array), excelize.STCellFormulaTypeArray
	return x.file.SetCellFormula(p.name, name, text, excelize.FormulaOpts{Ref: &area, Type: &kind})
}

func (x *byExcelize) setContent(sheet, name string, content *xlsx.Content, want derived) error {
	if err := x.setStyle(sheet, name, content, want); err != nil {
		return err
	}
	switch inside := inside(content); {
	case content.Empty():
		return x.file.SetCellDefault(sheet, name, "")
	case content.IsText():
		return x.file.SetCellStr(sheet, name, inside)
	case content.Type() == "b":
		return x.file.SetCellBool(sheet, name, inside == "1")
	default:
		return x.file.SetCellDefault(sheet, name, inside)
	}
}

// inside is the text between the tags of what a cell holds. The escapes that
// strings of workbooks have stay: excelize does not make any.
func inside(content *xlsx.Content) string {
	b := content.AppendXML(nil)
	if content.IsText() {
		b = content.AppendText(nil)
	}
	start, end := bytes.IndexByte(b, '>')+1, bytes.LastIndexByte(b, '<')
	return unescape(b[start:max(start, end)])
}

// setStyle gives a cell the number format that its content wants.
func (x *byExcelize) setStyle(sheet, name string, content *xlsx.Content, want derived) error {
	if want.code == "" || content.Empty() || want.code == x.looks.code(want.from) {
		return nil
	}
	style, err := x.file.GetStyle(want.from)
	if err != nil {
		return err
	}
	style.NumFmt, style.CustomNumFmt = 0, &want.code
	style.Fill.Pattern = max(style.Fill.Pattern, 0) // -1 where the fill names no pattern, as openpyxl writes it
	id, err := x.file.NewStyle(style)               // an equal one is found again
	if err != nil {
		return err
	}
	return x.file.SetCellStyle(sheet, name, name, id)
}

// note records what the content changed of a field's value.
func (x *byExcelize) note(content *xlsx.Content, p *page, name string, f *field) {
	if content.Changed() {
		x.summary.Substitutions.Note(content, xlsx.Substitution{Sheet: p.name, Cell: name, Column: f.marker.name})
	}
}
