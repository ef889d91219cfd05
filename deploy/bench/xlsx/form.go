package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// A form is a sheet as customers draw it: a merged title, a field, a head with borders, one
// row that is repeated, and sums below.
const (
	formSheet   = "Sheet1"
	formTitle   = "冷蔵庫温度記録表"
	formFacts   = "施設: "
	formSite    = "東京第一"
	formColumns = 15
	formFirst   = 6 // the row that is repeated
	// formElsewhere is a cell beside the form, and formNotation what stands there in a
	// form that is not compiled: a formula that only excelize lets pass.
	formElsewhere, formNotation = "P1", "=SUM(R1C1:R2C2)"
)

// drawForm makes a form with markers.
func drawForm(compiled bool) ([]byte, error) {
	f := excelize.NewFile()
	if err := f.SetCellValue(formSheet, "A1", formTitle); err != nil {
		return nil, err
	}
	if err := f.MergeCell(formSheet, "A1", cellName(formColumns, 2)); err != nil {
		return nil, err
	}
	if err := f.SetCellValue(formSheet, "A3", formFacts+"{{site}}"); err != nil {
		return nil, err
	}
	for column := 1; column <= formColumns; column++ {
		if err := drawColumn(f, column); err != nil {
			return nil, err
		}
	}
	if !compiled {
		if err := f.SetCellFormula(formSheet, formElsewhere, formNotation); err != nil {
			return nil, err
		}
	}
	var file bytes.Buffer
	if err := f.Write(&file); err != nil {
		return nil, err
	}
	return file.Bytes(), f.Close()
}

func drawColumn(f *excelize.File, column int) error {
	style := &excelize.Style{}
	for _, side := range []string{"left", "top", "right", "bottom"} {
		style.Border = append(style.Border, excelize.Border{Type: side, Style: 1, Color: "000000"})
	}
	if code := codes[kindOf(column-1)]; code != "" {
		style.CustomNumFmt = &code
	}
	id, err := f.NewStyle(style)
	if err != nil {
		return err
	}
	marker := "{{" + formField(column) + "}}"
	switch column {
	case 1:
		marker = "{{#records}}" + marker
	case formColumns:
		marker += "{{/records}}"
	}
	head, sum := cellName(column, formFirst-1), cellName(column, formFirst+1)
	if err := f.SetCellValue(formSheet, head, title(column-1)); err != nil {
		return err
	}
	if err := f.SetCellValue(formSheet, cellName(column, formFirst), marker); err != nil {
		return err
	}
	if summed(column) {
		if err := f.SetCellFormula(formSheet, sum, formSum(column, 1)); err != nil {
			return err
		}
	}
	return f.SetCellStyle(formSheet, head, sum, id)
}

func formField(column int) string { return fmt.Sprintf("c%d", column) }

// summed says whether a column has a sum below.
func summed(column int) bool { return kindOf(column-1) == decimal }

// formSum is the sum of a column's rows.
func formSum(column, rows int) string {
	return "SUM(" + cellName(column, formFirst) + ":" + cellName(column, formFirst+rows-1) + ")"
}

func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		panic(err) // both are small numbers above 0
	}
	return name
}

// formByJetsheet compiles a form once, and fills it for each workbook.
func formByJetsheet(compiled bool) prepareFunc {
	return func() (writeFunc, error) {
		file, err := drawForm(compiled)
		if err != nil {
			return nil, err
		}
		form, err := template.Compile(file, template.Options{})
		if err != nil {
			return nil, err
		}
		if reasons := form.Unsupported(); (len(reasons) == 0) != compiled {
			return nil, fmt.Errorf("the form is not compiled because of %v, want it compiled: %t", reasons, compiled)
		}
		return func(ctx context.Context, dst io.Writer, rows, columns int) error {
			_, err := form.Fill(ctx, dst, formData(rows, columns))
			return err
		}, nil
	}
}

func formData(rows, columns int) template.Data {
	records := &template.Table{}
	for column := range columns {
		records.Columns = append(records.Columns, formField(column+1))
	}
	row := make([]value, columns)
	for i := range rows {
		fill(row, i)
		values := make([]xlsx.Value, columns)
		for j := range row {
			values[j] = ours(&row[j])
		}
		records.Rows = append(records.Rows, values)
	}
	return template.Data{
		Fields: map[string]xlsx.Value{"site": xlsx.Text(formSite)},
		Tables: map[string]*template.Table{"records": records},
	}
}

// formByExcelize opens the form, fills it and saves it for each workbook. It is as kind to
// excelize as can be: the places are known, the rows are inserted all at once, and each
// column's style is set for all rows at once.
func formByExcelize() (writeFunc, error) {
	file, err := drawForm(true)
	return func(_ context.Context, dst io.Writer, rows, columns int) error {
		f, err := excelize.OpenReader(bytes.NewReader(file))
		if err != nil {
			return err
		}
		if err := fillForm(f, rows, columns); err != nil {
			return err
		}
		if err := f.Write(dst); err != nil {
			return err
		}
		return f.Close()
	}, err
}

func fillForm(f *excelize.File, rows, columns int) error {
	if err := f.SetCellValue(formSheet, "A3", formFacts+formSite); err != nil {
		return err
	}
	if err := f.InsertRows(formSheet, formFirst+1, rows-1); err != nil {
		return err
	}
	for column := 1; column <= columns; column++ {
		if err := stretchColumn(f, column, rows); err != nil {
			return err
		}
	}
	row := make([]value, columns)
	for i := range rows {
		fill(row, i)
		for j := range row {
			if err := f.SetCellValue(formSheet, cellName(j+1, formFirst+i), row[j].any()); err != nil {
				return err
			}
		}
	}
	return nil
}

// stretchColumn gives a column's inserted rows its style, and its sum all of them.
func stretchColumn(f *excelize.File, column, rows int) error {
	first := cellName(column, formFirst)
	style, err := f.GetCellStyle(formSheet, first)
	if err != nil {
		return err
	}
	if err := f.SetCellStyle(formSheet, first, cellName(column, formFirst+rows-1), style); err != nil {
		return err
	}
	if !summed(column) {
		return nil
	}
	return f.SetCellFormula(formSheet, cellName(column, formFirst+rows), formSum(column, rows))
}
