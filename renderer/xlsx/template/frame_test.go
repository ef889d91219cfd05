package template_test

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// newerNamespaces begin a sheet that newer programs have written.
const newerNamespaces = `<worksheet xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" `

// What excelize does not write is written here as Excel does it.
func TestWhatIsSaidBehindTheRowsFollows(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "head", "A2": "{{#records}}{{n}}{{/records}}", "A3": "end", "A5": 1})
	for _, c := range []struct{ name, tail, want string }{
		{
			"watched cells", `<cellWatches><cellWatch r="A2"/><cellWatch r="A5"/></cellWatches>`,
			`<cellWatches><cellWatch r="A2"/><cellWatch r="A3"/><cellWatch r="A4"/><cellWatch r="A7"/></cellWatches>`,
		},
		{
			"ignored errors", `<ignoredErrors><ignoredError sqref="A1:A2 A5" numberStoredAsText="1"/></ignoredErrors>`,
			`<ignoredErrors><ignoredError sqref="A1:A4 A7" numberStoredAsText="1"/></ignoredErrors>`,
		},
		{
			"protected ranges", `<protectedRanges><protectedRange name="a" sqref="A2"/></protectedRanges>`,
			`<protectedRanges><protectedRange name="a" sqref="A2:A4"/></protectedRanges>`,
		},
		{
			"a sorted range", `<sortState ref="A1:B5"><sortCondition ref="A2:A5"/></sortState>`,
			`<sortState ref="A1:B7"><sortCondition ref="A2:A7"/></sortState>`,
		},
		{
			"sparklines", `<extLst><ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}"><x14:sparklineGroups><x14:sparklineGroup><xm:f>Sheet1!A5:C5</xm:f><x14:sparklines><x14:sparkline><xm:f>Sheet1!A2:C2</xm:f><xm:sqref>D2</xm:sqref></x14:sparkline>` +
				`<x14:sparkline><xm:f>Sheet1!A1:A3</xm:f><xm:sqref>D5</xm:sqref></x14:sparkline></x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext></extLst>`,
			`<xm:f>Sheet1!A7:C7</xm:f><x14:sparklines><x14:sparkline><xm:f>Sheet1!A2:C2</xm:f><xm:sqref>D2</xm:sqref></x14:sparkline>` +
				`<x14:sparkline><xm:f>Sheet1!A3:C3</xm:f><xm:sqref>D3</xm:sqref></x14:sparkline>` +
				`<x14:sparkline><xm:f>Sheet1!A4:C4</xm:f><xm:sqref>D4</xm:sqref></x14:sparkline>` +
				`<x14:sparkline><xm:f>Sheet1!A1:A5</xm:f><xm:sqref>D7</xm:sqref></x14:sparkline></x14:sparklines>`,
		},
		{
			"rules of newer programs", `<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"><x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule><xm:f>$A$5</xm:f></x14:cfRule><xm:sqref>A2:B3</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>`,
			`<x14:cfRule><xm:f>$A$7</xm:f></x14:cfRule><xm:sqref>A2:B5</xm:sqref>`,
		},
		{
			"validations of newer programs", `<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations count="1"><x14:dataValidation><x14:formula1><xm:f>Sheet1!$A$5:$A$6</xm:f></x14:formula1><xm:sqref>A2</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>`,
			`<x14:dataValidations count="1"><x14:dataValidation><x14:formula1><xm:f>Sheet1!$A$7:$A$8</xm:f></x14:formula1><xm:sqref>A2:A4</xm:sqref>`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			drawn := replacePart(t, file, "xl/worksheets/sheet1.xml", replace("</sheetData>", "</sheetData>"+c.tail))
			drawn = replacePart(t, drawn, "xl/worksheets/sheet1.xml", replace("<worksheet ", newerNamespaces))
			workbook, _ := fill(t, drawn, tables(map[string]*template.Table{"records": query("n", "1", "2", "3")}))
			if got := unzipped(t, workbook, "xl/worksheets/sheet1.xml"); !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got[strings.Index(got, "</sheetData>"):], c.want)
			}
		})
	}
}

