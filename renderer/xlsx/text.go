package xlsx

import (
	"strings"
	"unicode/utf8"
)

// maxTextUnits is Excel's limit for the text of a cell, in UTF-16 units.
const maxTextUnits = 32767

// traits are what a cell's text has that its encoding must know of.
type traits uint8

const (
	// hasMarkup is for what must be written in another way.
	hasMarkup traits = 1 << iota
	hasBreaks
	hasControl
	hasUnderscore
	// hasWide is for anything beyond ASCII, hasHigh for U+F000 to U+FFFF, where the
	// noncharacters are.
	hasWide
	hasHigh
	// hasLink is for text that is the address of a link.
	hasLink
	// hasPicture is for a cell that a picture lies over.
	hasPicture
)

// traitsOf are the traits that each byte of a text brings.
var traitsOf = func() (t [256]traits) {
	for c := range t {
		switch {
		case c >= utf8.RuneSelf:
			t[c] = hasWide
		case c < ' ':
			t[c] = hasControl
		}
	}
	t['\t'], t['\n'], t['\r'] = 0, hasBreaks, hasMarkup
	t['&'], t['<'], t['>'] = hasMarkup, hasMarkup, hasMarkup
	t['_'] = hasUnderscore
	t[0xEF] |= hasHigh
	return t
}()

// cleanText gives s as a cell can hold it. The usual text passes untouched and
// costs one pass.
func cleanText(s string) (string, traits, change) {
	t := scanBytes(s)
	if len(s) <= maxTextUnits && t&hasControl == 0 && (t&hasWide == 0 || legalWide(s, t)) {
		return s, t, 0
	}
	end, changes := scanText(s)
	s = s[:end]
	if changes&(changedCharacter|changedUTF8) != 0 {
		s = replaceIllegal(s)
	}
	return s, scanBytes(s), changes
}

func scanBytes(s string) (t traits) {
	for i := range len(s) {
		t |= traitsOf[s[i]]
	}
	return t
}

// legalWide is for text without control characters.
func legalWide(s string, t traits) bool {
	return utf8.ValidString(s) && (t&hasHigh == 0 || !strings.Contains(s, "\uFFFE") && !strings.Contains(s, "\uFFFF"))
}

// scanText tells how much of s fits and what must be replaced in that.
func scanText(s string) (end int, changes change) {
	units := 0
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		width := 1
		if r > 0xFFFF {
			width = 2
		}
		if units+width > maxTextUnits {
			return end, changes | changedLength
		}
		switch {
		case r == utf8.RuneError && size == 1:
			changes |= changedUTF8
		case !legal(r):
			changes |= changedCharacter
		}
		units += width
		end += size
	}
	return end, changes
}

// legal is XML 1.0's production Char.
func legal(r rune) bool {
	if r < ' ' {
		return r == '\t' || r == '\n' || r == '\r'
	}
	return r != 0xFFFE && r != 0xFFFF
}

func replaceIllegal(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	for _, r := range s {
		if !legal(r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

// looksLikeFormula is true for text that a program might take for a formula
// when somebody edits the cell or saves the sheet as CSV. Excel marks such text
// with a style (quotePrefix) and leaves the text as it is.
func looksLikeFormula(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return true
	}
	return false
}
