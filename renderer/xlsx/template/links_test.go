package template_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

func TestLinksLeadWhereValuesSay(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{#records}}{{url | link}}{{/records}}", "B3": "{{own | link}}", "A5": "text"},
		func(f *excelize.File) error {
			return errors.Join(f.SetCellHyperLink(sheet1, "B3", "https://example.com/drawn", "External"), f.SetCellHyperLink(sheet1, "A5", "https://example.com/5", "External"))
		})
	workbook, summary := fill(t, file, template.Data{
		Fields: map[string]xlsx.Value{"own": xlsx.Text("https://example.com/own")},
		Tables: map[string]*template.Table{"records": query("url", "https://example.com/a?b=c&d#e", "javascript:alert(1)", "mailto:a@example.com")},
	})
	book := reopen(t, workbook)
	for ref, want := range map[string]string{"A2": "", "A3": "mailto:a@example.com", "B5": "https://example.com/drawn", "A7": "https://example.com/5"} {
		has, got, err := book.GetCellHyperLink(sheet1, ref)
		if err != nil || got != want || has != (want != "") {
			t.Errorf("%s leads to %q, %v, want %q", ref, got, err, want)
		}
	}
	if content := unzipped(t, workbook, "xl/worksheets/sheet1.xml"); !strings.Contains(content, ` ref="A1" r:id="rIdJetsheetLink1" location="e"/>`) {
		t.Errorf("the place within the page is not there: %s", content)
	}
	if content := unzipped(t, workbook, "xl/worksheets/_rels/sheet1.xml.rels"); !strings.Contains(content, `Target="https://example.com/a?b=c&amp;d" TargetMode="External"`) {
		t.Errorf("the address is not there: %s", content)
	}
	wantTexts(t, read(t, workbook, sheet1), map[string]string{"A1": "https://example.com/a?b=c&d#e", "A2": "javascript:alert(1)", "B5": "https://example.com/own"})
	if summary.Substitutions.Counts[xlsx.FormatMismatch] != 1 {
		t.Errorf("got %+v, want what is no link to be recorded", summary.Substitutions)
	}
}

func TestLinksOnASheetForEachRow(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{url | link}}"}, rename("{{#sites}}{{site}}"))
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"sites": query("site url", "a https://example.com/a", "b https://example.com/b")}))
	book := reopen(t, workbook)
	for _, sheet := range []string{"a", "b"} {
		if _, got, err := book.GetCellHyperLink(sheet, "A1"); err != nil || got != "https://example.com/"+sheet {
			t.Errorf("%s leads to %q, %v", sheet, got, err)
		}
	}
}
