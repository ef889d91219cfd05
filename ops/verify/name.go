package verify

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

const (
	// nameUnits is the length of the longest name of a sheet, in UTF-16 units.
	nameUnits = 31
	// refused stands nowhere in a name, and refusedAround not at its ends; Excel in Japan
	// refuses them in full width too.
	refused       = `\/?*[]:` + "＼／？＊［］：￥"
	refusedAround = "' ＇’"
)

// legalName is what Excel takes for a sheet's name beside those that are taken.
func legalName(title string, taken []string) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(refused, r) {
			return '_'
		}
		return r
	}, holdable(title))
	name = strings.Trim(units(strings.Trim(name, refusedAround), nameUnits), refusedAround)
	switch {
	case name == "":
		name = "Sheet"
	case strings.EqualFold(name, "History"), name == "履歴":
		name += "_"
	}
	if isTaken(name, taken) {
		return numberedName(name, 2, taken)
	}
	return name
}

// numberedName is the first of "name (n)", "name (n+1)" and so on that is free.
func numberedName(base string, n int, taken []string) string {
	for ; ; n++ {
		suffix := " (" + strconv.Itoa(n) + ")"
		if name := strings.TrimRight(units(base, nameUnits-len(suffix)), " ") + suffix; !isTaken(name, taken) {
			return name
		}
	}
}

func isTaken(name string, taken []string) bool {
	return slices.ContainsFunc(taken, func(other string) bool { return strings.EqualFold(name, other) })
}

// units cuts text to so many UTF-16 units.
func units(text string, limit int) string {
	n := 0
	for i, r := range text {
		if n += utf16.RuneLen(r); n > limit {
			return text[:i]
		}
	}
	return text
}
