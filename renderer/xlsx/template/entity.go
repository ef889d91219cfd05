package template

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape reads the text of XML.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '&') < 0 {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		i := bytes.IndexByte(b, '&')
		end := bytes.IndexByte(b[max(i, 0):], ';')
		if i < 0 || end < 0 {
			s.Write(b)
			break
		}
		s.Write(b[:i])
		s.WriteString(entity(string(b[i+1 : i+end])))
		b = b[i+end+1:]
	}
	return s.String()
}

var entities = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}

// entity is what stands between & and ; as text.
func entity(name string) string {
	if text, ok := entities[name]; ok {
		return text
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !strings.HasPrefix(name, "#") || !utf8.ValidRune(rune(n)) { //nolint:gosec // 32 bits are parsed
		return "&" + name + ";"
	}
	return string(rune(n)) //nolint:gosec // as above
}

// appendEscaped appends text for XML; most has nothing to escape.
func appendEscaped(b, text []byte) []byte {
	if !bytes.ContainsAny(text, escaped) {
		return append(b, text...)
	}
	return append(b, escape(string(text))...)
}

const escaped = "&<>\"\t\n\r"

// escape writes text for XML, in an attribute's value or between tags.
func escape(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\t", "&#9;", "\n", "&#10;", "\r", "&#13;")
