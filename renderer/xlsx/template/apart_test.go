package template_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/corpustest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

const sitesSheet = "{{#sites}}{{site}}"

// drawSites draws a template of a first sheet and one that is there for each site.
func drawSites(t *testing.T, more ...func(*excelize.File) error) []byte {
	t.Helper()
	return draw(t, nil, append([]func(*excelize.File) error{func(f *excelize.File) error {
		_, err := f.NewSheet(sitesSheet)
		return errors.Join(err,
			f.SetCellValue(sitesSheet, "A1", "{{n}}"), f.SetCellValue(sitesSheet, "A2", "{{#items on site}}{{n}}{{/items}}"),
			f.SetCellFormula(sitesSheet, "A3", "SUM(A1:A2)"), f.SetCellFormula(sitesSheet, "B1", `COUNTIF(A1:A2,">1")`),
			f.SetCellFormula(sitesSheet, "B2", "VLOOKUP(A2,A1:A3,1,FALSE)"))
	}}, more...)...)
}

// The sites' sheets have their items in other rows, and one has none: it keeps the row of
// the list, since it is referred to.
func TestFormulasOverTheSheetsOfAQueryAreCalculated(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("LibreOffice: run without -short")
	}
	const site = "'" + sitesSheet + "'!"
	cases := []struct{ formula, filled, result string }{
		{"SUM(" + site + "A1)", "SUM('A'!A1,'B'!A1,'C'!A1)", "60"},
		{"SUM(" + site + "A2)", "SUM('A'!A2:A3,'B'!A2,'C'!A2)", "8"},
		{"SUM(" + site + "A3)", "SUM('A'!A4,'B'!A3,'C'!A3)", "68"},
		{"COUNT(" + site + "A1:A2)", "COUNT('A'!A1:A3,'B'!A1:A2,'C'!A1:A2)", "6"},
		{"MAX(" + site + "B1)", "MAX('A'!B1,'B'!B1,'C'!B1)", "3"},
		{"AVERAGE(" + site + "A1)", "AVERAGE('A'!A1,'B'!A1,'C'!A1)", "20"},
		{"MEDIAN(" + site + "A1,5)", "MEDIAN('A'!A1,'B'!A1,'C'!A1,5)", "15"},
		{"SUBTOTAL(9," + site + "A2)", "SUBTOTAL(9,'A'!A2:A3,'B'!A2,'C'!A2)", "8"},
		{"AND(" + site + "A1)", "AND('A'!A1,'B'!A1,'C'!A1)", "TRUE"},
		{site + "A3*2", "'A'!A4*2", "30"},
		{"SUM(" + site + "A:A)", "SUM('A'!A:A,'B'!A:A,'C'!A:A)", "136"},
	}
	file := drawSites(t, func(f *excelize.File) error {
		var err error
		for i, c := range cases {
			cell, _ := excelize.CoordinatesToCellName(1, i+1)
			err = errors.Join(err, f.SetCellFormula(sheet1, cell, c.formula))
		}
		return err
	})
	workbook, _ := fill(t, file, tables(map[string]*template.Table{
		"sites": query("site n", "A 10", "B 20", "C 30"), "items": query("site n", "A 2", "A 3", "C 3"),
	}))
	formulas, rows := read(t, workbook, sheet1), corpustest.LibreOffice(t, workbook)
	for i, c := range cases {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if formulas[cell].Formula != c.filled || rows[i][0] != c.result {
			t.Errorf("%s became %s and is %s, want %s and %s", c.formula, formulas[cell].Formula, rows[i][0], c.filled, c.result)
		}
	}
}

func TestOneRangeOfTheSheetsOfAQueryIsRefused(t *testing.T) {
	t.Parallel()
	const site = "'" + sitesSheet + "'!"
	for name, c := range map[string]struct {
		draw  func(*excelize.File) error
		cell  string
		wants string
	}{
		"a formula": {
			func(f *excelize.File) error { return f.SetCellFormula(sheet1, "C7", `COUNTIF(`+site+`A2,">1")`) }, "C7", site + "A2",
		},
		"a rule": {func(f *excelize.File) error {
			return f.SetConditionalFormat(sheet1, "A1", []excelize.ConditionalFormatOptions{{Type: "formula", Criteria: "RANK(A1," + site + "$A$1:$A$3)=1"}})
		}, "", site + "$A$1:$A$3"},
		"a validation": {func(f *excelize.File) error {
			v := excelize.NewDataValidation(true)
			v.Sqref, v.Type, v.Formula1 = "A1", "custom", "<formula1>COUNTIF("+site+"A2,A1)=0</formula1>"
			return f.AddDataValidation(sheet1, v)
		}, "", site + "A2"},
		"a chart": {func(f *excelize.File) error {
			return f.AddChart(sheet1, "D1", &excelize.Chart{Type: excelize.Line, Series: []excelize.ChartSeries{{Values: site + "$A$1:$A$3"}}})
		}, "", site + "$A$1:$A$3"},
	} {
		_, err := template.Compile(drawSites(t, c.draw), template.Options{})
		var mistake *template.PlaceError
		if !errors.As(err, &mistake) || mistake.Sheet != sheet1 || mistake.Cell != c.cell || !strings.Contains(err.Error(), c.wants+" is in a sheet") {
			t.Errorf("%s: got %v, want a mistake in %q that names %s", name, err, c.cell, c.wants)
		}
	}
}

func TestALinkToTheSheetsOfAQueryLeadsToTheFirst(t *testing.T) {
	t.Parallel()
	file := drawSites(t, func(f *excelize.File) error {
		return errors.Join(f.SetCellValue(sheet1, "A1", "sites"), f.SetCellHyperLink(sheet1, "A1", "'"+sitesSheet+"'!A3", "Location"))
	})
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"sites": query("site n", "A 1", "B 2"), "items": query("site n", "A 1", "A 2")}))
	ok, to, err := reopen(t, workbook).GetCellHyperLink(sheet1, "A1")
	if !ok || err != nil || to != "'A'!A4" {
		t.Errorf("the link leads to %q, %v, want 'A'!A4", to, err)
	}
}