func TestListsOfWhichNothingIsLeftAreLeftOut(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "head", "A2": "{{#records}}{{n}}{{/records}}"})
	file = replacePart(t, file, "xl/worksheets/sheet1.xml", replace("</sheetData>", `</sheetData><autoFilter ref="A2:B2"/><mergeCells count="1"><mergeCell ref="A2:B2"/></mergeCells>`+
		`<conditionalFormatting sqref="A2"><cfRule type="expression" priority="1"><formula>A2&gt;1</formula></cfRule></conditionalFormatting>`+
		`<dataValidations count="1"><dataValidation sqref="A2"/></dataValidations><hyperlinks><hyperlink ref="A2" location="A1"/></hyperlinks>`+
		`<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"><x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule type="expression" priority="2" id="{1}"><xm:f>A2&gt;1</xm:f></x14:cfRule>`+
		`<xm:sqref>A2</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext>`+
		`<ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}"><x14:sparklineGroups><x14:sparklineGroup><x14:colorSeries rgb="FF376092"/><x14:sparklines><x14:sparkline><xm:f>Sheet1!A2:C2</xm:f><xm:sqref>D2</xm:sqref></x14:sparkline></x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext></extLst>`))
	file = replacePart(t, file, "xl/worksheets/sheet1.xml", replace("<worksheet ", newerNamespaces))
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": query("n")}))
	got := unzipped(t, workbook, "xl/worksheets/sheet1.xml")
	for _, element := range []string{"autoFilter", "mergeCell", "conditionalFormatting", "dataValidation", "hyperlink", "sparkline", "ext"} {
		if strings.Contains(got, "<"+element) || strings.Contains(got, "<x14:"+element) {
			t.Errorf("there is still a %s in %s", element, got)
		}
	}
}

func TestEscapesInTextsWithMarkersAreRead(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "MARK {{n}}"})
	file = replacePart(t, file, "xl/sharedStrings.xml", replace("MARK ", "a_x000D_b_x005F_x0041_ _xD83D__xDE00_ &amp;&#x3042; "))
	workbook, _ := fill(t, file, fields(map[string]xlsx.Value{"n": xlsx.Int(1)}))
	wantTexts(t, read(t, workbook, sheet1), map[string]string{"A1": "a\rb_x0041_ 😀 &あ 1"})
}

func TestNamedCellsInRowsWithoutAny(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "x"}, names("jetsheet.field.n", "Sheet1!$C$3"))
	file = replacePart(t, file, "xl/worksheets/sheet1.xml", replace("</sheetData>", `<row r="3" ht="30" customHeight="1"/></sheetData>`))
	workbook, _ := fill(t, file, fields(map[string]xlsx.Value{"n": xlsx.Int(7)}))
	wantTexts(t, read(t, workbook, sheet1), map[string]string{"A1": "x", "C3": "7"})
	if h, err := reopen(t, workbook).GetRowHeight(sheet1, 3); err != nil || h != 30 {
		t.Errorf("the row is %v high, %v", h, err)
	}
}

func TestPageBreaksBetweenRecords(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{#records}}{{n}}", "A2": "{{?more}}more{{/?}}", "A3": "{{/records}}", "A4": "end"})
	file = replacePart(t, file, "xl/worksheets/sheet1.xml", replace("</sheetData>", `</sheetData><rowBreaks count="1" manualBreakCount="1"><brk id="1" max="16383" man="1"/></rowBreaks>`))
	for _, c := range []struct{ rows, want []string }{
		{[]string{"1 -", "2 -", "3 -"}, []string{"1", "2", "3"}},
		{[]string{"1 x", "2 -", "3 x"}, []string{"1", "3", "4"}},
	} {
		workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": query("n more", c.rows...)}))
		got := unzipped(t, workbook, "xl/worksheets/sheet1.xml")
		want := `<rowBreaks count="3" manualBreakCount="3">`
		for _, id := range c.want {
			want += `<brk id="` + id + `" max="16383" man="1"/>`
		}
		if !strings.Contains(got, want+"</rowBreaks>") {
			t.Errorf("%q: got %s, want %s", c.rows, got[strings.Index(got, "</sheetData>"):], want)
		}
	}
	many := &template.Table{Columns: []string{"n", "more"}, Rows: make([][]xlsx.Value, 2000)}
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": many}))
	if got := unzipped(t, workbook, "xl/worksheets/sheet1.xml"); strings.Count(got, "<brk ") != 1022 || !strings.Contains(got, `count="1022" manualBreakCount="1022"`) {
		t.Errorf("got %d breaks", strings.Count(got, "<brk "))
	}
}
