// Package spelling finds the name that somebody meant who wrote another one. It knows
// nothing of what the names are for.
package spelling

import (
	"strings"
	"unicode/utf8"
)

// Nearest returns the known word closest to a misspelt one, or "" when none is
// close. Case, - and _ count for nothing.
func Nearest(word string, known []string) string {
	best, bestDistance := "", 0
	for _, k := range known {
		d := editDistance(fold(word), fold(k))
		if best == "" || d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best == "" || bestDistance > max(1, utf8.RuneCountInString(word)/3) {
		return ""
	}
	return best
}

func fold(word string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(word))
}

// editDistance counts the characters to insert, remove, replace or swap with a
// neighbour to get from a to b. Words over 64 characters are as far as they are
// long.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return max(len(x), len(y))
	}
	before, last := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}
