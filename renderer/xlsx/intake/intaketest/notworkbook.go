package intaketest

import (
	"bytes"
	"strings"
	"unicode/utf16"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// notWorkbooks are files of other kinds.
func notWorkbooks() []File {
	constant := func(name string, cause intake.Cause, text, content string) File {
		return File{name, cause, text, func() []byte { return []byte(content) }}
	}
	return []File{
		constant("nothing", intake.CauseEmpty, "empty", ""),
		constant("random bytes", intake.CauseNotWorkbook, "not a workbook", "\x00\x01\x02\x03\x80\x81"),
		constant("a PDF", intake.CauseNotWorkbook, "PDF", "%PDF-1.7\n"),
		constant("a web page named .xlsx", intake.CauseNotWorkbook, "web page", "<html><table><tr><td>1</td></tr></table></html>"),
		constant("the XML of Excel 2003", intake.CauseOldFormat, "2003", `<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>`),
		constant("CSV", intake.CauseOtherFormat, "CSV", "name,temperature\nfridge,4.5\n"),
		constant("CSV in Shift_JIS", intake.CauseOtherFormat, "CSV", "\x96\xbc\x91O,\x89\xb7\x93x\r\n\x97\xe2\x91\xa0\x8c\xc9,4.5\r\n"),
		constant("a text", intake.CauseNotWorkbook, "text file", "hello"),
		constant("a gzip file", intake.CauseNotWorkbook, "gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00"),
		constant("an empty archive", intake.CauseDamaged, "empty", "PK\x05\x06"+strings.Repeat("\x00", 18)),
		{"an old workbook", intake.CauseOldFormat, ".xls", func() []byte { return compound("Workbook") }},
		{"an encrypted workbook", intake.CausePassword, "password", func() []byte { return compound("EncryptedPackage") }},
		{"an old Word document", intake.CauseNotWorkbook, "another Office program", func() []byte { return compound("WordDocument") }},
		{"a binary workbook", intake.CauseBinary, ".xlsb", func() []byte { return form().with("xl/workbook.bin", "\x83\x01").zip() }},
		{"an OpenDocument file", intake.CauseOtherFormat, ".ods", func() []byte {
			return archive(store("mimetype", []byte("application/vnd.oasis.opendocument.spreadsheet")), pack("content.xml", "<a/>"))
		}},
		{"a Numbers file", intake.CauseOtherFormat, "Numbers", func() []byte { return archive(pack("Index/Document.iwa", "x")) }},
		{"a Word document", intake.CauseNotWorkbook, "Word", func() []byte {
			return parts{typesPart: form()[typesPart], "word/document.xml": "<a/>"}.zip()
		}},
		{"a presentation", intake.CauseNotWorkbook, "presentation", func() []byte {
			return parts{typesPart: form()[typesPart], "ppt/presentation.xml": "<a/>"}.zip()
		}},
		{"any archive", intake.CauseNotWorkbook, "zip archive", func() []byte { return archive(pack("form.xlsx", "x")) }},
		{"an archive behind a program", intake.CauseNotWorkbook, "not a workbook", func() []byte {
			return append([]byte("MZ\x90\x00\x03"), Form()...)
		}},
		changed("an Excel template", intake.CauseOtherFormat, ".xltx", func(p parts) parts {
			return p.replace(typesPart, "sheet.main+xml", "template.main+xml")
		}),
		changed("Strict Open XML", intake.CauseOtherFormat, "Strict", func(p parts) parts {
			return p.replace(rootRels, relType, "http://purl.oclc.org/ooxml/officeDocument/relationships/")
		}),
		changed("a workbook of another type", intake.CauseNotWorkbook, bookPart, func(p parts) parts {
			return p.replace(typesPart, "sheet.main+xml", "styles+xml")
		}),
		changed("no workbook", intake.CauseNotWorkbook, "no part", func(p parts) parts { return p.without(bookPart) }),
	}
}

// compound is the beginning of a compound file with a stream of that name.
func compound(stream string) []byte {
	var b bytes.Buffer
	b.WriteString("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	b.Write(make([]byte, 504))
	put(&b, utf16.Encode([]rune(stream)))
	b.Write(make([]byte, 512))
	return b.Bytes()
}
