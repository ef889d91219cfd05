package template_test

import (
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// areaSamples are about what a sheet has for ranges of its cells.
func areaSamples() []sample {
	return []sample{
		{
			name: "conditional formats",
			draw: func(d *drawer) {
				d.putItems()
				d.rule("B4:B4", ">", "2")
				d.rule("B5:B5", ">", "5")
				d.rule("A3:A5", "$B3>1", "")
				d.rule("C1", "$B$5>3", "")
			},
			data: records(3),
			want: map[string]string{
				"Form!B4 rule": "cell greater than 2", "Form!B6 rule": "cell greater than 2", "Form!B7 rule": "cell greater than 5",
				"Form!A3 rule": "formula $B3>1 ", "Form!A7 rule": "formula $B3>1 ", "Form!A8 rule": "", "Form!C1 rule": "formula $B$7>3 ",
			},
		},
		{
			name: "conditional formats of a block of two rows",
			draw: func(d *drawer) {
				d.put("A1", "{{#records}}{{item}}", "A2", "{{amount}}{{/records}}", "A3", "end")
				d.rule("A2:B2", ">", "2")
			},
			data: records(3),
			want: map[string]string{
				"Form!A1 rule": "", "Form!A2 rule": "cell greater than 2", "Form!A3 rule": "", "Form!B4 rule": "cell greater than 2", "Form!B6 rule": "cell greater than 2",
			},
		},
		{
			name: "validations",
			draw: func(d *drawer) {
				d.putItems()
				d.put("D1", "x", "D8", "y")
				d.list("C4", "$D$1:$D$8")
				d.list("C5 E5", "$D$8:$D$9")
			},
			data: records(2),
			want: map[string]string{
				"Form!C4 validation": "list $D$1:$D$9 ", "Form!C5 validation": "list $D$1:$D$9 ", "Form!C6 validation": "list $D$9:$D$10 ", "Form!E6 validation": "list $D$9:$D$10 ",
			},
		},
		{
			name: "print area and titles",
			draw: func(d *drawer) {
				d.putItems()
				d.name("_xlnm.Print_Area", "Form!$A$1:$C$5", "Form")
				d.name("_xlnm.Print_Titles", "Form!$A:$A,Form!$3:$3", "Form")
				d.name("total", "Form!$B$5", "Workbook")
				d.name("amounts", "Form!$B$4", "Workbook")
				d.name("own", "Form!$A$1", "Form")
				d.put("C5", "=SUM(amounts)+total")
			},
			data: records(3),
			want: map[string]string{
				"name _xlnm.Print_Area of Form": "Form!$A$1:$C$7", "name _xlnm.Print_Titles of Form": "Form!$A:$A,Form!$3:$3", "name total of Workbook": "Form!$B$7",
				"name amounts of Workbook": "Form!$B$4:$B$6", "name own of Form": "Form!$A$1", "Form!C7 formula": "SUM(amounts)+total",
			},
		},
		{
			name: "row breaks",
			draw: func(d *drawer) {
				d.put("A1", "x", "A2", "{{#records}}{{item}}", "A3", "{{amount}}{{/records}}", "A4", "end", "A9", "last")
				for _, cell := range []string{"A2", "A4", "A9"} { // above those rows
					noError(d.T, d.file.InsertPageBreak("Form", cell))
				}
			},
			data: records(3),
			want: map[string]string{"xl/worksheets/sheet1.xml breaks": "1; 7; 12"},
		},
		{
			name: "a row break after each copy",
			draw: func(d *drawer) {
				d.put("A1", "x", "A2", "{{#records}}{{item}}", "A3", "{{amount}}", "A4", "end{{/records}}", "A5", "last")
				noError(d.T, d.file.InsertPageBreak("Form", "A4"))
			},
			data: records(3),
			want: map[string]string{"xl/worksheets/sheet1.xml breaks": "3; 6; 9"},
		},
		{
			name: "hyperlinks",
			draw: func(d *drawer) {
				d.putItems()
				for _, cell := range []string{"A1", "A4", "A5"} {
					noError(d.T, d.file.SetCellHyperLink("Form", cell, "https://example.com/"+cell, "External"))
				}
				noError(d.T, d.file.SetCellHyperLink("Form", "B1", "Form!B5", "Location"))
				for cell, to := range map[string]string{"C1": "#Form!B5", "C4": "#'Form'!A4", "C5": "#nowhere"} { // a relation each
					noError(d.T, d.file.SetCellHyperLink("Form", cell, to, "External"))
				}
			},
			data: records(3),
			want: map[string]string{
				"Form!C1 link": "Location Form!B7", "Form!C4 link": "Location 'Form'!A4", "Form!C6 link": "Location 'Form'!A6", "Form!C7 link": "Location nowhere",
				"Form!A1 link": "External https://example.com/A1", "Form!A4 link": "External https://example.com/A4", "Form!A6 link": "External https://example.com/A4",
				"Form!A7 link": "External https://example.com/A5", "Form!B1 link": "Location Form!B7",
			},
		},
		{
			name: "links",
			draw: func(d *drawer) {
				d.put("A1", "{{#records}}{{url | link}}{{/records}}", "A2", "home")
				d.merge("B1", "C1")
				noError(d.T, d.file.SetCellHyperLink("Form", "A2", "https://example.com/", "External"))
			},
			data: template.Data{Tables: map[string]*template.Table{"records": result([]string{"url"},
				[]any{"https://example.com/a?b=c&d"}, []any{"javascript:alert(1)"}, []any{"mailto:a@example.com"})}},
			want: map[string]string{
				"Form!A1 link": "External https://example.com/a?b=c&d", "Form!A1": "https://example.com/a?b=c&d", "Form!A2 link": "",
				"Form!A3 link": "External mailto:a@example.com", "Form!A4 link": "External https://example.com/", "Form!B3 merge": "merged to C3",
			},
		},
		{
			name: "links alone",
			draw: func(d *drawer) {
				d.put("A1", "{{url | link}}")
				noError(d.T, d.file.SetPageLayout("Form", &excelize.PageLayoutOptions{Size: ptr(9)}))
			},
			data: template.Data{Fields: map[string]xlsx.Value{"url": xlsx.Text("https://example.com/")}},
			want: map[string]string{"Form!A1 link": "External https://example.com/"},
		},
		{
			name: "an autofilter",
			draw: func(d *drawer) {
				d.putItems()
				noError(d.T, d.file.AutoFilter("Form", "A3:B4", nil))
			},
			data: records(4),
			want: map[string]string{"xl/worksheets/sheet1.xml filter": "$A$3:$B$7", "name _xlnm._FilterDatabase of Form": "'Form'!$A$3:$B$7"},
		},
		{
			name: "a protected sheet in panes",
			draw: func(d *drawer) {
				d.putItems()
				noError(d.T, d.file.ProtectSheet("Form", &excelize.SheetProtectionOptions{Password: "x", SelectLockedCells: true}))
				noError(d.T, d.file.SetPanes("Form", &excelize.Panes{Freeze: true, YSplit: 3, TopLeftCell: "A4", ActivePane: "bottomLeft"}))
			},
			data: records(3),
			want: map[string]string{"Form!B7 formula": "SUM(B4:B6)"},
		},
	}
}
