package template_test

import (
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// blockSamples are about blocks of several rows, within others, and on conditions.
func blockSamples() []sample {
	return []sample{
		{
			name: "a block of two rows with merged cells",
			draw: func(d *drawer) {
				d.put("A1", "Head", "A3", "{{#records}}{{item}}", "B3", "{{amount}}", "B4", "note {{item}}{{/records}}", "A6", "=SUM(B3:B4)")
				d.merge("A1", "C1")
				d.merge("A3", "A4")
				d.merge("B4", "C4")
				d.merge("A6", "C7")
				d.merge("D2", "D5")
			},
			data: records(3),
			want: map[string]string{
				"Form!A1 merge": "merged to C1", "Form!A3 merge": "merged to A4", "Form!A5 merge": "merged to A6", "Form!A7 merge": "merged to A8",
				"Form!B8 merge": "merged to C8", "Form!A10 merge": "merged to C11", "Form!D2 merge": "merged to D9", "Form!B8": "note c", "Form!A10 formula": "SUM(B3:B8)",
			},
		},
		{
			name: "a block whose markers have rows of their own",
			draw: func(d *drawer) {
				d.put("A1", "Head", "A2", "{{#records}}", "A3", "{{item}}", "B3", "{{amount}}", "A4", "{{/records}}", "A5", "=SUM(B3:B3)")
				d.merge("A6", "B6")
			},
			data: records(2),
			want: map[string]string{"Form!A2": "a", "Form!B3": "2", "Form!A4 formula": "SUM(B2:B3)", "Form!A5 merge": "merged to B5"},
		},
		{
			name: "lists within a list",
			draw: func(d *drawer) {
				d.put("A2", "{{#orders}}{{number}}", "A3", "{{#lines}}{{item}}", "B3", "{{amount}}", "C3", "=B3*$B$2", "D3", "=B3/SUM(B$3:B$3)")
				d.put("E3", "{{/lines}}", "B2", "{{rate}}", "A4", "sum", "B4", "=SUM(B3:B3)", "C4", "{{/orders}}", "B5", "=SUM(B4:B4)")
			},
			data: template.Data{Tables: map[string]*template.Table{"orders": {
				Columns: []string{"number", "rate"},
				Rows:    [][]xlsx.Value{{xlsx.Int(1), xlsx.Int(10)}, {xlsx.Int(2), xlsx.Int(20)}},
				Nested:  map[string][]*template.Table{"lines": {items(2), items(3)}},
			}}},
			want: map[string]string{
				"Form!A2": "1", "Form!A4": "b", "Form!D4 formula": "B4/SUM(B$3:B$4)", "Form!C4 formula": "B4*$B$2", "Form!B5 formula": "SUM(B3:B4)",
				"Form!A6": "2", "Form!A9": "c", "Form!C9 formula": "B9*$B$6", "Form!B10 formula": "SUM(B7:B9)", "Form!B11 formula": "SUM(B5,B10)", "Form!B11 result": "9", "Form!D9 result": "0.5", "Form!C9 result": "60",
			},
		},
		{
			name: "merged cells beside a list, with a number and a formula",
			draw: func(d *drawer) {
				d.put("A2", "{{#records}}{{item}}", "B2", "{{amount}}{{/records}}", "C2", 5, "D1", 7, "E2", "=SUM(B$2:B$2)", "A4", "=SUM(C1:C3)")
				d.merge("C2", "C3")
				d.merge("D1", "D3")
				d.merge("E2", "E3")
				d.style("C2", "C3", &excelize.Style{NumFmt: 2})
			},
			data: records(3),
			want: map[string]string{
				"Form!C2": "5", "Form!C3": "", "Form!C4": "", "Form!C2 merge": "merged to C5", "Form!C2 format": "0.00", "Form!C4 format": "0.00",
				"Form!D1": "7", "Form!D1 merge": "merged to D5", "Form!E2 merge": "merged to E5", "Form!E2 formula": "SUM(B$2:B$4)", "Form!E3 formula": "", "Form!E4 formula": "", "Form!A6 formula": "SUM(C1:C5)",
			},
		},
		{
			name: "merged cells beside lists within a list",
			draw: func(d *drawer) {
				d.put("A2", "{{#orders}}{{number}}", "A3", "{{#lines}}{{item}}", "B3", "{{amount}}{{/lines}}", "C3", 5, "A4", "{{/orders}}", "B4", "sum")
				d.merge("C3", "C4")
			},
			data: template.Data{Tables: map[string]*template.Table{"orders": {
				Columns: []string{"number"},
				Rows:    [][]xlsx.Value{{xlsx.Int(1)}, {xlsx.Int(2)}, {xlsx.Int(3)}},
				Nested:  map[string][]*template.Table{"lines": {items(3), items(0), items(2)}},
			}}},
			want: map[string]string{
				"Form!C3": "5", "Form!C4": "", "Form!C5": "", "Form!C3 merge": "merged to C6", "Form!C8": "", "Form!C10": "5", "Form!C11": "", "Form!C10 merge": "merged to C12",
			},
		},
		{
			name: "a list joined to the rows of another",
			draw: func(d *drawer) {
				d.put("A1", "{{#shops}}{{shop}}", "A2", "{{#readings on shop}}{{t}}{{/readings}}", "A3", "=SUM(A2)", "B3", "{{/shops}}", "A4", "=COUNT(A2:A2)")
			},
			data: template.Data{Tables: map[string]*template.Table{
				"shops":    result([]string{"shop"}, []any{"x"}, []any{"y"}, []any{"z"}),
				"readings": result([]string{"shop", "t"}, []any{"z", 1}, []any{"x", 2}, []any{"x", 3}),
			}},
			want: map[string]string{
				"Form!A1": "x", "Form!A3": "3", "Form!A4 formula": "SUM(A2:A3)", "Form!A5": "y", "Form!A6": "", "Form!A7 formula": "SUM(A6)", "Form!A7 result": "0", "Form!A9": "1", "Form!A10 formula": "SUM(A9)",
				"Form!A11 formula": "COUNT(A2:A3,A6,A9)", "Form!A11 result": "3",
			},
		},
		{
			name: "rows on conditions",
			draw: func(d *drawer) {
				d.put("A1", "{{?yes}}shown{{/?}}", "A2", "{{?no}}hidden{{/?}}", "A3", "{{^no}}instead{{/^}}", "A4", "=A1&A2&A3")
				d.merge("B2", "C2")
				d.merge("B3", "C3")
			},
			data: template.Data{Fields: map[string]xlsx.Value{"yes": xlsx.Int(1), "no": xlsx.Null()}},
			want: map[string]string{
				"Form!A1": "shown", "Form!A2": "instead", "Form!A3 formula": "A1&#REF!&A2", "Form!B2 merge": "merged to C2", "Form!B3 merge": "",
			},
		},
		{
			name: "rows on conditions within a list",
			draw: func(d *drawer) {
				d.put("A1", "{{#records}}{{item}}", "A2", "{{?warn}}too warm: {{warn}}{{/?}}", "A3", "end{{/records}}", "A4", "=COUNTA(A1:A3)")
			},
			data: template.Data{Tables: map[string]*template.Table{"records": result([]string{"item", "warn"}, []any{"a", xlsx.Null()}, []any{"b", 9}, []any{"c", ""})}},
			want: map[string]string{
				"Form!A1": "a", "Form!A2": "end", "Form!A3": "b", "Form!A4": "too warm: 9", "Form!A5": "end", "Form!A7": "end", "Form!A8 formula": "COUNTA(A1:A7)",
			},
		},
		{
			name: "a list that is shown only if there is one",
			draw: func(d *drawer) {
				d.put("A1", "{{?records}}Head", "A2", "{{#records}}{{item}}{{/records}}", "A3", "Foot{{/?}}", "A4", "{{^records}}none{{/^}}", "A5", "end")
			},
			data: records(0),
			want: map[string]string{"Form!A1": "none", "Form!A2": "end", "Form!A3": ""},
		},
	}
}
