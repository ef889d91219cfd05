package verify

import "strings"

// formula is what a formula of a form must be on a page, in pieces. Of functions that sum up
// their arguments it is known what becomes of a reference; elsewhere one cell may have become
// all of its copies, or the first of them.
type formula []formulaPiece

// formulaPiece is text or a reference, in each of the spellings that it may have, the
// likeliest first.
type formulaPiece []string

// is says whether a formula is what it must be.
func (f formula) is(got string) bool {
	for _, spellings := range f {
		longest := -1 // D7 is in front of D7:D9, too
		for _, text := range spellings {
			if strings.HasPrefix(got, text) {
				longest = max(longest, len(text))
			}
		}
		if longest < 0 {
			return false
		}
		got = got[longest:]
	}
	return got == ""
}

func (f formula) String() string {
	var b strings.Builder
	for _, spellings := range f {
		b.WriteString(spellings[0])
	}
	return b.String()
}
