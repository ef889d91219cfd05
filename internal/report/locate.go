package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Locator finds places in a definition's file, for what shows only after parsing:
// what PostgreSQL says of a statement, a column that no query gives. It is not for
// concurrent use.
type Locator struct {
	r    *reader
	root node
}

// NewLocator returns the locator of a file that [Parse] accepts; in any other, every
// place is its beginning. file is the name that problems are reported under.
func NewLocator(file string, data []byte) *Locator {
	r := &reader{file: file}
	return &Locator{r: r, root: r.document(data)}
}

// Problem is one at the value with a path such as workbook.sheets[0].rows, or at the
// nearest value above it.
func (l *Locator) Problem(path, message string) *ProblemError {
	return l.at(placeOf(l.find(path)), path, message)
}

// ProblemIn is one at a line and column, from 1, of the text with that path.
func (l *Locator) ProblemIn(path string, line, column int, message string) *ProblemError {
	n := l.find(path)
	text, ok := l.text(n, path)
	if !ok {
		return l.at(placeOf(n), path, message)
	}
	at, exact := l.r.inText(n, text, line, column)
	if !exact {
		message = fmt.Sprintf("line %d, column %d of the statement: %s", line, column, message)
	}
	return l.at(at, path, message)
}

// ProblemAt is one at the first use of a placeholder, written {name}, or a
// parameter, written @name, in the text with that path. "" is the text's beginning,
// which for a text after | is on the next line.
func (l *Locator) ProblemAt(path, use, message string) *ProblemError {
	n := l.find(path)
	at := placeOf(n)
	if text, ok := l.text(n, path); ok {
		if line, column, ok := findUse(text, use); ok {
			at, _ = l.r.inText(n, text, line, column)
		}
	}
	return l.at(at, path, message)
}

// findUse is the line and column of a placeholder or parameter in a text.
func findUse(text, use string) (line, column int, ok bool) {
	if name, isParam := strings.CutPrefix(use, "@"); isParam {
		return findParam(text, name)
	}
	begin := strings.Index(text, use)
	if begin < 0 {
		return 0, 0, false
	}
	line, column = place(text, begin)
	return line, column, true
}

func (l *Locator) at(at spot, path, message string) *ProblemError {
	return &ProblemError{File: l.r.file, Line: max(1, at.line), Column: max(1, at.column), Path: path, Message: message}
}

func (l *Locator) text(n node, path string) (string, bool) {
	if !isText(n) {
		return "", false
	}
	return l.r.scalar(n, path)
}

// find is the node with a path.
func (l *Locator) find(path string) node { return find(l.root, path) }

// find is the node with a path below another, or the last one on the way to it.
func find(n node, path string) node {
	for part := range strings.SplitSeq(strings.ReplaceAll(path, "[", ".["), ".") {
		next := child(n, part)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// child is the value of a key, or of an element written [N]; nil when there is none.
func child(n node, part string) node {
	switch n := n.(type) {
	case *mapping:
		for _, v := range n.Values {
			if tk := v.Key.GetToken(); tk != nil && tk.Value == part {
				return v.Value
			}
		}
	case *sequence:
		i, err := strconv.Atoi(strings.Trim(part, "[]"))
		if err == nil && i >= 0 && i < len(n.Values) {
			return n.Values[i]
		}
	}
	return nil
}
