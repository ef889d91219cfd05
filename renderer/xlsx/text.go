package xlsx

import (
	"strings"
	"unicode/utf8"
)

// maxTextUnits is Excel's limit for the text of a cell, in UTF-16 units.
const maxTextUnits = 32767

// cleanText gives s as a cell can hold it. The usual text passes untouched and
// costs one pass.
func cleanText(s string) (string, change) {
	if plainASCII(s) {
		if len(s) <= maxTextUnits {
			return s, 0
		}
		return s[:maxTextUnits], changedLength
	}
	end, changes := scanText(s)
	s = s[:end]
	if changes&(changedCharacter|changedUTF8) != 0 {
		s = replaceIllegal(s)
	}
	return s, changes
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || (c < ' ' && c != '\t' && c != '\n' && c != '\r') {
			return false
		}
	}
	return true
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
