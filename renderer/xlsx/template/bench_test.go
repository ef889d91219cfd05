package template_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// The job of both benchmarks: a form of 15 columns, drawn with borders, a head of five
// rows and sums below, whose one row is repeated for 200 rows.
//
//	go test ./renderer/xlsx/template -run '^$' -bench 'Form' -cpu 1
const (
	benchRows    = 200
	benchColumns = 15
	benchFirst   = 6
)

func benchForm(b *testing.B) []byte {
	b.Helper()
	f := excelize.NewFile()
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	border := []excelize.Border{{Type: "left", Style: 1, Color: "000000"}, {Type: "top", Style: 1, Color: "000000"}, {Type: "right", Style: 1, Color: "000000"}, {Type: "bottom", Style: 1, Color: "000000"}}
	check(f.SetCellValue(sheet1, "A1", "冷蔵庫温度記録表"))
	check(f.MergeCell(sheet1, "A1", "O2"))
	check(f.SetCellValue(sheet1, "A3", "施設: {{site}}"))
	for column := 1; column <= benchColumns; column++ {
		style, err := f.NewStyle(&excelize.Style{Border: border, NumFmt: []int{0, 22, 1, 2, 0}[column%5]})
		check(err)
		head := cellName(column, benchFirst-1)
		check(f.SetCellValue(sheet1, head, fmt.Sprintf("項目%d", column)))
		at := cellName(column, benchFirst)
		text := fmt.Sprintf("{{c%d}}", column)
		switch column {
		case 1:
			text = "{{#records}}" + text
		case benchColumns:
			text += "{{/records}}"
		}
		check(f.SetCellValue(sheet1, at, text))
		sum := cellName(column, benchFirst+1)
		if column%5 == 3 {
			check(f.SetCellFormula(sheet1, sum, fmt.Sprintf("SUM(%s:%s)", at, at)))
		}
		check(f.SetCellStyle(sheet1, head, sum, style))
	}
	check(f.SetCellValue(sheet1, cellName(1, benchFirst+1), "合計"))
	var file bytes.Buffer
	check(f.Write(&file))
	check(f.Close())
	return file.Bytes()
}

func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		panic(err) // both are constants
	}
	return name
}

// benchValue is the value of a cell, in the two ways that it is given.
func benchValue(row, column int) (any, xlsx.Value) {
	switch column % 5 {
	case 0:
		text := fmt.Sprintf("確認済 %d-%d", row, column)
		return text, xlsx.Text(text)
	case 1:
		at := time.Date(2026, time.March, 1+row%28, row%24, column, 0, 0, time.UTC)
		return at, xlsx.DateTime(at)
	case 2:
		return row * column, xlsx.Int(int64(row * column))
	case 3:
		return float64(row) / 4, xlsx.Float(float64(row) / 4)
	}
	return "厨房 冷蔵庫", xlsx.Text("厨房 冷蔵庫")
}

func BenchmarkForm(b *testing.B) {
	tpl, err := template.Compile(benchForm(b), template.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if reasons := tpl.Unsupported(); len(reasons) > 0 {
		b.Fatal(reasons)
	}
	records := &template.Table{}
	for column := 1; column <= benchColumns; column++ {
		records.Columns = append(records.Columns, fmt.Sprintf("c%d", column))
	}
	for row := range benchRows {
		var values []xlsx.Value
		for column := 1; column <= benchColumns; column++ {
			_, v := benchValue(row, column)
			values = append(values, v)
		}
		records.Rows = append(records.Rows, values)
	}
	data := template.Data{Fields: map[string]xlsx.Value{"site": xlsx.Text("東京第一")}, Tables: map[string]*template.Table{"records": records}}
	for b.Loop() {
		if _, err := tpl.Fill(b.Context(), io.Discard, data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkExcelizeForm is as kind to excelize as can be: the places are known, the rows
// are inserted all at once, and each column's style is set for all rows at once.
func BenchmarkExcelizeForm(b *testing.B) {
	file := benchForm(b)
	values := make([][]any, benchRows)
	for row := range values {
		for column := 1; column <= benchColumns; column++ {
			v, _ := benchValue(row, column)
			values[row] = append(values[row], v)
		}
	}
	for b.Loop() {
		if err := excelizeForm(file, values); err != nil {
			b.Fatal(err)
		}
	}
}

func excelizeForm(file []byte, values [][]any) error {
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written to disk
	if err := f.SetCellValue(sheet1, "A3", "施設: 東京第一"); err != nil {
		return err
	}
	if err := f.InsertRows(sheet1, benchFirst+1, benchRows-1); err != nil {
		return err
	}
	for column := 1; column <= benchColumns; column++ {
		style, err := f.GetCellStyle(sheet1, cellName(column, benchFirst))
		if err == nil {
			err = f.SetCellStyle(sheet1, cellName(column, benchFirst), cellName(column, benchFirst+benchRows-1), style)
		}
		if err != nil {
			return err
		}
	}
	for i, row := range values {
		for column, v := range row {
			if err := f.SetCellValue(sheet1, cellName(column+1, benchFirst+i), v); err != nil {
				return err
			}
		}
	}
	return f.Write(io.Discard)
}
