package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/internal/spelling"
)

// ProblemError is one thing wrong in a definition, and where.
type ProblemError struct {
	// File is the name given to Parse.
	File string
	// Line and Column count from 1; Column counts characters.
	Line, Column int
	// Path is where in the definition, e.g. workbook.sheets[0].rows; "" for the
	// whole file.
	Path string
	// Message is what is wrong and how to write it right.
	Message string
}

// Error returns FILE:LINE:COL: message.
func (e *ProblemError) Error() string {
	place := fmt.Sprintf("%d:%d: ", e.Line, e.Column)
	if e.File != "" {
		place = e.File + ":" + place
	}
	return place + e.Message
}

// didYouMean returns `; did you mean "x"?` for the nearest of the known words, or
// what there is to choose from.
func didYouMean(word string, known []string) string {
	if near := spelling.Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	return "; known: " + strings.Join(known, ", ")
}

// byPlace orders problems as one reads the file.
func byPlace(problems []*ProblemError) {
	slices.SortStableFunc(problems, func(a, b *ProblemError) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}
