package template_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

func TestALoneMarkerTakesTheValuesType(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "{{text}}", "A2": "{{int}}", "A3": "{{decimal}}", "A4": "{{truth}}", "A5": "{{day}}",
		"A6": " {{ none }} ", "A7": "期間: {{day}}（{{int | integer}}件）", "A8": "kept",
		"A9": "{{formula}}", "A10": "{{decimal | percent:1}}",
	})
	workbook, summary := fill(t, file, fields(map[string]xlsx.Value{
		"text": xlsx.Text(`a & <b> "c"`), "int": xlsx.Int(1234), "decimal": xlsx.Decimal("0.125"), "truth": xlsx.Bool(true),
		"day": xlsx.Date(2026, time.March, 4), "none": xlsx.Null(), "formula": xlsx.Text("=1+1"),
	}))
	got := read(t, workbook, sheet1)
	wantTexts(t, got, map[string]string{
		"A1": `a & <b> "c"`, "A2": "1234", "A3": "0.125", "A4": "TRUE", "A5": "46085", "A6": "",
		"A7": "期間: 2026/03/04（1,234件）", "A8": "kept", "A9": "=1+1", "A10": "0.125",
	})
	for ref, kind := range map[string]cells.Kind{
		"A1": cells.Text, "A2": cells.Number, "A3": cells.Number, "A4": cells.Bool, "A5": cells.Number, "A7": cells.Text, "A9": cells.Text,
	} {
		if got[ref].Kind != kind {
			t.Errorf("%s: got a %v, want a %v", ref, got[ref].Kind, kind)
		}
	}
	if got["A5"].Format != "yyyy/mm/dd" || got["A10"].Format != "0.0%" {
		t.Errorf("formats: got %q and %q", got["A5"].Format, got["A10"].Format)
	}
	if !got["A9"].QuotePrefix {
		t.Error("text that looks like a formula becomes one when it is edited")
	}
	if summary.Sheets != 1 || summary.Substitutions.Total() != 0 {
		t.Errorf("got %+v", summary)
	}
}

func TestAValueKeepsItsCellsStyle(t *testing.T) {
	t.Parallel()
	var styled, dated, texts int
	file := draw(t, map[string]any{"B2": "{{n}}", "B3": "{{day}}", "B4": "{{day}}", "B5": "{{day}}", "B6": "{{none}}"}, func(f *excelize.File) error {
		var err error
		code, day := "0.00", "d.m.yy"
		if styled, err = f.NewStyle(&excelize.Style{CustomNumFmt: &code, Font: &excelize.Font{Bold: true}, Border: []excelize.Border{{Type: "left", Style: 2, Color: "FF0000"}}}); err != nil {
			return err
		}
		if dated, err = f.NewStyle(&excelize.Style{CustomNumFmt: &day}); err != nil {
			return err
		}
		if texts, err = f.NewStyle(&excelize.Style{NumFmt: 49}); err != nil {
			return err
		}
		for ref, style := range map[string]int{"B2": styled, "B3": dated, "B4": styled, "B5": texts, "B6": styled} {
			if err := f.SetCellStyle(sheet1, ref, ref, style); err != nil {
				return err
			}
		}
		return nil
	})
	workbook, _ := fill(t, file, fields(map[string]xlsx.Value{"n": xlsx.Float(2.5), "day": xlsx.Date(2026, time.March, 4), "none": xlsx.Null()}))
	got := read(t, workbook, sheet1)
	for ref, want := range map[string]string{"B2": "0.00", "B3": "d.m.yy", "B4": "yyyy/mm/dd", "B5": "@"} {
		if got[ref].Format != want {
			t.Errorf("%s: got the format %q, want %q", ref, got[ref].Format, want)
		}
	}
	if got["B5"].Text != "2026-03-04" || got["B5"].Kind != cells.Text {
		t.Errorf("a date in a cell for text: got %q as a %v", got["B5"].Text, got["B5"].Kind)
	}
	opened := reopen(t, workbook)
	for ref, want := range map[string]int{"B2": styled, "B3": dated, "B5": texts, "B6": styled} {
		if style, err := opened.GetCellStyle(sheet1, ref); err != nil || style != want {
			t.Errorf("%s: got style %d, %v, want %d", ref, style, err, want)
		}
	}
	style, err := opened.GetCellStyle(sheet1, "B4")
	if err != nil {
		t.Fatal(err)
	}
	look, err := opened.GetStyle(style)
	if err != nil || look.Font == nil || !look.Font.Bold || len(look.Border) != 1 {
		t.Errorf("a style with another number format lost its look: %+v, %v", look, err)
	}
}

