package template_test

import (
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// drawTogether draws lists within a list, a second list below, and in, between and below them
// one of all that follows rows.
func drawTogether(d *drawer) {
	d.put("A1", "Head", "A2", "{{#orders}}{{number}}", "A3", "{{#lines}}{{item}}", "B3", "{{amount}}{{/lines}}", "A4", "subtotal", "B4", "=SUM(B2:B3)", "C4", "{{/orders}}")
	d.put("A5", "total", "B5", "=SUM(B4)", "A6", "between", "A7", "{{#records}}{{item}}", "B7", "{{amount}}{{/records}}", "A8", "sum", "B8", "=SUM(B6:B7)")
	d.put("A9", "H", "B9", "I", "A10", 1, "B10", 2, "A11", "grand", "B11", "=B5+B8", "C11", "=SUM(Below[I])")
	for _, row := range []string{"2", "3", "4", "6", "7", "11"} {
		d.merge("D"+row, "E"+row)
		d.rule("A"+row, ">", row)
		d.list("F"+row, "$B$"+row+":$B$11")
		d.comment("G"+row, "of "+row)
		d.picture("H"+row, "oneCell")
		noError(d.T, d.file.SetCellHyperLink("Form", "I"+row, "Form!B"+row, "Location"))
		noError(d.T, d.file.SetCellHyperLink("Form", "J"+row, "#Form!B"+row, "External")) // a relation
		d.name("row"+row, "Form!$B$"+row, "Workbook")
	}
	for _, cell := range []string{"A3", "A5", "A7", "A9", "A12"} { // above those rows
		noError(d.T, d.file.InsertPageBreak("Form", cell))
	}
	d.name("_xlnm.Print_Area", "Form!$A$1:$I$11", "Form")
	d.name("_xlnm.Print_Titles", "Form!$1:$1", "Form")
	noError(d.T, d.file.AddTable("Form", &excelize.Table{Range: "A9:B10", Name: "Below"}))
	noError(d.T, d.file.AddChart("Form", "A13", &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{
		{Name: "Form!$A$5", Values: "Form!$B$4"}, {Name: "Form!$A$8", Categories: "Form!$A$7:$A$7", Values: "Form!$B$7:$B$7"}, {Name: "Form!$A$11", Values: "Form!$B$3:$B$3"},
	}}))
	d.sheet("Other")
	d.putOn("Other", "A1", "=SUM(Form!B3:B4)+Form!B11", "A2", "=Form!B8", "A3", "=COUNT(row7)")
	noError(d.T, d.file.SetCellHyperLink("Other", "B1", "Form!B11", "Location"))
}

// togetherData are so many records, and orders with so many lines each.
func togetherData(recordCount int, lines ...int) template.Data {
	orders := &template.Table{Columns: []string{"number"}, Nested: map[string][]*template.Table{}}
	for i, n := range lines {
		orders.Rows = append(orders.Rows, []xlsx.Value{xlsx.Int(int64(i + 1))})
		orders.Nested["lines"] = append(orders.Nested["lines"], items(n))
	}
	return template.Data{Tables: map[string]*template.Table{"orders": orders, "records": items(recordCount), "lines": {}}}
}

