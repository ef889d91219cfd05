package template_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

func TestNamesOverSheetsWhoseRowsDifferAreWarnedOf(t *testing.T) {
	t.Parallel()
	const site = "'{{#sites}}{{site}}'!"
	file := draw(t, map[string]any{"A1": "{{site}}", "A2": "{{#items on site}}{{n}}{{/items}}", "A3": "total", "A4": "{{?note}}{{note}}{{/?}}", "A5": "end"},
		rename("{{#sites}}{{site}}"), func(f *excelize.File) error {
			return errors.Join(ignoreIndex(f.NewSheet("Sum")), f.SetCellFormula("Sum", "A1", "SUM(total)"))
		},
		names("above", site+"$A$1", "items", site+"$A$2", "total", site+"$A$3", "end", site+"$A$5", "all", site+"$A:$A", "elsewhere", "Sum!$A$1"),
		func(f *excelize.File) error {
			return errors.Join(
				f.SetDefinedName(&excelize.DefinedName{Name: "own", RefersTo: site + "$A$3", Scope: "{{#sites}}{{site}}"}),
				f.SetDefinedName(&excelize.DefinedName{Name: "others", RefersTo: site + "$A$3", Scope: "Sum"}),
			)
		})
	wantNamesWarned(t, file, "items", "total", "end", "others")

	workbook, _ := fill(t, file, tables(map[string]*template.Table{"sites": query("site note", "a x", "b y"), "items": query("site n", "a 1", "a 2", "b 3")}))
	for _, n := range reopen(t, workbook).GetDefinedName() {
		if broken := slices.Contains([]string{"items", "total", "end", "others"}, n.Name); broken != strings.Contains(n.RefersTo, "#REF!") {
			t.Errorf("%s refers to %q", n.Name, n.RefersTo)
		}
	}
}

func TestNamesOfRowsOnConditionsAreWarnedOf(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{?note}}{{note}}{{/?}}", "A2": "{{#list}}{{n}}{{/list}}", "A3": "end"},
		names("note", "Sheet1!$A$1", "list", "Sheet1!$A$2", "both", "Sheet1!$A$1:$A$3"),
		func(f *excelize.File) error { return nameOf(f, "Sheet1!$A$1", sheet1) })
	wantNamesWarned(t, file, "note", "own")
}

func wantNamesWarned(t *testing.T, file []byte, want ...string) {
	t.Helper()
	var got []string
	for _, w := range compile(t, file, template.Options{}).Warnings() {
		if of, found := strings.CutPrefix(w.Why, "the name "); found {
			name, _, _ := strings.Cut(of, ":")
			got = append(got, name)
		}
	}
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("warned of the names %q, want %q", got, want)
	}
}
