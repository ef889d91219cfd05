package uploader

import (
	"path"
	"strings"
	"unicode/utf8"
)

// maxFilename bounds a file name, in bytes; most file systems take 255.
const maxFilename = 255

// disposition returns the Content-Disposition under which a browser saves the
// workbook (RFC 6266): the name in full for those that read filename*, and an
// ASCII likeness for the others. Without a file name it is the key's last part.
func disposition(filename, key string) string {
	if filename == "" {
		filename = path.Base(key)
	}
	filename = shorten(strings.ToValidUTF8(filename, "_"))
	return `attachment; filename="` + asciiName(filename) + `"; filename*=UTF-8''` + extValue(filename)
}

// shorten cuts a name at a rune and keeps its extension.
func shorten(name string) string {
	if len(name) <= maxFilename {
		return name
	}
	extension := path.Ext(name)
	if len(extension) > 16 {
		extension = ""
	}
	cut := maxFilename - len(extension)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + extension
}

// asciiName replaces each run of characters that are not safe in a quoted string,
// in a header or on a file system.
func asciiName(name string) string {
	var b strings.Builder
	replaced := false
	for _, r := range name {
		if safe := attrChar(r) || strings.ContainsRune(" ()[]=", r); safe {
			b.WriteRune(r)
			replaced = false
			continue
		}
		if !replaced {
			b.WriteByte('_')
		}
		replaced = true
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// attrChar says whether RFC 8187 lets a character stand as it is.
func attrChar(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$&+-.^_`|~", r)
}

// extValue encodes a name as the ext-value of RFC 8187. Control characters, which
// no file system wants, are left out.
func extValue(name string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c < ' ' || c == 0x7f:
		case c < utf8.RuneSelf && attrChar(rune(c)):
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