func TestTextKeepsTheLooksOfItsRuns(t *testing.T) {
	t.Parallel()
	bold := &excelize.Font{Bold: true, Color: "FF0000"}
	file := draw(t, nil, func(f *excelize.File) error {
		return f.SetCellRichText(sheet1, "A1", []excelize.RichTextRun{
			{Text: "担当: "}, {Text: "{{name}}", Font: bold}, {Text: " / {{n", Font: &excelize.Font{Italic: true}}, {Text: "}} 回", Font: bold},
		})
	})
	workbook, _ := fill(t, file, fields(map[string]xlsx.Value{"name": xlsx.Text("佐藤 & 子"), "n": xlsx.Int(3)}))
	runs, err := reopen(t, workbook).GetCellRichText(sheet1, "A1")
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		text         string
		bold, italic bool
	}{{"担当: ", false, false}, {"佐藤 & 子", true, false}, {" / 3", false, true}, {" 回", true, false}}
	if len(runs) != len(want) {
		t.Fatalf("got %d runs, want %d: %+v", len(runs), len(want), runs)
	}
	for i, w := range want {
		r := runs[i]
		if r.Text != w.text || (r.Font != nil && r.Font.Bold) != w.bold || (r.Font != nil && r.Font.Italic) != w.italic {
			t.Errorf("run %d: got %q, %+v, want %+v", i, r.Text, r.Font, w)
		}
	}
	part := unzipped(t, workbook, "xl/worksheets/sheet1.xml")
	for _, text := range []string{`<t xml:space="preserve">担当: </t>`, `<t>佐藤 &amp; 子</t>`, `<t xml:space="preserve"> / 3</t>`} {
		if !strings.Contains(part, text) {
			t.Errorf("the sheet is %s, want %s in it, or Excel trims the blanks", part, text)
		}
	}
}

func TestWhatChangesOfAValueIsRecorded(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"C3": "{{n}}", "C4": "x {{t}}"})
	_, summary := fill(t, file, fields(map[string]xlsx.Value{"n": xlsx.Int(1<<53 + 1), "t": xlsx.Text("\x01")}))
	want := []xlsx.Substitution{
		{Sheet: sheet1, Cell: "C3", Column: "n", Kind: xlsx.InexactNumber},
		{Sheet: sheet1, Cell: "C4", Column: "t", Kind: xlsx.IllegalCharacter},
	}
	if got := summary.Substitutions.Samples; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func reopen(t *testing.T, workbook []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// A text that grows by each marker is copied for each: 1,000 rows of such cells took 25 s. It runs
// beside no other test: it counts allocations.
func TestACellOfManyMarkersIsPutTogetherOnce(t *testing.T) {
	allocations := func(markers int) float64 {
		tpl := compile(t, draw(t, map[string]any{"A1": strings.Repeat("{{n}}", markers)}), template.Options{})
		d := fields(map[string]xlsx.Value{"n": xlsx.Text("item")})
		return testing.AllocsPerRun(5, func() { filled(t, tpl, d) })
	}
	few, many := allocations(10), allocations(4000)
	if many > few+500 {
		t.Errorf("%.0f allocations for 4,000 markers in a cell, %.0f for 10", many, few)
	}
}
