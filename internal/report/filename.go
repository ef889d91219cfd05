package report

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxFilenameBytes is the longest file name given out: file systems take 255 bytes,
// and browsers add " (1)" and the like.
const MaxFilenameBytes = 200

const workbookExtension = ".xlsx"

// safeFilename makes a name that every file system takes and that shows what it is:
// separators, reserved and control characters and marks that turn the direction of
// writing become _, the end is neither dot nor space, device names of Windows get a
// _ in front, and a long name is cut before its extension. A name that does not end
// in .xlsx gets it.
func safeFilename(name string) string {
	name = strings.Map(safeFilenameRune, strings.ToValidUTF8(name, "_"))
	name = strings.TrimSpace(name)
	if strings.EqualFold(path.Ext(name), workbookExtension) {
		name = name[:len(name)-len(workbookExtension)]
	}
	name = strings.TrimRight(name, ". ")
	if stem, _, _ := strings.Cut(name, "."); stem == "" || isDevice(strings.TrimRight(stem, " ")) {
		name = "_" + name
	}
	return strings.TrimRight(cut(name, MaxFilenameBytes-len(workbookExtension)), ". ") + workbookExtension
}

func safeFilenameRune(c rune) rune {
	switch {
	case strings.ContainsRune(`<>:"/\|?*`, c), isControl(c), unicode.Is(unicode.Bidi_Control, c):
		return '_'
	case unicode.IsSpace(c) && c != '\u3000':
		return ' '
	}
	return c
}

// isDevice says whether Windows takes a name for a device, in any directory and with
// any extension.
func isDevice(stem string) bool {
	stem = strings.ToUpper(stem)
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	number, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		number, ok = strings.CutPrefix(stem, "LPT")
	}
	return ok && utf8.RuneCountInString(number) == 1 && strings.ContainsAny(number, "0123456789¹²³")
}

// cut shortens text to at most n bytes without cutting a character, or a mark off
// the character it belongs to.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	end := n
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	for i := end; i > 0; {
		c, _ := utf8.DecodeRuneInString(text[i:])
		if !unicode.Is(unicode.M, c) && c != '\u200d' {
			return text[:i]
		}
		_, size := utf8.DecodeLastRuneInString(text[:i])
		i -= size
	}
	return text[:end]
}
