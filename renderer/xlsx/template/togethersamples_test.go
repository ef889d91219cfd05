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
				"Form!A10": "subtotal", "Form!A12": "between", "Form!A14": "b", "Form!A18": "grand", "Form!A19": "",
				"Form!B5 formula": "SUM(B2:B4)", "Form!B7 formula": "SUM(B6:B6)", "Form!B10 formula": "SUM(B8:B9)", "Form!B11 formula": "SUM(B5,B7,B10)",
				"Form!B15 formula": "SUM(B12:B14)", "Form!B18 formula": "B11+B15", "Form!B18 result": "7", "Form!C18 formula": "SUM(Below[I])", "Form table Below": "A16:B17",
				"Other!A1 formula": "SUM(Form!B3:B5,Form!B7,Form!B9:B10)+Form!B18", "Other!A2 formula": "Form!B15", "Other!A1 result": "15", "Other!A2 result": "3",
				"Form!D8 merge": "merged to E8", "Form!D9 merge": "merged to E9", "Form!D11 merge": "", "Form!D12 merge": "merged to E12", "Form!D14 merge": "merged to E14", "Form!D18 merge": "merged to E18",
				"Form!A8 rule": "cell greater than 2", "Form!A9 rule": "cell greater than 3", "Form!A11 rule": "", "Form!A12 rule": "cell greater than 6", "Form!A14 rule": "cell greater than 7", "Form!A18 rule": "cell greater than 11",
				"Form!F9 validation": "list $B$3:$B$18 ", "Form!F11 validation": "", "Form!F12 validation": "list $B$12:$B$18 ", "Form!F14 validation": "list $B$13:$B$18 ",
				"Form!G9 comment": "of 3", "Form!G11 comment": "", "Form!G12 comment": "of 6", "Form!G14 comment": "of 7", "Form!G18 comment": "of 11", "xl/drawings/vmlDrawing1.vml rows": "1; 5; 7; 2; 3; 8; 4; 6; 9; 11; 12; 13; 17",
				"Form!H8 picture": "yes", "Form!H9 picture": "yes", "Form!H11 picture": "", "Form!H12 picture": "yes", "Form!H14 picture": "yes", "Form!H18 picture": "yes",
				"Form!I8 link": "Location Form!B8", "Form!I9 link": "Location Form!B9", "Form!I11 link": "", "Form!I12 link": "Location Form!B12", "Form!I14 link": "Location Form!B14", "Form!I18 link": "Location Form!B18", "Other!B1 link": "Location Form!B18",
				"name row2 of Workbook": "Form!$B$2,Form!$B$6,Form!$B$8", "name row3 of Workbook": "Form!$B$3:$B$4,Form!$B$9", "name row6 of Workbook": "Form!$B$12", "name row7 of Workbook": "Form!$B$13:$B$14", "name row11 of Workbook": "Form!$B$18",
				"name _xlnm.Print_Area of Form": "Form!$A$1:$I$18", "name _xlnm.Print_Titles of Form": "Form!$1:$1", "xl/worksheets/sheet1.xml breaks": "2; 6; 8; 10; 12; 15; 18",
				"xl/charts/chart1.xml": "Form!$A$11; (Form!$B$5,Form!$B$7,Form!$B$10); Form!$A$15; Form!$A$13:$A$14; Form!$B$13:$B$14; Form!$A$18; (Form!$B$3:$B$4,Form!$B$9)",
			},
		},
		{
			name: "all that follows two lists without rows", draw: drawTogether, data: togetherData(0),
			want: map[string]string{
				"Form!A2": "total", "Form!A3": "between", "Form!A7": "grand", "Form!A8": "", "Form table Below": "A5:B6",
				"Form!B2 formula": "SUM(#REF!)", "Form!B4 formula": "SUM(B3:B3)", "Form!B7 formula": "B2+B4", "Other!A1 formula": "SUM(Form!#REF!)+Form!B7", "Other!A2 formula": "Form!B4", "Other!A2 result": "0",
				"Form!D2 merge": "", "Form!D3 merge": "merged to E3", "Form!D4 merge": "", "Form!D7 merge": "merged to E7", "Form!A2 rule": "", "Form!A3 rule": "cell greater than 6", "Form!A7 rule": "cell greater than 11",
				"Form!F2 validation": "", "Form!F3 validation": "list $B$3:$B$7 ", "Form!F7 validation": "list $B$7:$B$7 ", "Form!G2 comment": "", "Form!G3 comment": "of 6", "Form!G7 comment": "of 11", "xl/drawings/vmlDrawing1.vml rows": "2; 6",
				"Form!H2 picture": "", "Form!H3 picture": "yes", "Form!H4 picture": "", "Form!H7 picture": "yes", "Form!I2 link": "", "Form!I3 link": "Location Form!B3", "Form!I7 link": "Location Form!B7", "Other!B1 link": "Location Form!B7",
				"name row2 of Workbook": "Form!#REF!", "name row6 of Workbook": "Form!$B$3", "name row11 of Workbook": "Form!$B$7", "name _xlnm.Print_Area of Form": "Form!$A$1:$I$7", "xl/worksheets/sheet1.xml breaks": "1; 3; 4; 7",
				"xl/charts/chart1.xml": "Form!$A$2; Form!#REF!; Form!$A$4; Form!#REF!; Form!#REF!; Form!$A$7; Form!#REF!",
			},
		},
		{
			name: "all that follows lists without lines", draw: drawTogether, data: togetherData(3, 0),
			want: map[string]string{
				"Form!A3": "subtotal", "Form!A5": "between", "Form!A8": "c", "Form!A12": "grand", "Form table Below": "A10:B11",
				"Form!B3 formula": "SUM(B2:B2)", "Form!B4 formula": "SUM(B3)", "Form!B9 formula": "SUM(B5:B8)", "Form!B12 formula": "B4+B9", "Form!B12 result": "6", "Other!A1 formula": "SUM(Form!B3:B3)+Form!B12", "Other!A1 result": "6",
				"Form!D3 merge": "merged to E3", "Form!D4 merge": "", "Form!D8 merge": "merged to E8", "Form!A3 rule": "cell greater than 4", "Form!A8 rule": "cell greater than 7", "Form!F8 validation": "list $B$6:$B$12 ",
				"Form!G3 comment": "of 4", "Form!G12 comment": "of 11", "Form!H3 picture": "yes", "Form!H12 picture": "yes", "Form!I3 link": "Location Form!B3", "Form!I12 link": "Location Form!B12",
				"name row3 of Workbook": "Form!#REF!", "name row4 of Workbook": "Form!$B$3", "name row7 of Workbook": "Form!$B$6:$B$8", "name _xlnm.Print_Area of Form": "Form!$A$1:$I$12", "xl/worksheets/sheet1.xml breaks": "2; 3; 5; 9; 12",
				"xl/charts/chart1.xml": "Form!$A$4; Form!$B$3; Form!$A$9; Form!$A$6:$A$8; Form!$B$6:$B$8; Form!$A$12; Form!#REF!",
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
