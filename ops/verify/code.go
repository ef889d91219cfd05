package verify

import (
	"regexp"
	"strings"
)

// codeToken is one token of an Excel number format: quoted text, brackets, an escaped
// character, characters outside ASCII, a word, or any other character.
var codeToken = regexp.MustCompile(`(?is)"[^"]*"|\[[^\]]*\]|[\\_*].|[^\x00-\x7f]+|general|am/pm|a/p|e[+-]|.`)

var elapsedToken = regexp.MustCompile(`(?i)^\[(h+|m+|s+)\]$`)

// readCode reads a number format of the user's own: what it is for, and how it stands in
// the file, where text outside ASCII is quoted.
func readCode(code string) (string, purpose) {
	var written strings.Builder
	var digits, times, counts, at bool
	for _, token := range codeToken.FindAllString(code, -1) {
		lower := strings.ToLower(token)
		switch {
		case token[0] >= 0x80:
			token = `"` + token + `"`
		case token[0] == '"' || token[0] == '\\' || token[0] == '_' || token[0] == '*':
		case token[0] == '[':
			counts = counts || elapsedToken.MatchString(token)
		case lower == "general" || lower == "e+" || lower == "e-" || strings.Contains("0#?", token):
			digits = true
		case token == "@":
			at = true
		case lower == "am/pm" || lower == "a/p" || lower[0] >= 'a' && lower[0] <= 'z':
			times = true
		}
		written.WriteString(token)
	}
	switch {
	case counts:
		return written.String(), forDurations
	case times:
		return written.String(), forAnyTimes
	case at && !digits:
		return written.String(), forText
	default:
		return written.String(), forNumbers
	}
}