func togetherSamples() []sample {
	return []sample{
		{
			name: "all that follows two lists", draw: drawTogether, data: togetherData(2, 2, 0, 1),
			want: map[string]string{
				"Form!A11": "subtotal", "Form!A13": "between", "Form!A15": "b", "Form!A19": "grand", "Form!A20": "",
				"Form!B5 formula": "SUM(B2:B4)", "Form!B8 formula": "SUM(B6:B7)", "Form!B11 formula": "SUM(B9:B10)", "Form!B12 formula": "SUM(B5,B8,B11)",
				"Form!B16 formula": "SUM(B13:B15)", "Form!B19 formula": "B12+B16", "Form!B19 result": "7", "Form!C19 formula": "SUM(Below[I])", "Form table Below": "A17:B18",
				"Other!A1 formula": "SUM(Form!B3:B5,Form!B7:B8,Form!B10:B11)+Form!B19", "Other!A2 formula": "Form!B16", "Other!A1 result": "15", "Other!A2 result": "3",
				"Form!D9 merge": "merged to E9", "Form!D10 merge": "merged to E10", "Form!D12 merge": "", "Form!D13 merge": "merged to E13", "Form!D15 merge": "merged to E15", "Form!D19 merge": "merged to E19",
				"Form!A9 rule": "cell greater than 2", "Form!A10 rule": "cell greater than 3", "Form!A12 rule": "", "Form!A13 rule": "cell greater than 6", "Form!A15 rule": "cell greater than 7", "Form!A19 rule": "cell greater than 11",
				"Form!F10 validation": "list $B$3:$B$19 ", "Form!F12 validation": "", "Form!F13 validation": "list $B$13:$B$19 ", "Form!F15 validation": "list $B$14:$B$19 ",
				"Form!G10 comment": "of 3", "Form!G12 comment": "", "Form!G13 comment": "of 6", "Form!G15 comment": "of 7", "Form!G19 comment": "of 11", "xl/drawings/vmlDrawing1.vml rows": "1; 5; 8; 2; 3; 6; 9; 4; 7; 10; 12; 13; 14; 18",
				"Form!H9 picture": "yes", "Form!H10 picture": "yes", "Form!H12 picture": "", "Form!H13 picture": "yes", "Form!H15 picture": "yes", "Form!H19 picture": "yes",
				"Form!I9 link": "Location Form!B9", "Form!I10 link": "Location Form!B10", "Form!I12 link": "", "Form!I13 link": "Location Form!B13", "Form!I15 link": "Location Form!B15", "Form!I19 link": "Location Form!B19", "Other!B1 link": "Location Form!B19",
				"name row2 of Workbook": "Form!$B$2,Form!$B$6,Form!$B$9", "name row3 of Workbook": "Form!$B$3:$B$4,Form!$B$7,Form!$B$10", "name row6 of Workbook": "Form!$B$13", "name row7 of Workbook": "Form!$B$14:$B$15", "name row11 of Workbook": "Form!$B$19",
				"name _xlnm.Print_Area of Form": "Form!$A$1:$I$19", "name _xlnm.Print_Titles of Form": "Form!$1:$1", "xl/worksheets/sheet1.xml breaks": "2; 6; 9; 11; 13; 16; 19",
				"xl/charts/chart1.xml": "Form!$A$12; (Form!$B$5,Form!$B$8,Form!$B$11); Form!$A$16; Form!$A$14:$A$15; Form!$B$14:$B$15; Form!$A$19; (Form!$B$3:$B$4,Form!$B$7,Form!$B$10)",
			},
		},
		{
			name: "all that follows two lists without rows", draw: drawTogether, data: togetherData(0),
			want: map[string]string{
				"Form!A2": "", "Form!A3": "", "Form!A4": "subtotal", "Form!A7": "", "Form!B5 result": "0", "Form!B11 result": "0", "Form!D3 merge": "merged to E3",
				"Form!A5": "total", "Form!A6": "between", "Form!A11": "grand", "Form!A12": "", "Form table Below": "A9:B10",
				"Form!B5 formula": "SUM(B4)", "Form!B8 formula": "SUM(B6:B7)", "Form!B11 formula": "B5+B8", "Other!A1 formula": "SUM(Form!B3:B4)+Form!B11", "Other!A2 formula": "Form!B8", "Other!A2 result": "0",
				"Form!D5 merge": "", "Form!D6 merge": "merged to E6", "Form!D8 merge": "", "Form!D11 merge": "merged to E11", "Form!A5 rule": "", "Form!A6 rule": "cell greater than 6", "Form!A11 rule": "cell greater than 11",
				"Form!F5 validation": "", "Form!F6 validation": "list $B$6:$B$11 ", "Form!F11 validation": "list $B$11:$B$11 ", "Form!G5 comment": "", "Form!G6 comment": "of 6", "Form!G11 comment": "of 11", "xl/drawings/vmlDrawing1.vml rows": "1; 2; 3; 5; 6; 10",
				"Form!H5 picture": "", "Form!H6 picture": "yes", "Form!H8 picture": "", "Form!H11 picture": "yes", "Form!I5 link": "", "Form!I6 link": "Location Form!B6", "Form!I11 link": "Location Form!B11", "Other!B1 link": "Location Form!B11",
				"name row2 of Workbook": "Form!$B$2", "name row6 of Workbook": "Form!$B$6", "name row11 of Workbook": "Form!$B$11", "name _xlnm.Print_Area of Form": "Form!$A$1:$I$11", "xl/worksheets/sheet1.xml breaks": "2; 4; 6; 8; 11",
				"xl/charts/chart1.xml": "Form!$A$5; Form!$B$4; Form!$A$8; Form!$A$7:$A$7; Form!$B$7:$B$7; Form!$A$11; Form!$B$3:$B$3",
			},
		},
		{
			name: "all that follows lists without lines", draw: drawTogether, data: togetherData(3, 0),
			want: map[string]string{
				"Form!A4": "subtotal", "Form!A6": "between", "Form!A9": "c", "Form!A13": "grand", "Form table Below": "A11:B12",
				"Form!B4 formula": "SUM(B2:B3)", "Form!B5 formula": "SUM(B4)", "Form!B10 formula": "SUM(B6:B9)", "Form!B13 formula": "B5+B10", "Form!B13 result": "6", "Other!A1 formula": "SUM(Form!B3:B4)+Form!B13", "Other!A1 result": "6",
				"Form!D4 merge": "merged to E4", "Form!D5 merge": "", "Form!D9 merge": "merged to E9", "Form!A4 rule": "cell greater than 4", "Form!A9 rule": "cell greater than 7", "Form!F9 validation": "list $B$7:$B$13 ",
				"Form!G4 comment": "of 4", "Form!G13 comment": "of 11", "Form!H4 picture": "yes", "Form!H13 picture": "yes", "Form!I4 link": "Location Form!B4", "Form!I13 link": "Location Form!B13",
				"name row3 of Workbook": "Form!$B$3", "name row4 of Workbook": "Form!$B$4", "name row7 of Workbook": "Form!$B$7:$B$9", "name _xlnm.Print_Area of Form": "Form!$A$1:$I$13", "xl/worksheets/sheet1.xml breaks": "2; 4; 6; 10; 13",
				"xl/charts/chart1.xml": "Form!$A$5; Form!$B$4; Form!$A$10; Form!$A$7:$A$9; Form!$B$7:$B$9; Form!$A$13; Form!$B$3:$B$3",
			},
		},
		{
			name: "all that follows lists of one row", draw: drawTogether, data: togetherData(1, 1),
			want: map[string]string{
				"Form!B5 formula": "SUM(B4)", "Form!B11 result": "2", "Other!A1 result": "4", "Form table Below": "A9:B10", "xl/worksheets/sheet1.xml breaks": "2; 4; 6; 8; 11", "Form!I4 link": "Location Form!B4",
			},
		},
	}
}
