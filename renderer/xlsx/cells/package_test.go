package cells_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// parts are a workbook's parts by name, written by hand.
type parts map[string]string

const (
	namespace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relsStart = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	relType   = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	typeStart = `application/vnd.openxmlformats-officedocument.spreadsheetml`
)

// plain is a workbook of one sheet with these rows.
func plain(rows string) parts {
	return parts{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + typeStart + `.sheet.main+xml"/>` +
			`<Override PartName="/xl/sharedStrings.xml" ContentType="` + typeStart + `.sharedStrings+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + typeStart + `.styles+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + typeStart + `.worksheet+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet2.xml" ContentType="` + typeStart + `.worksheet+xml"/></Types>`,
		"_rels/.rels":     relsStart + `<Relationship Id="rId1" Type="` + relType + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook ` + namespace + `><sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": relsStart + `<Relationship Id="rId1" Type="` + relType + `/worksheet" Target="/xl/worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relType + `/styles" Target="styles.xml"/>` +
			`<Relationship Id="rId3" Type="` + relType + `/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/styles.xml": `<styleSheet ` + namespace + `><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy/mm/dd hh:mm"/></numFmts>` +
			`<cellStyleXfs count="1"><xf numFmtId="9"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="164"/>` +
			`<xf numFmtId="46"/><xf numFmtId="49" quotePrefix="1"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml": `<sst ` + namespace + `><si><t>plain</t></si><si><r><t>ri</t></r><r><rPr><b/></rPr><t xml:space="preserve">ch </t></r>` +
			`<rPh sb="0" eb="1"><t>ヨミ</t></rPh></si><si><t> trimmed </t></si></sst>`,
		"xl/worksheets/sheet1.xml": sheetXML(rows),
	}
}

func sheetXML(rows string) string {
	return `<worksheet ` + namespace + `><sheetData>` + rows + `</sheetData></worksheet>`
}

// with gives a copy in which one part is replaced, or removed when it is empty.
func (p parts) with(name, content string) parts {
	p = maps.Clone(p)
	if content == "" {
		delete(p, name)
		return p
	}
	p[name] = content
	return p
}

// replace gives a copy with one text in one part replaced.
func (p parts) replace(t testing.TB, name, old, replacement string) parts {
	t.Helper()
	if !strings.Contains(p[name], old) {
		t.Fatalf("part %s has no %q", name, old)
	}
	return p.with(name, strings.Replace(p[name], old, replacement, 1))
}

func (p parts) zip(t testing.TB) []byte {
	t.Helper()
	var entries []entry
	for _, name := range slices.Sorted(maps.Keys(p)) {
		entries = append(entries, entry{name, p[name]})
	}
	return zipped(t, entries...)
}

type entry struct{ name, content string }

func zipped(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		part, err := w.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(content []byte, limits cells.Limits) (*cells.Book, error) {
	return cells.Open(bytes.NewReader(content), int64(len(content)), limits)
}

func mustOpen(t testing.TB, p parts) *cells.Book {
	t.Helper()
	book, err := open(p.zip(t), cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// read gives each cell of a sheet as "A1 kind text", with format and formula
// where there is one.
func read(t testing.TB, sheet *cells.Sheet) []string {
	t.Helper()
	var all []string
	err := sheet.Rows(func(_ int, row []cells.Cell) error {
		for _, c := range row {
			s := fmt.Sprintf("%s %v %q", c.Ref(), c.Kind, c.Text)
			if c.Format != cells.General {
				s += " as " + c.Format
			}
			if c.Formula != "" {
				s += " =" + c.Formula
			}
			all = append(all, s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
