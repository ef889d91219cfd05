package template_test

import (
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// cellSamples are about cells, their values and their formulas.
func cellSamples() []sample {
	return []sample{
		{
			name: "values of every kind in cells of one style",
			draw: func(d *drawer) {
				d.style("A1", "A8", &excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFFF00"}}})
				d.put("A1", "{{text}}", "A2", "{{number}}", "A3", "{{day}}", "A4", "{{yes}}", "A5", "{{nothing}}", "A6", "{{text}}様 ({{number}})", "A7", "{{price | decimal:2}}", "A8", "  {{text}}  ")
			},
			data: template.Data{Fields: map[string]xlsx.Value{
				"text": xlsx.Text("東京\n& <1号店>"), "number": xlsx.Int(42), "day": xlsx.Date(2026, 10, 31),
				"yes": xlsx.Bool(true), "nothing": xlsx.Null(), "price": xlsx.Decimal("1234.5"),
			}},
			want: map[string]string{
				"Form!A1": "東京\n& <1号店>", "Form!A2": "42", "Form!A2 kind": "number", "Form!A3": "46326", "Form!A4": "TRUE", "Form!A4 kind": "bool",
				"Form!A5": "", "Form!A6": "東京\n& <1号店>様 (42)", "Form!A7": "1234.5", "Form!A8": "東京\n& <1号店>",
			},
		},
		{
			name: "values keep their cell's number format",
			draw: func(d *drawer) {
				d.style("A1", "A1", &excelize.Style{CustomNumFmt: ptr("#,##0.0\" ℃\"")})
				d.style("A2", "A2", &excelize.Style{CustomNumFmt: ptr("[$-411]ggge\"年\"m\"月\"d\"日\"")})
				d.style("A3", "A3", &excelize.Style{NumFmt: 49})
				d.put("A1", "{{t}}", "A2", "{{day}}", "A3", "{{t}}")
			},
			data: template.Data{Fields: map[string]xlsx.Value{"t": xlsx.Decimal("-18.5"), "day": xlsx.Date(2026, 5, 1)}},
			want: map[string]string{
				"Form!A1": "-18.5", "Form!A1 format": "#,##0.0\" ℃\"", "Form!A2": "46143", "Form!A2 format": "[$-411]ggge\"年\"m\"月\"d\"日\"", "Form!A3 format": "@",
			},
		},
		{
			name: "a list of one row",
			draw: (*drawer).putItems,
			data: records(3),
			want: map[string]string{
				"Form!A4": "a", "Form!A6": "c", "Form!B6": "3", "Form!A7": "Sum", "Form!B7 formula": "SUM(B4:B6)", "Form!B5 formula": "",
			},
		},
		{
			name: "a list of one row with a single one",
			draw: (*drawer).putItems,
			data: records(1),
			want: map[string]string{"Form!A4": "a", "Form!A5": "Sum", "Form!B5 formula": "SUM(B4:B4)"},
		},
		{
			name: "an empty list",
			draw: func(d *drawer) {
				d.putItems()
				d.put("C5", "=SUM(B3:B4)", "C6", "=B5")
			},
			data: records(0),
			want: map[string]string{
				"Form!A4": "", "Form!A5": "Sum", "Form!B5 formula": "SUM(B4:B4)", "Form!B5 result": "0", "Form!C5 formula": "SUM(B3:B4)", "Form!C6 formula": "B5",
			},
		},
		{
			name: "formulas in a row of the list",
			draw: func(d *drawer) {
				d.putItems()
				d.put("B1", 0.1, "C3", 0, "C4", "=B4*$B$1", "D4", "=B4/SUM(B$4:B$4)", "E4", "=SUM(B$4:B4)", "F3", 100, "F4", "=F3+B4", "G4", "=ROW()-ROW($A$3)", "C5", "=SUM(C4)", "D5", "=C3&B1")
			},
			data: records(3),
			want: map[string]string{
				"Form!C4 formula": "B4*$B$1", "Form!C6 formula": "B6*$B$1", "Form!D5 formula": "B5/SUM(B$4:B$6)", "Form!E6 formula": "SUM(B$4:B6)",
				"Form!F4 formula": "F3+B4", "Form!F6 formula": "F5+B6", "Form!F6 result": "106", "Form!E6 result": "6", "Form!D6 result": "0.5", "Form!G6 result": "3", "Form!C7 result": "0.6", "Form!G6 formula": "ROW()-ROW($A$3)", "Form!C7 formula": "SUM(C4:C6)", "Form!D7 formula": "C3&B1",
			},
		},
		{
			name: "formulas on other sheets",
			draw: func(d *drawer) {
				d.putItems()
				d.sheet("It's")
				d.sheet("集計")
				d.putOn("It's", "A1", "=Form!B5", "A2", "=SUM(Form!B4:B4)+COUNTA(Form!A4)", "A3", "=SUM(Form:集計!A1)", "A4", `=IF(Form!B5>1,"Form!B5",集計!A9)`)
				d.putOn("集計", "A9", "='It''s'!A1*Form!$B$5", "B4", "=B5")
			},
			data: records(4),
			want: map[string]string{
				"It's!A1 formula": "Form!B8", "It's!A2 formula": "SUM(Form!B4:B7)+COUNTA(Form!A4:A7)", "It's!A3 formula": "SUM(Form:集計!A1)",
				"It's!A4 formula": `IF(Form!B8>1,"Form!B5",集計!A9)`, "集計!A9 formula": "'It''s'!A1*Form!$B$8", "集計!B4 formula": "B5",
			},
		},
		{
			name: "formulas that others share",
			draw: func(d *drawer) {
				d.putItems()
				shared, area := excelize.STCellFormulaTypeShared, "C5:D5"
				noError(d.T, d.file.SetCellFormula("Form", "C5", "SUM(B4:B4)", excelize.FormulaOpts{Type: &shared, Ref: &area}))
			},
			data: records(2),
			want: map[string]string{"Form!C6 formula": "SUM(B4:B5)", "Form!D6 formula": "SUM(C4:C5)"},
		},
		{
			name: "two lists, one below the other",
			draw: func(d *drawer) {
				d.put("A2", "{{#records}}{{item}}", "B2", "{{amount}}{{/records}}", "A3", "=SUM(B2:B2)",
					"A5", "{{#more}}{{item}}", "B5", "{{amount}}{{/more}}", "A6", "=SUM(B5:B5)", "B6", "=SUM(B2:B5)", "C6", "=A3")
			},
			data: template.Data{Tables: map[string]*template.Table{"records": items(3), "more": items(2)}},
			want: map[string]string{
				"Form!B4": "3", "Form!A5 formula": "SUM(B2:B4)", "Form!A7": "a", "Form!B8": "2", "Form!A9 formula": "SUM(B7:B8)", "Form!B9 formula": "SUM(B2:B8)", "Form!B9 result": "9", "Form!C9 result": "6", "Form!C9 formula": "A5",
			},
		},
		{
			name: "texts of several lines in rows of a height",
			draw: func(d *drawer) {
				wraps := &excelize.Style{Alignment: &excelize.Alignment{WrapText: true}}
				d.put("A2", "{{#records}}{{場所}}{{/records}}", "A3", "確認者：{{確認者}}", "A4", "end")
				d.style("A2", "A2", wraps)
				d.style("A3", "A3", wraps)
				d.merge("A3", "D3")
				noError(d.T, d.file.SetRowHeight("Form", 2, 20))
				noError(d.T, d.file.SetRowHeight("Form", 4, 45))
			},
			data: template.Data{
				Fields: map[string]xlsx.Value{"確認者": xlsx.Text("髙橋\n𠮷郎")},
				Tables: map[string]*template.Table{"records": result([]string{"場所"}, []any{"厨房①\n倉庫㈱"}, []any{"倉庫㈱"})},
			},
			want: map[string]string{
				"Form!A2": "厨房①\n倉庫㈱", "Form height 2": "37.5", "Form height 3": "20", "Form height 4": "37.5", "Form height 5": "45",
			},
		},
		{
			name: "a list of Japanese text in rows of a height",
			draw: func(d *drawer) {
				d.put("A1", "冷蔵庫温度記録表", "A2", "{{#records}}{{場所}}", "B2", "{{温度}}℃{{/records}}", "A3", "確認者：{{確認者}}")
				noError(d.T, d.file.SetRowHeight("Form", 2, 30))
				noError(d.T, d.file.SetRowHeight("Form", 3, 45))
			},
			data: template.Data{
				Fields: map[string]xlsx.Value{"確認者": xlsx.Text("髙橋 𠮷郎")},
				Tables: map[string]*template.Table{"records": result([]string{"場所", "温度"}, []any{"厨房①", -18}, []any{"倉庫㈱", 4})},
			},
			want: map[string]string{
				"Form!A2": "厨房①", "Form!B3": "4℃", "Form!A4": "確認者：髙橋 𠮷郎", "Form height 2": "30", "Form height 3": "30", "Form height 4": "45",
			},
		},
	}
}

func ptr[T any](v T) *T { return &v }
