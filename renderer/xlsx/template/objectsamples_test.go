package template_test

import "github.com/xuri/excelize/v2"

// objectSamples are about what lies over the cells of a sheet, and tables.
func objectSamples() []sample {
	chart := func(d *drawer, cell string) {
		noError(d.T, d.file.AddChart("Form", cell, &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{{
			Name: "Form!$B$3", Categories: "Form!$A$4", Values: "Form!$B$4:$B$4",
		}}}))
	}
	pivot := func(d *drawer) {
		d.putItems()
		noError(d.T, d.file.AddPivotTable(&excelize.PivotTableOptions{
			DataRange: "Form!A3:B4", PivotTableRange: "Form!D9:F14",
			Rows: []excelize.PivotTableField{{Data: "Item"}}, Data: []excelize.PivotTableField{{Data: "Amount", Subtotal: "Sum"}},
		}))
	}
	return []sample{
		{
			name: "pictures beside, in and below a list",
			draw: func(d *drawer) {
				d.putItems()
				d.picture("D1", "")
				d.picture("C4", "oneCell")
				d.picture("A8", "oneCell")
				d.picture("D9", "absolute")
			},
			data: records(3),
			want: map[string]string{
				"Form!D1 picture": "yes", "Form!C4 picture": "yes", "Form!C5 picture": "yes", "Form!C6 picture": "yes", "Form!A10 picture": "yes", "Form!A8 picture": "",
			},
		},
		{
			name: "a chart of a list",
			draw: func(d *drawer) {
				d.putItems()
				chart(d, "A8")
			},
			data: records(3),
			want: map[string]string{"xl/charts/chart1.xml": "Form!$B$3; Form!$A$4:$A$6; Form!$B$4:$B$6"},
		},
		{
			name: "a chart, a name and sums of one of two rows",
			draw: func(d *drawer) {
				d.put("A1", "Head", "A3", "{{#records}}{{item}}", "B3", "{{amount}}", "A4", "note", "B4", 50, "C4", "{{/records}}")
				d.put("B5", "=SUM(B3)", "C5", "=SUM(amounts)", "D5", "=COUNTIF(B3:B3,50)")
				d.name("amounts", "Form!$B$3", "Workbook")
				noError(d.T, d.file.AddChart("Form", "A8", &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{{Name: "Form!$A$1", Values: "Form!$B$3"}}}))
			},
			data: records(3),
			want: map[string]string{
				"Form!B9 formula": "SUM(B3,B5,B7)", "Form!B9 result": "6", "name amounts of Workbook": "Form!$B$3,Form!$B$5,Form!$B$7",
				"xl/charts/chart1.xml": "Form!$A$1; (Form!$B$3,Form!$B$5,Form!$B$7)",
				// COUNTIF wants one range, so the notes between are in it; of the last record there is nothing behind.
				"Form!D9 formula": "COUNTIF(B3:B7,50)", "Form!D9 result": "2",
			},
		},
		{
			name: "a chart on another sheet",
			draw: func(d *drawer) {
				d.putItems()
				d.sheet("Chart")
				noError(d.T, d.file.AddChart("Chart", "A1", &excelize.Chart{Type: excelize.Line, Series: []excelize.ChartSeries{{Values: "Form!$B$4:$B$5"}}}))
			},
			data: records(2),
			want: map[string]string{"xl/charts/chart1.xml": "Form!$B$4:$B$6"},
		},
		{
			name: "comments",
			draw: func(d *drawer) {
				d.putItems()
				d.comment("A1", "one")
				d.comment("B4", "each")
				d.comment("B5", "sum")
			},
			data: records(3),
			want: map[string]string{
				"Form!A1 comment": "one", "Form!B4 comment": "each", "Form!B6 comment": "each", "Form!B7 comment": "sum", "xl/drawings/vmlDrawing1.vml rows": "0; 3; 4; 5; 6",
			},
		},
		{
			name: "a table around a list",
			draw: func(d *drawer) {
				d.putItems()
				noError(d.T, d.file.AddTable("Form", &excelize.Table{Range: "A3:B4", Name: "Items"}))
				d.put("D1", "=SUM(Items[Amount])")
			},
			data: records(3),
			want: map[string]string{"Form table Items": "A3:B6", "Form!D1 formula": "SUM(Items[Amount])"},
		},
		{
			name: "a pivot table of a list",
			draw: func(d *drawer) { pivot(d) },
			data: records(3),
			want: map[string]string{"xl/pivotCache/pivotCacheDefinition1.xml": "A3:B6 refreshed", "xl/pivotTables/pivotTable1.xml": "D11:F16"},
		},
		{
			name: "a pivot table of an empty list",
			draw: func(d *drawer) { pivot(d) },
			data: records(0),
			want: map[string]string{"xl/pivotCache/pivotCacheDefinition1.xml": "A3:B4 refreshed", "Form!A5": "Sum"},
		},
		{
			name: "a table below a list",
			draw: func(d *drawer) {
				d.putItems()
				d.put("A9", "H", "B9", "I", "A10", 1, "B10", 2)
				noError(d.T, d.file.AddTable("Form", &excelize.Table{Range: "A9:B10", Name: "Below"}))
			},
			data: records(3),
			want: map[string]string{"Form table Below": "A11:B12"},
		},
	}
}
