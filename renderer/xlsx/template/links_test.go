package template_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
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

// Programs write places in the workbook as relations to "#Sheet!A1", too; what is drawn has no
// other way.
func TestLinksByRelationsFollow(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{#records}}{{n}}{{/records}}", "A2": "end", "B1": "x", "C1": "y", "D1": "z"}, func(f *excelize.File) error {
		return errors.Join(ignoreIndex(f.NewSheet("Own list")), f.SetCellHyperLink("Own list", "A1", "#Sheet1!A2", "External"),
			f.SetCellHyperLink("Own list", "A2", "https://example.com/#Sheet1!A2", "External"),
			f.AddPictureFromBytes("Own list", "C3", &excelize.Picture{
				Extension: ".png", File: picturetest.PNG(t, 4, 4), Format: &excelize.GraphicOptions{Hyperlink: "#Sheet1!A2", HyperlinkType: "Location"},
			}),
			f.AddPictureFromBytes(sheet1, "C3", &excelize.Picture{
				Extension: ".png", File: picturetest.PNG(t, 4, 4), Format: &excelize.GraphicOptions{Hyperlink: "#'Own%20list'!A1", HyperlinkType: "Location"},
			}))
	})
	file = replacePart(t, file, "xl/worksheets/_rels/sheet2.xml.rels", replace(` TargetMode="External"`, ""))
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": query("n", "1", "2", "3")}))
	if content := unzipped(t, workbook, "xl/worksheets/sheet2.xml"); !strings.Contains(content, ` location="Sheet1!A4"`) || strings.Count(content, "r:id") != 2 {
		t.Errorf("the links are %s", content)
	}
	if content := unzipped(t, workbook, "xl/worksheets/_rels/sheet2.xml.rels"); !strings.Contains(content, `Target="https://example.com/#Sheet1!A2"`) {
		t.Errorf("an address is another: %s", content)
	}
	if content := unzipped(t, workbook, "xl/drawings/_rels/drawing1.xml.rels"); !strings.Contains(content, `Target="#Sheet1!A4"`) {
		t.Errorf("the link of a picture is %s", content)
	}
	if content := strings.ReplaceAll(unzipped(t, workbook, "xl/drawings/_rels/drawing2.xml.rels"), "&#39;", "'"); !strings.Contains(content, `Target="#'Own%20list'!A1"`) {
		t.Errorf("a link that nothing moves is %s", content)
	}
}

func TestLinksByRelationsLeadToTheirOwnSheets(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "x"}, rename("{{#sites}}no. {{site}}"), func(f *excelize.File) error {
		return f.AddPictureFromBytes("{{#sites}}no. {{site}}", "C3", &excelize.Picture{
			Extension: ".png", File: picturetest.PNG(t, 4, 4), Format: &excelize.GraphicOptions{Hyperlink: "#'{{#sites}}no.%20{{site}}'!A1", HyperlinkType: "Location"},
		})
	})
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"sites": query("site", "1", "2")}))
	for part, want := range map[string]string{"xl/drawings/_rels/drawing1.xml.rels": "#'no.%201'!A1", "xl/drawings/_rels/drawing1-2.xml.rels": "#'no.%202'!A1"} {
		if content := strings.ReplaceAll(unzipped(t, workbook, part), "&#39;", "'"); !strings.Contains(content, `Target="`+want+`"`) {
			t.Errorf("%s is %s, want a link to %s", part, content, want)
		}
	}
}
