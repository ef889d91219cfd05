package template_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// Each form has a list in row 2, or in rows 2 and 3, and what refers to its rows or does not.
func TestListsThatSomethingRefersToKeepARow(t *testing.T) {
	t.Parallel()
	one := map[string]any{"A1": "head", "A2": "{{#one}}no. {{n}}{{/one}}", "A3": "{{#two}}{{n}}{{/two}}", "A4": "end"}
	lone := map[string]any{"A1": "{{#one}}", "A2": "{{n}}", "A3": "{{/one}}", "A4": "end"}
	for name, c := range map[string]struct {
		cells   map[string]any
		changes []func(*excelize.File) error
		end     string // where the row 4 lies without records
	}{
		"nothing":                        {one, nil, "A2"},
		"a formula":                      {one, []func(*excelize.File) error{formulas(map[string]string{"B4": "SUM(A2:A2)"})}, "A3"},
		"one with a row beside the list": {one, []func(*excelize.File) error{formulas(map[string]string{"B4": "SUM(A1:A2)"})}, "A2"},
		"one over both lists":            {one, []func(*excelize.File) error{formulas(map[string]string{"B4": "SUM(A2:A3)"})}, "A4"},
		"one within the list":            {one, []func(*excelize.File) error{formulas(map[string]string{"B2": "SUM(A$2:A2)"})}, "A2"},
		"one in another list":            {one, []func(*excelize.File) error{formulas(map[string]string{"B3": "A2"})}, "A3"},
		"one with the markers' rows":     {lone, []func(*excelize.File) error{formulas(map[string]string{"B4": "SUM(A1:A3)"})}, "A2"},
		"a name":                         {one, []func(*excelize.File) error{names("list", "Sheet1!$A$2")}, "A3"},
		"a name that is a marker":        {map[string]any{"A1": "head", "A4": "end"}, []func(*excelize.File) error{names("jetsheet.rows.one", "Sheet1!$2:$3")}, "A2"},
		"a print area":                   {one, []func(*excelize.File) error{names("_xlnm.Print_Area", "Sheet1!$A$2:$B$3")}, "A2"},
		"a chart": {one, []func(*excelize.File) error{func(f *excelize.File) error {
			return f.AddChart(sheet1, "D9", &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{{Values: "Sheet1!$A$3:$A$3"}}})
		}}, "A3"},
	} {
		data := tables(map[string]*template.Table{"one": {Columns: []string{"n"}}, "two": {}})
		workbook, _ := fill(t, draw(t, c.cells, c.changes...), data)
		got := read(t, workbook, sheet1)
		if got[c.end].Text != "end" || c.end != "A2" && got["A2"].Text != "" {
			t.Errorf("%s: the sheet is %v, want its end in %s and nothing in rows before it", name, got, c.end)
		}
	}
}

func TestSheetsThatSomethingRefersToAreKept(t *testing.T) {
	t.Parallel()
	const site = "'" + sitesSheet + "'!"
	for name, c := range map[string]struct {
		change func(*excelize.File) error
		kept   bool
	}{
		"nothing":                 {formulas(map[string]string{"A1": "A2"}), false},
		"a formula":               {formulas(map[string]string{"A1": "SUM(" + site + "A1)"}), true},
		"one with whole columns":  {formulas(map[string]string{"A1": "SUM(" + site + "A:A)"}), true},
		"one with a name of it":   {formulas(map[string]string{"A1": site + "total"}), true},
		"one of the sheet itself": {func(f *excelize.File) error { return f.SetCellFormula(sitesSheet, "C1", site+"A1") }, false},
		"a name":                  {func(f *excelize.File) error { return nameOf(f, site+"$A$1", "") }, true},
		"a name of another sheet": {func(f *excelize.File) error { return nameOf(f, site+"$A$1", sheet1) }, true},
		"a name of the sheet":     {func(f *excelize.File) error { return nameOf(f, site+"$A$1", sitesSheet) }, false},
	} {
		workbook, summary := fill(t, drawSites(t, c.change), tables(map[string]*template.Table{"sites": query("site n"), "items": query("site n")}))
		want := []string{sheet1}
		if c.kept {
			want = append(want, "sites")
		}
		if got := sheetNames(t, workbook); !slices.Equal(got, want) || summary.Rows != 0 {
			t.Errorf("%s: got the sheets %q and %d rows, want %q and none", name, got, summary.Rows, want)
		}
	}
}

