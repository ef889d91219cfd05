package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// parameter is one @name of a text: the bytes [start, end) and its name.
type parameter struct {
	start, end int
	name       string
}

// lexer walks once over a statement. It keeps no tokens, only what the rules of
// ParseStatement ask about.
type lexer struct {
	text   string
	pos    int
	params []parameter
	// end is the end of the statement without what follows its last token.
	end int
	// operand: the token that ends at pos, with nothing between, is one that a
	// binary operator may follow.
	operand bool
	// began: the first word was seen. closed: so was the semicolon.
	began, closed bool
}

const operatorCharacters = "~!@#^&|`?+-*/%<>="

func (l *lexer) run() error {
	if err := l.checkBytes(); err != nil {
		return err
	}
	for l.pos < len(l.text) {
		start := l.pos
		if skipped, err := l.skipBlank(); err != nil {
			return err
		} else if skipped {
			l.operand = false
			continue
		}
		c := l.text[start]
		if c == ';' {
			l.pos++
			l.closed, l.operand = true, false
			continue
		}
		if l.closed {
			return l.errorAt(start, "a second statement begins here; a query is one statement")
		}
		if err := l.begin(start); err != nil {
			return err
		}
		if err := l.token(c); err != nil {
			return err
		}
		l.end = l.pos
	}
	if !l.began {
		return l.errorAt(0, "the statement is empty")
	}
	return nil
}

func (l *lexer) checkBytes() error {
	if i := strings.IndexByte(l.text, 0); i >= 0 {
		return l.errorAt(i, "a NUL byte")
	}
	for i, r := range l.text {
		if r == utf8.RuneError && !strings.HasPrefix(l.text[i:], "\uFFFD") {
			return l.errorAt(i, "bytes that are not UTF-8")
		}
	}
	return nil
}

// begin checks the first word. Parentheses may stand before it.
func (l *lexer) begin(start int) error {
	if l.began || l.text[start] == '(' {
		return nil
	}
	l.began = true
	end := start
	for end < len(l.text) && isIdentifier(l.text[end]) {
		end++
	}
	switch strings.ToLower(l.text[start:end]) {
	case "select", "with", "values", "table":
		return nil
	}
	const rule = "a query begins with select, with, values or table; it only reads"
	if word := l.text[start:end]; word != "" {
		return l.errorAt(start, rule+"; this one begins with "+word)
	}
	return l.errorAt(start, rule)
}

// token consumes one token that is neither blank nor a semicolon.
func (l *lexer) token(c byte) error {
	start := l.pos
	operand := true
	var err error
	switch {
	case c == '\'':
		err = l.quoted(false)
	case c == '"':
		err = l.until(start, '"', "a quoted identifier")
	case c == '$':
		err = l.dollar()
	case strings.IndexByte(operatorCharacters, c) >= 0:
		operand, err = l.operator()
	case isIdentifier(c):
		for l.pos < len(l.text) && (isIdentifier(l.text[l.pos]) || l.text[l.pos] == '$') {
			l.pos++
		}
		if strings.EqualFold(l.text[start:l.pos], "e") && strings.HasPrefix(l.text[l.pos:], "'") {
			err = l.quoted(true)
		}
	default:
		l.pos++
		operand = c == ')' || c == ']'
	}
	l.operand = operand
	return err
}

// operator consumes a run of operator characters, and the parameter that its
// last @ may begin. A comment ends the run, as in PostgreSQL.
func (l *lexer) operator() (operand bool, err error) {
	start := l.pos
	for l.pos < len(l.text) && strings.IndexByte(operatorCharacters, l.text[l.pos]) >= 0 {
		if rest := l.text[l.pos:]; strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "/*") {
			break
		}
		l.pos++
	}
	run := l.text[start:l.pos]
	before, at := strings.CutSuffix(run, "@")
	if !at || l.pos == len(l.text) || !isNameStart(l.text[l.pos]) || (before == "" && l.operand) {
		return false, nil
	}
	if before == "<" {
		return false, l.errorAt(start, "<@ directly before a name reads both ways; write < @"+
			l.name()+" to compare with the parameter or <@ "+l.name()+" for \"is contained by\"")
	}
	if !endsBeforeParameter(before) {
		return false, nil
	}
	name := l.name()
	p := parameter{start: l.pos - 1, end: l.pos + len(name), name: strings.ToLower(name)}
	l.pos = p.end
	if strings.HasPrefix(l.text[l.pos:], "$") {
		return true, l.errorAt(l.pos, "a $ directly after a parameter")
	}
	l.params = append(l.params, p)
	return true, nil
}

// name is the parameter name at pos.
func (l *lexer) name() string {
	for i, r := range l.text[l.pos:] {
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return l.text[l.pos : l.pos+i]
		}
	}
	return l.text[l.pos:]
}

// endsBeforeParameter: the operator is complete without the @ that follows it.
func endsBeforeParameter(operator string) bool {
	switch operator {
	case "||", "!=", "%":
		return true
	}
	return strings.Trim(operator, "+-*/<>=") == ""
}

func (l *lexer) errorAt(offset int, message string) error {
	line, column := place(l.text, offset)
	return &SyntaxError{Line: line, Column: column, Message: message}
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameStart(c byte) bool {
	return c == '_' || (c|0x20 >= 'a' && c|0x20 <= 'z')
}

// isIdentifier: PostgreSQL takes every byte beyond ASCII for a letter.
func isIdentifier(c byte) bool { return isNameStart(c) || isDigit(c) || c >= 0x80 }
