package xlsx

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

const (
	xmlHeader     = xml.Header
	namespaceMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	namespaceRels = "http://schemas.openxmlformats.org/package/2006/relationships"
	relationship  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	contentType   = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// appendContentTypes writes the list of what the parts are. It stands last in the
// archive: only then is it known how many sheets a split has made, and which of them have
// pictures.
func appendContentTypes(b []byte, sheets []writtenSheet) []byte {
	b = append(b, xmlHeader+`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">`+
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
		`<Default Extension="xml" ContentType="application/xml"/>`...)
	b = appendPictureTypes(b, sheets)
	b = append(b, `<Override PartName="/xl/workbook.xml" ContentType="`+contentType+`sheet.main+xml"/>`...)
	for i, s := range sheets {
		b = fmt.Appendf(b, `<Override PartName="/%s" ContentType="`+contentType+`worksheet+xml"/>`, sheetPart(i+1))
		if s.pictures {
			b = fmt.Appendf(b, `<Override PartName="/%s" ContentType="`+picture.ContentType+`"/>`, drawingPart(i+1))
		}
	}
	return append(b, `<Override PartName="/xl/styles.xml" ContentType="`+contentType+`styles+xml"/>`+
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>`+
		`<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/>`+
		`</Types>`...)
}

const rootRelsPart = xmlHeader + `<Relationships xmlns="` + namespaceRels + `">` +
	`<Relationship Id="rId1" Type="` + relationship + `/officeDocument" Target="xl/workbook.xml"/>` +
	`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>` +
	`<Relationship Id="rId3" Type="` + relationship + `/extended-properties" Target="docProps/app.xml"/>` +
	`</Relationships>`

const appPart = xmlHeader + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">` +
	`<Application>jetsheet</Application></Properties>`

func sheetPart(number int) string { return fmt.Sprintf("xl/worksheets/sheet%d.xml", number) }

// writtenSheet is what the workbook part says of a sheet.
type writtenSheet struct {
	name string
	// definedNames are sorted.
	definedNames []definedName
	// formulas is set where a program that calculates should do so.
	formulas bool
	// pictures is set where the sheet has a drawing.
	pictures bool
}

func appendWorkbook(b []byte, sheets []writtenSheet) []byte {
	b = append(b, xmlHeader+`<workbook xmlns="`+namespaceMain+`" xmlns:r="`+relationship+`"><bookViews><workbookView/></bookViews><sheets>`...)
	for i, s := range sheets {
		b = fmt.Appendf(b, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escapeXML(s.name), i+1, i+1)
	}
	b = appendDefinedNames(append(b, `</sheets>`...), sheets)
	if slices.ContainsFunc(sheets, func(s writtenSheet) bool { return s.formulas }) {
		b = append(b, `<calcPr fullCalcOnLoad="1"/>`...)
	}
	return append(b, `</workbook>`...)
}

func appendWorkbookRels(b []byte, sheets int) []byte {
	b = append(b, xmlHeader+`<Relationships xmlns="`+namespaceRels+`">`...)
	for i := range sheets {
		b = fmt.Appendf(b, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, relationship, i+1)
	}
	b = fmt.Appendf(b, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, sheets+1, relationship)
	return append(b, `</Relationships>`...)
}

func appendCore(b []byte, book Book) []byte {
	b = append(b, xmlHeader+`<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"`+
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"`+
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`...)
	for _, property := range [...]struct{ element, text string }{
		{"dc:title", book.Title},
		{"dc:subject", book.Subject},
		{"dc:creator", book.Creator},
		{"cp:keywords", book.Keywords},
		{"dc:description", book.Description},
		{"dc:identifier", book.Identifier},
	} {
		if property.text != "" {
			b = fmt.Appendf(b, `<%s>%s</%[1]s>`, property.element, escapeXML(property.text))
		}
	}
	if !book.Created.IsZero() {
		at := book.Created.UTC().Format(time.RFC3339)
		b = fmt.Appendf(b, `<dcterms:created xsi:type="dcterms:W3CDTF">%s</dcterms:created>`, at)
	}
	return append(b, `</cp:coreProperties>`...)
}

// escapeXML makes s text or an attribute's value of an XML document; what XML
// cannot hold becomes U+FFFD.
func escapeXML(s string) string {
	var b strings.Builder
	// A strings.Builder never fails.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
