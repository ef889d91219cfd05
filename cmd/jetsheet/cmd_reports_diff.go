package main

import "strings"

// mostDiffCells bounds the work of lineDiff: 4 million comparisons take some 10 ms.
const mostDiffCells = 4_000_000

// lineDiff lists the lines that are gone, written "- line", and those that are new,
// written "+ line", in the order in which they stand. What is the same is left out.
func lineDiff(before, after string) []string {
	a, b := textLines(before), textLines(after)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	var diff []string
	if len(a)*len(b) <= mostDiffCells {
		same := commonLengths(a, b)
		for len(a) > 0 && len(b) > 0 {
			rest := same[len(same)-len(a)-1:]
			switch column := len(rest[0]) - len(b) - 1; {
			case a[0] == b[0]:
				a, b = a[1:], b[1:]
			case rest[1][column] >= rest[0][column+1]:
				diff, a = append(diff, "- "+a[0]), a[1:]
			default:
				diff, b = append(diff, "+ "+b[0]), b[1:]
			}
		}
	}
	for _, line := range a {
		diff = append(diff, "- "+line)
	}
	for _, line := range b {
		diff = append(diff, "+ "+line)
	}
	return diff
}

// commonLengths holds, for each pair of positions, how many lines the rests from there
// have in common.
func commonLengths(a, b []string) [][]int32 {
	same := make([][]int32, len(a)+1)
	for i := range same {
		same[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			same[i][j] = max(same[i+1][j], same[i][j+1])
			if a[i] == b[j] {
				same[i][j] = same[i+1][j+1] + 1
			}
		}
	}
	return same
}

func textLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
