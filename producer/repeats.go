package producer

import (
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet"
)

// repeats counts the rows of a conversion after its first, by what is wrong with each:
// NULL and the empty id are one conversion, and several rows may have the same bad ids.
// No row may go without a word.
type repeats struct {
	rows  int
	forms []repeatForm // in the order in which they came, at most maxRepeatForms
}

// repeatForm is what is wrong with some of the rows; "" means nothing but being there.
type repeatForm struct {
	message string
	rows    int
}

// maxRepeatForms bounds what is kept of one conversion: a message may quote its row.
const maxRepeatForms = 4

// repeat counts a further row of the conversion; problem is nil where nothing else is
// wrong with it.
func (e *entry) repeat(problem *jetsheet.TargetProblem) {
	if e.repeats == nil {
		e.repeats = &repeats{}
	}
	message := ""
	if problem != nil {
		message = cut(problem.Message, maxProblemBytes)
	}
	e.repeats.add(message)
}

func (r *repeats) add(message string) {
	r.rows++
	for i := range r.forms {
		if r.forms[i].message == message {
			r.forms[i].rows++
			return
		}
	}
	if len(r.forms) < maxRepeatForms {
		r.forms = append(r.forms, repeatForm{message, 1})
	}
}

// tellIn returns the problem of the first row with a word about the others; r may be nil.
func (r *repeats) tellIn(first *jetsheet.TargetProblem) *jetsheet.TargetProblem {
	if r == nil || first == nil {
		return first
	}
	like := first.Message
	if first.Cause == jetsheet.CauseDuplicateTarget {
		like = "" // being there is what is wrong with each
	}
	return &jetsheet.TargetProblem{Cause: first.Cause, Message: cut(first.Message, maxProblemBytes) + r.text(like)}
}

// text continues the message of the first row; like is what is wrong with rows like it.
func (r *repeats) text(like string) string {
	more := fmt.Sprintf("; and %d more row", r.rows)
	if r.rows > 1 {
		more += "s"
	}
	if r.forms[0] == (repeatForm{like, r.rows}) {
		return more + " like this"
	}
	parts, rest := make([]string, 0, len(r.forms)+1), r.rows
	for _, form := range r.forms {
		rest -= form.rows
		switch form.message {
		case like:
			parts = append(parts, fmt.Sprintf("%d like this", form.rows))
		case "":
			parts = append(parts, fmt.Sprintf("%d without another problem", form.rows))
		default:
			parts = append(parts, fmt.Sprintf("%d with %s", form.rows, form.message))
		}
	}
	if rest > 0 {
		parts = append(parts, fmt.Sprintf("%d with other problems", rest))
	}
	return more + " of the same workbook: " + strings.Join(parts, "; ")
}
