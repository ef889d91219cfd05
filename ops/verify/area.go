package verify

import (
	"regexp"
	"strconv"
)

// area is a range of cells.
type area struct{ top, left, bottom, right int }

var areaRef = regexp.MustCompile(`^\$?([A-Z]{0,3})\$?([0-9]+)(?::\$?([A-Z]{0,3})\$?([0-9]+))?$`)

// areaOf reads a range such as $B$5:$D$9 or 5:9, of which columns are then 1.
func areaOf(ref string) (area, bool) {
	parts := areaRef.FindStringSubmatch(ref)
	if parts == nil {
		return area{}, false
	}
	if parts[4] == "" {
		parts[3], parts[4] = parts[1], parts[2]
	}
	top, err := strconv.Atoi(parts[2])
	bottom, err2 := strconv.Atoi(parts[4])
	return area{top, columnNumber(parts[1]), bottom, columnNumber(parts[3])}, err == nil && err2 == nil
}

func columnNumber(letters string) int {
	n := 0
	for _, letter := range letters {
		n = n*26 + int(letter-'A') + 1
	}
	return max(n, 1)
}

func (a area) holds(row, col int) bool {
	return a.top <= row && row <= a.bottom && a.left <= col && col <= a.right
}
