package template_test

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// Some programs write texts as CDATA. Other parts stay as they are.
func TestTextsInCDATAAreFilled(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "shared", "A2": "{{#records}}{{n}}{{/records}}", "A3": "a title"}, formulas(map[string]string{"B3": "A2+1"}), func(f *excelize.File) error {
		return ignoreIndex(f.NewSheet("Own"))
	})
	file = replacePart(t, file, "xl/sharedStrings.xml", func(s string) string {
		s = strings.Replace(s, "shared", "<![CDATA[{{a}} & <b>\r\n]]>c", 1)
		s = strings.Replace(s, "<si>", "<!-- <![CDATA[ --><si>", 1)
		return strings.Replace(s, "{{#records}}", "<![CDATA[{{#rec]]>ords}}", 1)
	})
	file = replacePart(t, file, "xl/worksheets/sheet1.xml", replace("<f>A2+1</f>", "<f><![CDATA[A2+1+(1<2)]]></f>"))
	file = replacePart(t, file, "xl/worksheets/sheet2.xml", replace("<sheetData></sheetData>", `<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[<own>]]></t></is></c></row></sheetData>`))
	if _, err := intake.Check(file, intake.Limits{}); err != nil {
		t.Fatal(err)
	}
	data := template.Data{Fields: map[string]xlsx.Value{"a": xlsx.Text("x")}, Tables: map[string]*template.Table{"records": query("n", "1", "2")}}
	workbook, _ := fill(t, file, data)
	wantTexts(t, read(t, workbook, sheet1), map[string]string{"A1": "x & <b>\nc", "A2": "1", "A3": "2", "A4": "a title"})
	wantTexts(t, read(t, workbook, "Own"), map[string]string{"A1": "<own>"})
	wantFormulas(t, workbook, map[string]string{"B4": "A2+1+(1<2)"})
	if content := unzipped(t, workbook, "xl/worksheets/sheet2.xml"); !strings.Contains(content, "<![CDATA[<own>]]>") {
		t.Errorf("a sheet without markers became %s", content)
	}

	slow := compile(t, file, template.Options{})
	slow.ByExcelize()
	wantTexts(t, read(t, filled(t, slow, data), sheet1), map[string]string{"A1": "x & <b>\nc", "A2": "1", "A3": "2"})

	open := replacePart(t, file, "xl/worksheets/sheet2.xml", replace("]]>", ""))
	if _, err := template.Compile(open, template.Options{}); err == nil || !strings.Contains(err.Error(), "save it again") {
		t.Errorf("a section without an end: got %v, want an error with advice", err)
	}
}

// What stands within a text and is none of it is not shown, nor is a marker in it filled.
func TestCommentsInTextsAreNoText(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "shared", "A2": "{{#records}}{{n}}{{/records}}", "A3": "a title"}, formulas(map[string]string{"B3": "A2+1"}))
	file = replacePart(t, file, "xl/sharedStrings.xml", func(s string) string {
		s = strings.Replace(s, "shared", "{{a}} b<!-- {{c}} & -->d<?e f?>", 1)
		return strings.Replace(s, "{{#records}}", "{{#rec<!---->ords}}", 1)
	})
	file = replacePart(t, file, "xl/worksheets/sheet1.xml", func(s string) string {
		s = strings.Replace(s, "<f>A2+1</f>", "<f>A2<!-- A3 -->+1</f>", 1)
		return strings.Replace(s, "<v>0</v>", "<v><!-- the first -->0</v>", 1)
	})
	if _, err := intake.Check(file, intake.Limits{}); err != nil {
		t.Fatal(err)
	}
	data := template.Data{Fields: map[string]xlsx.Value{"a": xlsx.Text("x")}, Tables: map[string]*template.Table{"records": query("n", "1", "2")}}
	want := map[string]string{"A1": "x bd", "A2": "1", "A3": "2", "A4": "a title"}
	workbook, _ := fill(t, file, data)
	wantTexts(t, read(t, workbook, sheet1), want)
	wantFormulas(t, workbook, map[string]string{"B4": "A2+1"})

	slow := compile(t, file, template.Options{})
	slow.ByExcelize()
	wantTexts(t, read(t, filled(t, slow, data), sheet1), want)
}
