package intake

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// oleMagic opens a compound file: workbooks before 2007, encrypted ones, embedded objects.
var oleMagic = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}

// isZip tells whether the file is an archive from its first byte on, and says what it is
// where it is not.
func (c *check) isZip() bool {
	if bytes.HasPrefix(c.file, zipMagic) {
		return true
	}
	cause, what, advice := kindOf(c.file)
	c.add(cause, Place{}, what, advice)
	return false
}

// kindOf names a file that is no archive.
func kindOf(file []byte) (cause Cause, what, advice string) {
	head := file[:min(len(file), 4096)]
	text := strings.ToLower(string(trimBegin(head)))
	switch {
	case len(file) == 0:
		return CauseEmpty, "the file is empty", "name the workbook that holds the form"
	case bytes.HasPrefix(file, oleMagic):
		return compoundKind(file)
	case strings.HasPrefix(text, "%pdf"):
		return CauseNotWorkbook, "it is a PDF", "hand in the workbook that it was printed from"
	case strings.HasPrefix(text, "<?xml") && strings.Contains(text, "urn:schemas-microsoft-com:office:spreadsheet"):
		return CauseOldFormat, "it is an XML spreadsheet of Excel 2003", adviceSaveAs
	case strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<table"):
		return CauseNotWorkbook, "it is a web page, whatever its name ends in", adviceSaveAs
	case bytes.HasPrefix(file, []byte("PK")):
		return CauseDamaged, "it is an archive that does not begin with a part: empty, split or cut off", adviceExport
	case packedKind(head) != "":
		return CauseNotWorkbook, "it is " + packedKind(head), "unpack it, and hand in the workbook in it"
	case isText(file):
		if strings.ContainsAny(text, ",;\t") {
			return CauseOtherFormat, "it is a text file (CSV)", `in Excel, open it, draw the form, and save it with "Save As" as "Excel Workbook (*.xlsx)"`
		}
		return CauseNotWorkbook, "it is a text file", adviceSaveAs
	default:
		return CauseNotWorkbook, "it is not a workbook", adviceSaveAs
	}
}

// trimBegin leaves out what may stand before the first byte of a text: a mark, and blanks.
func trimBegin(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
}

// compoundKind tells encrypted workbooks from old ones. The names of streams stand in the
// file as UTF-16.
func compoundKind(file []byte) (cause Cause, what, advice string) {
	switch {
	case bytes.Contains(file, wide("EncryptedPackage")), bytes.Contains(file, wide("DRMEncrypted")):
		return CausePassword, "the workbook is protected with a password", "in Excel, open it, choose File > Info > Protect Workbook > Encrypt with Password, delete the password, and save it"
	case bytes.Contains(file, wide("Workbook")), bytes.Contains(file, wide("Book")):
		return CauseOldFormat, "it is a workbook of Excel 97 to 2003 (.xls)", adviceSaveAs
	default:
		return CauseNotWorkbook, "it is a document of another Office program", adviceSaveAs
	}
}

// wide is a text of ASCII as UTF-16, little endian.
func wide(text string) []byte {
	b := make([]byte, 0, 2*len(text))
	for i := range len(text) {
		b = append(b, text[i], 0)
	}
	return b
}

// packedKind names an archive or a compressed file by its first bytes; "" for anything
// else.
func packedKind(head []byte) string {
	for _, k := range []struct{ magic, name string }{
		{"PK\x03\x04", "a zip archive"},
		{"\x1f\x8b", "a gzip file"},
		{"7z\xBC\xAF\x27\x1C", "a 7z archive"},
		{"Rar!\x1a\x07", "a RAR archive"},
		{"\xFD7zXZ\x00", "an xz file"},
		{"BZh", "a bzip2 file"},
		{"\x28\xB5\x2F\xFD", "a zstd file"},
	} {
		if strings.HasPrefix(string(head), k.magic) {
			return k.name
		}
	}
	return ""
}

// isText looks at the beginning: no control characters but those of lines.
func isText(file []byte) bool {
	head := file[:min(len(file), 4096)]
	if bytes.HasPrefix(head, []byte{0xFF, 0xFE}) || bytes.HasPrefix(head, []byte{0xFE, 0xFF}) {
		return true // "Unicode text" of Excel
	}
	for _, b := range head {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' {
			return false
		}
	}
	return utf8.Valid(head[:len(head)-min(len(head), utf8.UTFMax)]) || looksJapanese(head)
}

// looksJapanese accepts bytes in pairs as Shift_JIS has them, which CSV in Japan mostly is.
func looksJapanese(head []byte) bool {
	for i := 0; i < len(head)-1; i++ {
		switch b := head[i]; {
		case b < 0x80 || (b >= 0xA1 && b <= 0xDF):
		case b >= 0x81 && b <= 0xFC && head[i+1] >= 0x40:
			i++
		default:
			return false
		}
	}
	return true
}

// isWorkbook tells whether the archive is a workbook of today, and says what it is where
// it is not.
func (c *check) isWorkbook() bool {
	has := func(name string) bool { return c.archive.find(name) != nil }
	add := func(cause Cause, what, advice string) bool {
		c.add(cause, Place{}, what, advice)
		return false
	}
	folder := func(prefix string) bool {
		for name := range c.archive.named {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
		return false
	}
	switch {
	case has("xl/workbook.bin"):
		return add(CauseBinary, "it is a binary workbook (.xlsb)", adviceSaveAs)
	case has("mimetype") && has("content.xml"):
		return add(CauseOtherFormat, "it is an OpenDocument file (.ods)", adviceSaveAs)
	case folder("index/") && !has("[Content_Types].xml"):
		return add(CauseOtherFormat, "it is a Numbers file", "in Numbers, choose File > Export To > Excel")
	case folder("word/") && !folder("xl/"):
		return add(CauseNotWorkbook, "it is a Word document", "hand in the workbook that holds the form")
	case folder("ppt/") && !folder("xl/"):
		return add(CauseNotWorkbook, "it is a presentation", "hand in the workbook that holds the form")
	case !has("[Content_Types].xml"):
		return add(CauseNotWorkbook, "it is a zip archive, and no workbook", "unpack it, and hand in the workbook in it")
	}
	return true
}
