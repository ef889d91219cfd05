package xlsx

import "strings"

// appendText writes s, which is clean, as the content of an element.
func appendText(b []byte, s string, t traits) []byte {
	if t&hasMarkup == 0 && (t&hasUnderscore == 0 || !strings.Contains(s, "_x")) {
		return append(b, s...)
	}
	start := 0
	for i := range len(s) {
		var instead string
		switch s[i] {
		case '&':
			instead = "&amp;"
		case '<':
			instead = "&lt;"
		case '>':
			instead = "&gt;"
		case '\r': // XML makes a line feed of it
			instead = "&#13;"
		case '_':
			if !isEscape(s[i:]) {
				continue
			}
			instead = "_x005F_"
		default:
			continue
		}
		b = append(append(b, s[start:i]...), instead...)
		start = i + 1
	}
	return append(b, s[start:]...)
}

// isEscape is true for text that begins like "_x0041_", which readers take for the
// character of that number. Two of them may share an underscore; each one's first
// underscore is escaped, so what is left begins none.
func isEscape(s string) bool {
	const length = len("_xHHHH_")
	if len(s) < length || s[1] != 'x' || s[length-1] != '_' {
		return false
	}
	for _, c := range []byte(s[2 : length-1]) {
		if !isHexDigit(c) {
			return false
		}
	}
	return true
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// needsSpace is true for text whose blanks a reader may drop unless told to keep
// them.
func needsSpace(s string, t traits) bool {
	return s != "" && (s[0] <= ' ' || s[len(s)-1] <= ' ' || t&hasBreaks != 0)
}
