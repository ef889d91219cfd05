package template_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// wantBound fills a template and wants to be told where it becomes too large.
func wantBound(t *testing.T, tpl *template.Template, rows int, sheet, cell, message string) {
	t.Helper()
	_, err := tpl.Fill(t.Context(), &bytes.Buffer{}, records(rows))
	var place *template.PlaceError
	if !errors.As(err, &place) || place.Sheet != sheet || place.Cell != cell || !strings.Contains(err.Error(), message) {
		t.Errorf("%d records: got %v, want sheet %s, cell %s: %s", rows, err, sheet, cell, message)
	}
}

func putLongFormulas(d *drawer) {
	d.putItems()
	d.put("C4", "="+strings.Repeat("SUM(B4:B4)+", 500)+"1")
}

// A small template and few records make a large workbook where the block's formulas are long.
func TestAFilledTemplateIsBoundInBytes(t *testing.T) {
	t.Parallel()
	s := sample{draw: putLongFormulas}
	tpl := compile(t, s.template(t), template.Options{MaxBytes: 1 << 20})
	_, err := tpl.Fill(t.Context(), &bytes.Buffer{}, records(110))
	noError(t, err)
	wantBound(t, tpl, 200, "Form", "C4", `row 155 of the workbook's sheet "Form": up to here its sheets have more than 1 MiB`)
}

// A sum of single rows of a block names each, and Excel takes 8,192 characters.
func TestFormulasThatBecomeTooLongAreCounted(t *testing.T) {
	t.Parallel()
	list := strings.Repeat("x", 31)
	s := sample{draw: func(d *drawer) {
		d.sheet(list)
		d.putOn(list, "A1", "{{#records}}{{item}}", "A2", "=SUM(B1:B1)", "B1", "{{amount}}", "B2", "{{/records}}half")
		d.put("A1", "=SUM("+list+"!B1)", "A2", "=SUM("+list+"!B1:B2)")
	}}
	tpl := compile(t, s.template(t), template.Options{})
	for _, way := range []string{"compiled", "by excelize"} {
		for rows, want := range map[int]int64{100: 0, 250: 1} {
			summary, err := tpl.Fill(t.Context(), &bytes.Buffer{}, records(rows))
			noError(t, err)
			got := summary.Substitutions
			if got.Total() != want || got.Counts[xlsx.FormulaTooLong] != want || want > 0 && got.Samples[0].Sheet+"!"+got.Samples[0].Cell != "Form!A1" {
				t.Errorf("%s, %d records: got %+v, want %d formulas too long, in Form!A1", way, rows, got, want)
			}
		}
		tpl.ByExcelize()
	}
}

// To find that a formula is too long takes as long as to write one.
func TestFormulasThatBecomeTooLongCountAsIfTheyWereWritten(t *testing.T) {
	t.Parallel()
	list := strings.Repeat("x", 31)
	s := sample{draw: func(d *drawer) {
		d.putItems()
		d.sheet(list)
		d.putOn(list, "A1", "{{#records}}{{item}}", "B1", "{{amount}}", "B2", "{{/records}}half")
		d.put("C4", "=SUM("+list+"!B1)")
	}}
	wantBound(t, compile(t, s.template(t), template.Options{MaxBytes: 1 << 20}), 250, "Form", "C4", "more than 1 MiB")
}

// excelize reads all formulas again for each row that it copies, and holds all cells until the end.
func TestFillingByExcelizeIsBoundInBytes(t *testing.T) {
	t.Parallel()
	tpl := uncompiled(t, putLongFormulas)
	wantBound(t, tpl, 1000, "", "", "may have formulas of 524 KiB in their 1000 rows, and they have more; take it out of the template")
	tpl = uncompiled(t, func(d *drawer) {
		d.putItems()
		for column := range 700 {
			cell, err := excelize.CoordinatesToCellName(column+4, 4)
			noError(d.T, err)
			d.put(cell, "x")
		}
	})
	wantBound(t, tpl, 4800, "", "", "may have 64 MiB, unpacked, and they have more; take it out of the template")
}
