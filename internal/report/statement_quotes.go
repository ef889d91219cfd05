package report

import "strings"

// skipBlank consumes white space or one comment.
func (l *lexer) skipBlank() (bool, error) {
	rest := l.text[l.pos:]
	switch {
	case isBlank(rest[0]):
		l.pos++
	case strings.HasPrefix(rest, "--"):
		if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
			l.pos += i
		} else {
			l.pos = len(l.text)
		}
	case strings.HasPrefix(rest, "/*"):
		return true, l.blockComment()
	default:
		return false, nil
	}
	return true, nil
}

// blockComment consumes a comment with those nested in it.
func (l *lexer) blockComment() error {
	start, depth := l.pos, 0
	for l.pos < len(l.text) {
		switch rest := l.text[l.pos:]; {
		case strings.HasPrefix(rest, "/*"):
			depth++
			l.pos += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			l.pos += 2
			if depth == 0 {
				return nil
			}
		default:
			l.pos++
		}
	}
	return l.errorAt(start, "a comment has no end; */ is missing")
}

// quoted consumes a string from its quote on. With escapes a backslash protects
// the next character, also in the pieces that continue it on later lines.
func (l *lexer) quoted(escapes bool) error {
	start := l.pos
	for i := l.pos + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '\\' && escapes:
			i++
		case c == '\'' && strings.HasPrefix(l.text[i+1:], "'"):
			i++
		case c == '\'':
			next := continuation(l.text, i+1)
			if !escapes || next < 0 {
				l.pos = i + 1
				return nil
			}
			i = next
		}
	}
	return l.errorAt(start, "a string has no end; ' is missing")
}

// continuation finds the quote that continues a string after a line break, -1
// when there is none.
func continuation(text string, i int) int {
	newline := false
	for i < len(text) {
		switch c := text[i]; {
		case c == '\'' && newline:
			return i
		case c == '\n' || c == '\r':
			newline = true
		case strings.HasPrefix(text[i:], "--"):
			for i < len(text) && text[i] != '\n' && text[i] != '\r' {
				i++
			}
			continue
		case !isBlank(c):
			return -1
		}
		i++
	}
	return -1
}

// until consumes to the closing quote; a doubled one is a character.
func (l *lexer) until(start int, quote byte, what string) error {
	for i := l.pos + 1; i < len(l.text); i++ {
		if l.text[i] != quote {
			continue
		}
		if i+1 < len(l.text) && l.text[i+1] == quote {
			i++
			continue
		}
		l.pos = i + 1
		return nil
	}
	return l.errorAt(start, what+" has no end; "+string(quote)+" is missing")
}

// dollar consumes a dollar quote and refuses $1.
func (l *lexer) dollar() error {
	start := l.pos
	i := start + 1
	if i < len(l.text) && isDigit(l.text[i]) {
		return l.errorAt(start, "numbered parameters are not used here; write a name: @tenant, @from, …")
	}
	for i < len(l.text) && isIdentifier(l.text[i]) {
		i++
	}
	if i == len(l.text) || l.text[i] != '$' {
		return l.errorAt(start, "a $ that begins no dollar quote")
	}
	tag := l.text[start : i+1]
	end := strings.Index(l.text[i+1:], tag)
	if end < 0 {
		return l.errorAt(start, "a dollar quote has no end; "+tag+" is missing")
	}
	l.pos = i + 1 + end + len(tag)
	return nil
}
