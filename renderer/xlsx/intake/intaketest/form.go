package intaketest

import (
	"fmt"
	"strings"
)

// Names of parts that hostile files change.
const (
	typesPart  = "[Content_Types].xml"
	rootRels   = "_rels/.rels"
	bookPart   = "xl/workbook.xml"
	bookRels   = "xl/_rels/workbook.xml.rels"
	sheetPart  = "xl/worksheets/sheet1.xml"
	sheetRels  = "xl/worksheets/_rels/sheet1.xml.rels"
	stylesPart = "xl/styles.xml"
	textsPart  = "xl/sharedStrings.xml"
)

const (
	mainSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relsSpace = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	relType   = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	mainType  = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
	header    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
)

// Form is a small form that is accepted: one sheet with a title, a merged range, a picture
// and markers for a block of records.
func Form() []byte { return form().zip(store("xl/media/image1.png", picture(2, 2))) }

// FormWith is Form with these texts in the cells of column A, from row 4 on.
func FormWith(texts ...string) []byte {
	p := form()
	var rows strings.Builder
	for i, text := range texts {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>`, i+4, i+4, text)
	}
	return p.replace(sheetPart, "</sheetData>", rows.String()+"</sheetData>").zip(store("xl/media/image1.png", picture(2, 2)))
}

// FormWithFormula is Form with this formula, as XML, in B3.
func FormWithFormula(formula string) []byte {
	return form().replace(sheetPart, "SUM(B2:B2)", formula).zip()
}

// WithMacrosAndLinks is Form with macros and so many cells that lead to another workbook.
func WithMacrosAndLinks(links int) []byte {
	var row strings.Builder
	for range links {
		row.WriteString("<c><f>[1]Sheet1!A1</f></c>")
	}
	return form().replace(sheetPart, "</sheetData>", "<row>"+row.String()+"</row></sheetData>").zip(pack("xl/vbaProject.bin", "x"))
}

func form() parts {
	return parts{
		typesPart: header + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + mainType + `sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + mainType + `worksheet+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + mainType + `styles+xml"/>` +
			`<Override PartName="/xl/sharedStrings.xml" ContentType="` + mainType + `sharedStrings+xml"/></Types>`,
		rootRels: header + `<Relationships ` + relsSpace + `><Relationship Id="rId1" Type="` + relType + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		bookPart: header + `<workbook ` + mainSpace + `><sheets><sheet name="点検表" sheetId="1" r:id="rId1"/></sheets>` +
			`<definedNames><definedName name="_xlnm.Print_Area" localSheetId="0">点検表!$A$1:$C$3</definedName></definedNames></workbook>`,
		bookRels: header + `<Relationships ` + relsSpace + `><Relationship Id="rId1" Type="` + relType + `worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relType + `styles" Target="styles.xml"/>` +
			`<Relationship Id="rId3" Type="` + relType + `sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		stylesPart: header + `<styleSheet ` + mainSpace + `><fonts count="1"><font/></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>` +
			`<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>` +
			`<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>`,
		textsPart: header + `<sst ` + mainSpace + ` count="2" uniqueCount="2"><si><t>{{site_name}} 冷蔵庫点検表</t></si><si><t>{{#records}}{{name}}</t></si></sst>`,
		sheetPart: header + `<worksheet ` + mainSpace + `><dimension ref="A1:C3"/><cols><col min="1" max="3" width="12" customWidth="1"/></cols><sheetData>` +
			`<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>1</v></c><c r="C2" t="inlineStr"><is><t>{{/records}}</t></is></c></row>` +
			`<row r="3"><c r="B3"><f>SUM(B2:B2)</f><v>1</v></c></row></sheetData><mergeCells count="1"><mergeCell ref="A1:C1"/></mergeCells></worksheet>`,
	}
}
