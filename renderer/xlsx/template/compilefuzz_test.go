package template_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// pack makes a workbook of two sheets around a sheet's part, its shared strings and the
// workbook's names.
func pack(t *testing.T, sheet, strings, names string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types><Default Extension="xml" ContentType="x"/></Types>`},
		{"_rels/.rels", `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + main + `><sheets><sheet name="A" sheetId="1" r:id="s1"/><sheet name="B" sheetId="2" r:id="s2"/></sheets><definedNames>` + names + `</definedNames></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="s1" Type="x/worksheet" Target="a.xml"/><Relationship Id="s2" Type="x/worksheet" Target="b.xml"/>` +
			`<Relationship Id="s3" Type="x/styles" Target="styles.xml"/><Relationship Id="s4" Type="x/sharedStrings" Target="strings.xml"/></Relationships>`},
		{"xl/a.xml", sheet},
		{"xl/b.xml", `<worksheet ` + main + `><sheetData><row r="1"><c r="A1"><f>SUM(A!A1:C9)</f></c></row></sheetData></worksheet>`},
		{"xl/strings.xml", `<sst>` + strings + `</sst>`},
		{"xl/styles.xml", `<styleSheet><cellXfs count="1"><xf numFmtId="0"/></cellXfs></styleSheet>`},
	} {
		out, err := w.Create(part[0])
		if err == nil {
			_, err = io.WriteString(out, part[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// FuzzCompile: whatever a sheet says, a template is compiled and filled, or refused.
func FuzzCompile(f *testing.F) {
	rows := `<row r="1" ht="20"><c r="A1" t="s"><v>0</v></c><c r="B1" s="0" t="inlineStr"><is><r><t>{{n}} x</t></r></is></c></row><row><c><f>SUM(A1:B1)</f><v>3</v></c></row>`
	tail := `<autoFilter ref="A1:B2"/><mergeCells count="1"><mergeCell ref="A1:A2"/></mergeCells><conditionalFormatting sqref="A1"><cfRule><formula>A1&gt;1</formula></cfRule></conditionalFormatting>` +
		`<dataValidations count="1"><dataValidation sqref="A1:B3"><formula1>$A$1:$A$3</formula1></dataValidation></dataValidations><hyperlinks><hyperlink ref="A1" location="B!A1"/></hyperlinks><rowBreaks count="1"><brk id="1"/></rowBreaks>`
	f.Add(`<worksheet><sheetData>`+rows+`</sheetData>`+tail+`</worksheet>`, "<si><t>{{#q}}\x8bx {{/q}}</t></si>", `<definedName name="x">A!$A$1</definedName>`)
	f.Add(`<worksheet><dimension ref="A1:B2"/><sheetViews><sheetView tabSelected="1"/></sheetViews><sheetData><row r="3"/><row r="5"><c r="C5" t="s"><v>1</v></c></row></sheetData></worksheet>`,
		`<si><t>{{?n}}</t></si><si><r><rPr><b/></rPr><t>{{/</t></r><r><t>?}}</t></r></si>`, `<definedName name="jetsheet.rows.q">A!$A$1:$B$3</definedName>`)
	f.Add(`<worksheet><sheetData><row><c t="inlineStr"><is><t>{{image:p}}</t></is></c><c><f t="shared" si="0" ref="B1:B3">A1</f></c></row></sheetData><extLst><ext><x14:conditionalFormattings><x14:conditionalFormatting><xm:f>A1</xm:f><xm:sqref>A1:B2</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst></worksheet>`,
		``, `<definedName name="jetsheet.image.p" localSheetId="0">'A'!$A$1</definedName>`)
	data := template.Data{
		Fields: map[string]xlsx.Value{"n": xlsx.Int(1), "p": xlsx.Text("x")},
		Tables: map[string]*template.Table{"q": query("n id", "1 1", "2 2", "3 3")},
	}
	f.Fuzz(func(t *testing.T, sheet, strings, names string) {
		tpl, err := template.Compile(pack(t, sheet, strings, names), template.Options{MaxRows: 1000})
		if err != nil {
			return
		}
		_ = tpl.Markers()
		if len(tpl.Unsupported()) > 0 {
			return // excelize has fuzz targets of its own
		}
		for _, rows := range []int{3, 0} {
			d := template.Data{Fields: data.Fields, Tables: map[string]*template.Table{"q": {Columns: data.Tables["q"].Columns, Rows: data.Tables["q"].Rows[:rows]}}}
			if _, err := tpl.Fill(t.Context(), io.Discard, d); err != nil {
				t.Logf("%v", err)
			}
		}
	})
}
