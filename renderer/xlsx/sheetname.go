package xlsx

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxSheetName is Excel's limit, in UTF-16 units.
const maxSheetName = 31

// Japanese Excel takes the full-width forms for the characters themselves: it refuses them
// in a name, and asks to repair a workbook that has them. It reserves "履歴" where others
// reserve "History", for the sheet on which changes are tracked.
const (
	notInSheetNames    = `\/?*[]:` + "＼／？＊［］：￥"
	notAtSheetNameEnds = "' " + "＇’"
)

func isReserved(name string) bool { return strings.EqualFold(name, "History") || name == "履歴" }

// SheetName gives the nearest name to s that Excel accepts beside the names
// already taken, and says whether it had to differ: at most 31 UTF-16 units, no
// \ / ? * [ ] : in either width, ￥ or control character, no quote or blank at either
// end, not empty, not "History" or "履歴", and unlike every taken name in more than case.
// A name that clashes gets " (2)", " (3)" and so on.
func SheetName(s string, taken []string) (name string, changed bool) {
	name = legalSheetName(s)
	if isTaken(name, taken) {
		name = nextSheetName(name, 2, taken)
	}
	return name, name != s
}

// nextSheetName is the first free one of "base (n)", "base (n+1)" and so on.
func nextSheetName(base string, n int, taken []string) string {
	for {
		suffix := " (" + strconv.Itoa(n) + ")"
		name := strings.TrimRight(cutUnits(base, maxSheetName-len(suffix)), " ") + suffix
		if !isTaken(name, taken) {
			return name
		}
		n++
	}
}

func isTaken(name string, taken []string) bool {
	return slices.ContainsFunc(taken, func(other string) bool { return strings.EqualFold(name, other) })
}

func legalSheetName(s string) string {
	s, _, _ = cleanText(s)
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(notInSheetNames, r) || r < ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, s)
	// Cutting may bring a quote or a blank to the end, so it comes first, and
	// nothing that is trimmed makes the name longer.
	s = strings.Trim(cutUnits(strings.Trim(s, notAtSheetNameEnds), maxSheetName), notAtSheetNameEnds)
	switch {
	case s == "":
		return "Sheet"
	case isReserved(s):
		return s + "_"
	}
	return s
}

// cutUnits cuts s to at most limit UTF-16 units, between characters.
func cutUnits(s string, limit int) string {
	units := 0
	for i, r := range s {
		units += utf16.RuneLen(r)
		if units > limit {
			return s[:i]
		}
	}
	return s
}
