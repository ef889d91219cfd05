package xlsx_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/corpustest"
)

// TestLibreOfficeJudgesRules has it calculate each rule for each value.
func TestLibreOfficeJudgesRules(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("LibreOffice: run without -short")
	}
	names := slices.Sorted(maps.Keys(ruleValues))
	content := writeRows(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 2)}, len(names)*len(ruleCases), func(i int) []xlsx.Value {
		return []xlsx.Value{xlsx.Null(), ruleValues[names[i%len(names)]]}
	})
	f := openExcelize(t, content)
	for i, c := range ruleCases {
		formula, _ := ruleFormula(t, c.rule, xlsx.Null())
		for j := range names {
			row := strconv.Itoa(i*len(names) + j + 2)
			if err := f.SetCellFormula("s", "C"+row, strings.ReplaceAll(formula, "$B2", "$B"+row)); err != nil {
				t.Fatal(err)
			}
		}
	}
	calculated, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	rows := corpustest.LibreOffice(t, calculated.Bytes())
	for i, c := range ruleCases {
		for j, name := range names {
			row := rows[i*len(names)+j+1]
			if want := slices.Contains(c.want, name); row[2] != strings.ToUpper(strconv.FormatBool(want)) {
				t.Errorf("%s %v of %s is %v, want %v", c.rule.When, c.rule.Value, name, row, want)
			}
		}
	}
}

// TestLibreOfficeJudgesTotals compares what it calculates with what the workbook has.
func TestLibreOfficeJudgesTotals(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("LibreOffice: run without -short")
	}
	r := rand.New(rand.NewPCG(1, 2))
	content := writeRows(t, totalsSheet(t), 500, func(int) []xlsx.Value { return totalsRow(r, "欠測", "") })
	rows := corpustest.LibreOffice(t, content)
	want := openExcelize(t, content)
	for column := range totalsSheet(t).Columns {
		cell := string(rune('A'+column)) + "503"
		shown, err := want.GetCellValue("s", cell)
		if err != nil {
			t.Fatal(err)
		}
		if got := rows[502][column]; got != shown {
			t.Errorf("%s is %q in LibreOffice, and %q is written", cell, got, shown)
		}
	}
}
