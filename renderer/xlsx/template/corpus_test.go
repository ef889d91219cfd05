package template_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// sample is a template, what it is filled with, and what must be seen then.
type sample struct {
	name string
	draw func(*drawer)
	data template.Data
	// want are facts of the filled workbook; "" is for what must not be there.
	want map[string]string
}

// drawer draws a template as a customer does. Its first sheet is named Form.
type drawer struct {
	*testing.T
	file *excelize.File
}

// put writes cells of the sheet Form: their references and values in turn.
// What begins with "=" is a formula.
func (d *drawer) put(cells ...any) { d.Helper(); d.putOn("Form", cells...) }

func (d *drawer) putOn(sheet string, cells ...any) {
	d.Helper()
	for i := 0; i < len(cells); i += 2 {
		ref, ok := cells[i].(string)
		if !ok {
			d.Fatalf("%v is no reference", cells[i])
		}
		if text, isText := cells[i+1].(string); isText && len(text) > 0 && text[0] == '=' {
			noError(d.T, d.file.SetCellFormula(sheet, ref, text[1:]))
			continue
		}
		noError(d.T, d.file.SetCellValue(sheet, ref, cells[i+1]))
	}
}

func (d *drawer) merge(from, to string) { d.Helper(); noError(d.T, d.file.MergeCell("Form", from, to)) }

func (d *drawer) sheet(name string) {
	d.Helper()
	_, err := d.file.NewSheet(name)
	noError(d.T, err)
}

func (d *drawer) style(from, to string, s *excelize.Style) {
	d.Helper()
	id, err := d.file.NewStyle(s)
	noError(d.T, err)
	noError(d.T, d.file.SetCellStyle("Form", from, to, id))
}

func (d *drawer) name(name, refersTo, scope string) {
	d.Helper()
	noError(d.T, d.file.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: refersTo, Scope: scope}))
}

func (d *drawer) rule(area, criteria, value string) {
	d.Helper()
	format, err := d.file.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Color: "FF0000"}})
	noError(d.T, err)
	kind := "cell"
	if value == "" {
		kind = "formula"
	}
	noError(d.T, d.file.SetConditionalFormat("Form", area, []excelize.ConditionalFormatOptions{{Type: kind, Criteria: criteria, Value: value, Format: &format}}))
}

func (d *drawer) list(sqref, source string) {
	d.Helper()
	v := excelize.NewDataValidation(true)
	v.Sqref = sqref
	v.SetSqrefDropList(source)
	noError(d.T, d.file.AddDataValidation("Form", v))
}

func (d *drawer) picture(cell, positioning string) {
	d.Helper()
	var file bytes.Buffer
	noError(d.T, png.Encode(&file, image.NewGray(image.Rect(0, 0, 20, 12))))
	noError(d.T, d.file.AddPictureFromBytes("Form", cell, &excelize.Picture{
		Extension: ".png", File: file.Bytes(), Format: &excelize.GraphicOptions{Positioning: positioning},
	}))
}

func (d *drawer) comment(cell, text string) {
	d.Helper()
	noError(d.T, d.file.AddComment("Form", excelize.Comment{Cell: cell, Author: "A", Text: text}))
}

// draw makes the sample's template.
func (s *sample) template(t *testing.T) []byte {
	t.Helper()
	d := &drawer{T: t, file: excelize.NewFile()}
	noError(t, d.file.SetSheetName("Sheet1", "Form"))
	s.draw(d)
	var b bytes.Buffer
	noError(t, d.file.Write(&b))
	noError(t, d.file.Close())
	return b.Bytes()
}

// result is a query's result of texts and whole numbers.
func result(columns []string, rows ...[]any) *template.Table {
	t := &template.Table{Columns: columns}
	for _, row := range rows {
		values := make([]xlsx.Value, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case string:
				values[i] = xlsx.Text(v)
			case int:
				values[i] = xlsx.Int(int64(v))
			case xlsx.Value:
				values[i] = v
			}
		}
		t.Rows = append(t.Rows, values)
	}
	return t
}

// items are so many rows of a name and an amount: a 1, b 2, c 3, …
func items(n int) *template.Table {
	t := &template.Table{Columns: []string{"item", "amount"}}
	for i := range n {
		t.Rows = append(t.Rows, []xlsx.Value{xlsx.Text(string(rune('a' + i))), xlsx.Int(int64(i + 1))})
	}
	return t
}

func records(n int) template.Data {
	return template.Data{Tables: map[string]*template.Table{"records": items(n)}}
}

// putItems draws a list of one row: a head in 3, the block in 4, a sum in 5.
func (d *drawer) putItems() {
	d.Helper()
	d.put("A1", "List", "A3", "Item", "B3", "Amount", "A4", "{{#records}}{{item}}", "B4", "{{amount}}{{/records}}", "A5", "Sum", "B5", "=SUM(B4:B4)")
}
