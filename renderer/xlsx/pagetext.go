package xlsx

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// PageText is what stands at the top or the bottom of every page. PageNumber, PageCount
// and PageSheet in it stand for what they name; all else is text, "&" too.
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

func (t PageText) validate(what string) error {
	codes, _ := t.codes()
	if n := len(utf16.Encode([]rune(codes))); n > maxPageText {
		return fmt.Errorf("the page's %s has %d characters with its codes; Excel takes %d, so write less", what, n, maxPageText)
	}
	return nil
}

// codes is the text as Excel has it, before XML.
func (t PageText) codes() (codes string, changes change) {
	var b strings.Builder
	for _, part := range [...]struct{ code, text string }{{"&L", t.Left}, {"&C", t.Center}, {"&R", t.Right}} {
		if part.text == "" {
			continue
		}
		b.WriteString(part.code)
		changes |= writePageCodes(&b, part.text)
	}
	return b.String(), changes
}

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
