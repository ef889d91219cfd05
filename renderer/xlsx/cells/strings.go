package cells

import (
	"encoding/xml"
	"strconv"
	"strings"
	"unicode/utf16"
)

// readStrings reads the shared strings; a workbook without them has no part for
// them.
func (b *Book) readStrings(part string) error {
	if part == "" {
		return nil
	}
	t, err := b.archive.tokens(part)
	if err != nil {
		return err
	}
	const perString = 16
	left := b.archive.limits.SharedStringBytes
	return t.each(func(_ []string, start xml.StartElement) error {
		if start.Name.Local != "si" {
			return nil
		}
		text, err := t.richText()
		if err != nil {
			return err
		}
		if left -= int64(len(text)) + perString; left < 0 {
			return beyond("the shared strings have more than the limit of %d bytes", b.archive.limits.SharedStringBytes)
		}
		b.strings = append(b.strings, text)
		return nil
	})
}

// richText gives the text of the si or is element that was just begun: its own
// and that of its runs, but not the phonetic reading that Japanese text carries.
func (t *tokens) richText() (string, error) {
	var text string
	for depth := len(t.stack); ; {
		token, err := t.next()
		if err != nil {
			return "", err
		}
		if len(t.stack) < depth {
			return text, nil
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "t":
			run, err := t.text()
			if err != nil {
				return "", err
			}
			text += runText(run, prefixed(start, "space") == "preserve")
		case "rPh":
			if err := t.skip(); err != nil {
				return "", err
			}
		}
	}
}

// runText is what Excel shows of a t element: blanks at the ends count only when
// they are marked, and each element's escapes are its own.
func runText(s string, preserve bool) string {
	if !preserve {
		s = strings.Trim(s, " \t\r\n")
	}
	return unescape(s)
}

// escapeLength is the length of "_xHHHH_".
const escapeLength = 7

// unescape replaces every _xHHHH_ by the UTF-16 unit that it names. Two that
// make a surrogate pair are one character; half of a pair is U+FFFD.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for s != "" {
		unit, ok := escapedUnit(s)
		if !ok {
			next := strings.Index(s[1:], "_x") + 1
			if next == 0 {
				next = len(s)
			}
			b.WriteString(s[:next])
			s = s[next:]
			continue
		}
		s = s[escapeLength:]
		if low, ok := escapedUnit(s); ok && utf16.IsSurrogate(unit) {
			if pair := utf16.DecodeRune(unit, low); pair != '\uFFFD' {
				unit = pair
				s = s[escapeLength:]
			}
		}
		b.WriteRune(unit)
	}
	return b.String()
}

// escapedUnit reads an escape at the beginning of s.
func escapedUnit(s string) (rune, bool) {
	if len(s) < escapeLength || s[0] != '_' || s[1] != 'x' || s[escapeLength-1] != '_' {
		return 0, false
	}
	unit, err := strconv.ParseUint(s[2:escapeLength-1], 16, 16)
	return rune(unit), err == nil
}
