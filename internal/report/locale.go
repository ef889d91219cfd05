package report

import "unicode"

// validLocale says whether text has the form of a language tag: groups of 1 to 8
// letters and digits, the first of 2 or more letters, joined by - or _.
func validLocale(text string) bool {
	if len(text) > 35 {
		return false
	}
	group, first := 0, true
	for _, c := range text + "-" {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		switch {
		case letter, c >= '0' && c <= '9' && !first:
			group++
		case c == '-' || c == '_':
			if group == 0 || group > 8 || first && group < 2 {
				return false
			}
			group, first = 0, false
		default:
			return false
		}
	}
	return true
}

// isControl says whether a character has no place in one line of text.
func isControl(c rune) bool {
	return unicode.IsControl(c) || c == '\u2028' || c == '\u2029'
}
