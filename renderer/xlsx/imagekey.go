package xlsx

import "strings"

// FormatImageKey is the format of a column whose values are keys, by which somebody else
// finds pictures; FormatImageKey:WIDTHxHEIGHT is one too. ParseFormat does not know it: who
// finds the pictures parses what CutImageKey gives, and puts them in the keys' place.
const FormatImageKey = "imageKey"

// CutImageKey gives the format under which the pictures are shown whose keys a column
// has. ok is false for any other format, which is given as it is.
func CutImageKey(format string) (image string, ok bool) {
	rest, ok := strings.CutPrefix(format, FormatImageKey)
	if !ok || rest != "" && rest[0] != ':' {
		return format, false
	}
	return "image" + rest, true
}
