package xlsx

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// PageText is what stands at the top or the bottom of every page. PageNumber, PageCount
// and PageSheet in it stand for what they name; all else is text, "&" too. Excel takes 255 UTF-16 units of the
// three with their codes; what is more is cut from the longest, and recorded as TextTooLong.
type PageText struct{ Left, Center, Right string }

// What a page's text has for what only the program that prints knows. They are control
// characters, which no text has a use for.
const (
	// PageNumber is the number of the page.
	PageNumber = "\x11"
	// PageCount is how many pages there are.
	PageCount = "\x12"
	// PageSheet is the sheet's name.
	PageSheet = "\x13"
)

// maxPageText is Excel's limit for the three texts with their codes, in UTF-16 units.
const maxPageText = 255

// codes is the text as Excel has it, before XML. What passes Excel's limit is cut from the
// longest of the three texts: a long name does not take the page's number off the page.
func (t PageText) codes() (codes string, changes change) {
	parts, changes := t.coded()
	var units [len(parts)]int
	for i, text := range parts {
		units[i] = min(countUnits(text), maxPageText+1)
	}
	for units[0]+units[1]+units[2] > maxPageText {
		units[longest(units[:])]--
		changes |= changedLength
	}
	for i, text := range parts {
		parts[i] = cutPageCodes(text, units[i])
	}
	return strings.Join(parts[:], ""), changes
}

// coded are the three texts, each with its codes and that of its place; one without text is empty.
func (t PageText) coded() (parts [3]string, changes change) {
	for i, text := range [...]string{t.Left, t.Center, t.Right} {
		if text == "" {
			continue
		}
		var b strings.Builder
		b.WriteByte('&')
		b.WriteByte("LCR"[i])
		changes |= writePageCodes(&b, text)
		parts[i] = b.String()
	}
	return parts, changes
}

// Validate says of a text that Excel does not take all of it.
func (t PageText) Validate() error {
	parts, _ := t.coded()
	if units := countUnits(strings.Join(parts[:], "")); units > maxPageText {
		return fmt.Errorf("the texts of left, center and right have %d characters together with Excel's codes (2 for each place, page number or %q), and %d are the limit; "+
			"shorten them, or write the rest into the title or the footer of the sheet", units, "&", maxPageText)
	}
	return nil
}

func longest(units []int) (at int) {
	for i, n := range units {
		if n > units[at] {
			at = i
		}
	}
	return at
}

// cutPageCodes is so many UTF-16 units of a text with codes, or fewer: no code is cut in two.
func cutPageCodes(codes string, units int) string {
	for at := 0; at < len(codes); {
		_, size := utf8.DecodeRuneInString(codes[at:])
		if codes[at] == '&' {
			size = len("&P")
		}
		if units -= countUnits(codes[at : at+size]); units < 0 {
			return codes[:at]
		}
		at += size
	}
	return codes
}

func countUnits(s string) int { return len(utf16.Encode([]rune(s))) }

func writePageCodes(b *strings.Builder, text string) (changes change) {
	for text != "" {
		end := strings.IndexAny(text, "&"+PageNumber+PageCount+PageSheet)
		if end < 0 {
			end = len(text)
		}
		clean, _, changed := cleanText(text[:end])
		changes |= changed
		b.WriteString(clean)
		if end == len(text) {
			break
		}
		code := text[end : end+1]
		text = text[end+1:]
		switch code {
		case "&":
			b.WriteString("&&")
		case PageNumber:
			b.WriteString("&P")
			// Excel takes "&P-1" for the page before.
			if text != "" && (text[0] == '+' || text[0] == '-') {
				b.WriteByte(' ')
			}
		case PageCount:
			b.WriteString("&N")
		case PageSheet:
			b.WriteString("&A")
		}
	}
	return changes
}

func (t PageText) appendXML(b []byte, element string) []byte {
	codes, _ := t.codes()
	if codes == "" {
		return b
	}
	b = fmt.Appendf(b, `<%s>`, element)
	return fmt.Appendf(appendText(b, codes, scanBytes(codes)), `</%s>`, element)
}