func nameOf(f *excelize.File, refersTo, scope string) error {
	return f.SetDefinedName(&excelize.DefinedName{Name: "own", RefersTo: refersTo, Scope: scope})
}

// It has what the template draws, no value, and a name of its own.
func TestAKeptSheetIsEmpty(t *testing.T) {
	t.Parallel()
	const named = "{{#sheet1}}{{site}} {{n}}"
	file := draw(t, nil, func(f *excelize.File) error {
		return errors.Join(ignoreIndex(f.NewSheet(named)), f.SetSheetRow(named, "A1", &[]any{"{{site}}", "drawn", "{{title}}", 7}),
			f.SetCellFormula(sheet1, "A1", "SUM('"+named+"'!D1)"), f.SetCellFormula(sheet1, "A2", "COUNTA('"+named+"'!A1:D1)"))
	})
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"sheet1": query("site n")}))
	wantTexts(t, read(t, workbook, "sheet1 (2)"), map[string]string{"A1": "", "B1": "drawn", "C1": "", "D1": "7"})
	wantFormulas(t, workbook, map[string]string{"A1": "SUM('sheet1 (2)'!D1)", "A2": "COUNTA('sheet1 (2)'!A1:D1)"})
}

// A list within a row, of which not even the columns are known, is as empty as one with columns.
func TestAKeptRowAsksForNothing(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "{{#orders}}{{name}}", "A2": "{{#lines}}{{name}}", "B2": "{{price}}", "C2": "{{a}} of {{b}}", "A3": "{{?warn}}warn{{/?}}", "A4": "{{#parts}}{{part}}{{/parts}}",
		"A5": "{{/lines}}", "A6": "{{/orders}}",
	}, formulas(map[string]string{"D7": "SUM(B2)+COUNTA(A4)"}))
	for _, c := range []struct {
		orders *template.Table
		want   map[string]string
	}{
		{&template.Table{}, map[string]string{"A1": "", "A2": "", "B2": "", "C2": "", "A3": ""}},
		{
			&template.Table{Columns: []string{"name"}, Rows: query("name", "x").Rows, Nested: map[string][]*template.Table{"lines": nil}},
			map[string]string{"A1": "x", "A2": "", "B2": "", "C2": "", "A3": ""},
		},
	} {
		workbook, _ := fill(t, file, tables(map[string]*template.Table{"orders": c.orders}))
		wantTexts(t, read(t, workbook, sheet1), c.want)
		wantFormulas(t, workbook, map[string]string{"D4": "SUM(B2)+COUNTA(A3)"})
	}
}

func TestFormulasOverRowsOnConditionsAreWarnedOf(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "{{?note}}{{note}}", "A2": "{{#list}}{{n}}{{/list}}", "A3": "{{/?}}", "A4": "{{?a}}1{{/?}}", "A5": "{{^a}}2{{/^}}", "A6": "end",
	}, formulas(map[string]string{"B1": "A2", "B2": "A1", "B6": "SUM(A1:A2)", "C6": "A2", "D6": "SUM(A4:A5)", "E6": "A4&A6", "F6": "SUM(A1:A6)", "G6": "A3"}))
	var got []string
	for _, w := range compile(t, file, template.Options{}).Warnings() {
		got = append(got, w.Cell)
	}
	if want := []string{"B6", "C6", "E6", "G6"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
