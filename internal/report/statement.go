package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Statement is one SQL statement of a report with its named parameters found
// and numbered. Get one from [ParseStatement]; the zero value is no statement.
type Statement struct {
	// Text is the statement as the report has it.
	Text string
	// SQL is what PostgreSQL gets: @name replaced by $n, without the closing
	// semicolon. The instants @from, @until and @tick are written
	// $n::timestamptz, so that they compare with timestamptz, timestamp and
	// date columns alike: PostgreSQL has operators across the three, and they
	// convert by the transaction's TimeZone. Every other parameter takes the
	// type that PostgreSQL infers from where it stands.
	SQL string
	// Params are the names in the order of $1, $2, …, each once, in lower case.
	Params []string
}

// SyntaxError is the reason why a text is not a statement of a report.
type SyntaxError struct {
	// Line and Column count from 1 and name a place in the statement's text;
	// Column counts characters.
	Line, Column int
	// Message is one sentence without the place.
	Message string
}

func (e *SyntaxError) Error() string {
	return "line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ": " + e.Message
}

// ParseStatement finds the parameters of a statement. It only divides the text
// into tokens, as PostgreSQL does with standard_conforming_strings on; whether
// the SQL is right is PostgreSQL's to say.
//
// A parameter is an @ directly before a letter or underscore; its name goes on
// with letters, digits and underscores and is folded to lower case. An @ in a
// string, a quoted identifier, a dollar quote or a comment is text. An @ is an
// operator, or part of one, and no parameter
//
//   - before anything but a letter or underscore: @> , @@ , @-@ , <@ 'x';
//   - directly after an operand, that is an identifier, a number, a closing
//     quote or bracket: path@query;
//   - at the end of a run of operator characters, unless the rest of the run
//     consists of + - * / < > = only, or is ||, != or %. So =@tenant and
//     ->>@row_key hold parameters, @@to_tsquery(…) and ^@prefix do not. The one
//     run that reads both ways, <@name, is refused: a space tells which.
//
// Refused as well, always with a *SyntaxError: an empty text, a second
// statement, one that does not begin with SELECT, WITH, VALUES or TABLE, $1 as a
// parameter, a quote or comment without an end, a NUL byte, invalid UTF-8.
func ParseStatement(text string) (Statement, error) {
	l := lexer{text: text}
	if err := l.run(); err != nil {
		return Statement{}, err
	}
	params, sql, _ := l.rewrite(-1)
	return Statement{Text: text, SQL: sql, Params: params}, nil
}

// Position translates a place in SQL, as PostgreSQL reports it (characters from
// 1), to line and column in Text, both from 1. A place inside a parameter
// becomes the parameter's @; one beyond the end becomes the end.
func (s Statement) Position(character int) (line, column int) {
	l := lexer{text: s.Text}
	if err := l.run(); err != nil {
		return 1, 1
	}
	offset := byteOffset(s.SQL, character-1)
	_, _, at := l.rewrite(offset)
	return place(s.Text, at)
}

// rewrite joins the pieces between the parameters, and says which byte of the
// text stands at byte sqlOffset of the SQL.
func (l *lexer) rewrite(sqlOffset int) (params []string, sql string, at int) {
	var b strings.Builder
	done := 0
	at = l.end
	found := sqlOffset < 0
	for _, p := range l.params {
		b.WriteString(l.text[done:p.start])
		if !found && sqlOffset < b.Len() {
			at, found = p.start-(b.Len()-sqlOffset), true
		}
		n := slices.Index(params, p.name)
		if n < 0 {
			n = len(params)
			params = append(params, p.name)
		}
		b.WriteString("$" + strconv.Itoa(n+1) + cast(p.name))
		if !found && sqlOffset < b.Len() {
			at, found = p.start, true
		}
		done = p.end
	}
	if !found {
		at = min(l.end, done+sqlOffset-b.Len())
	}
	b.WriteString(l.text[done:l.end])
	return params, b.String(), at
}

// cast is what follows a parameter whose type must not be left to inference: an
// instant next to a date column would be taken for a date and lose its time.
func cast(name string) string {
	switch name {
	case "from", "until", "tick":
		return "::timestamptz"
	}
	return ""
}

// byteOffset is the offset of the n-th character of s, from 0.
func byteOffset(s string, n int) int {
	for i := range s {
		if n <= 0 {
			return i
		}
		n--
	}
	return len(s)
}

// place is the line and column, from 1, of a byte offset.
func place(text string, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	line = 1 + strings.Count(before, "\n")
	return line, 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}
