package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The parameters of statements. Any other is @row_COLUMN, a column of the targets
// row.
const (
	paramTenant = "tenant"
	paramTarget = "target"
	paramFrom   = "from"
	paramUntil  = "until"
	paramTick   = "tick"
	paramReport = "report"
	// RowParamPrefix begins a parameter that is a column of the targets row.
	RowParamPrefix = "row_"
)

func targetsParams() []string { return []string{paramFrom, paramUntil, paramTick, paramReport} }

func queryParams() []string { return append([]string{paramTenant, paramTarget}, targetsParams()...) }

// RowParams returns the columns of the targets row that queries use as
// @row_COLUMN, in lower case and without the prefix, each once.
func (d *Definition) RowParams() []string {
	var columns []string
	for _, q := range d.Queries {
		for _, param := range q.Statement.Params {
			if column, ok := strings.CutPrefix(param, RowParamPrefix); ok && !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
		}
	}
	return columns
}

func (s section) targets() Statement {
	if !s.required("targets", "select id as tenant, id as target from tenants") {
		return Statement{}
	}
	statement, ok := s.statement("targets")
	if !ok {
		return statement
	}
	for _, param := range statement.Params {
		switch {
		case param == paramTenant || param == paramTarget:
			s.paramProblem("targets", param, "targets cannot use @%s: it is the query that finds the tenants and targets", param)
		case strings.HasPrefix(param, RowParamPrefix):
			s.paramProblem("targets", param, "targets cannot use @%s: there is no row before it has run", param)
		case !slices.Contains(targetsParams(), param):
			s.paramProblem("targets", param, "unknown parameter @%s in targets%s", param, didYouMean(param, targetsParams()))
		}
	}
	return statement
}

func (s section) queries() []Query {
	if !s.required("queries", "{records: select … where tenant_id = @tenant}") {
		return nil
	}
	m, ok := s.values["queries"].(*mapping)
	if !ok || len(m.Values) == 0 {
		s.r.wrongKind(s.values["queries"], "queries", "a map of at least one name and its statement")
		return nil
	}
	var names []string
	for _, v := range m.Values {
		if name, ok := s.r.key(v, "queries"); ok {
			names = append(names, name)
		}
	}
	sub := s.r.section(m, "queries", s.place("queries"), names...)
	var queries []Query
	for _, name := range names {
		if !sub.has(name) {
			continue
		}
		if !validQueryName(name) {
			sub.problem(name, "query name %q must be lower-case letters, digits and _, beginning with a letter", name)
		}
		queries = append(queries, sub.query(name))
	}
	return queries
}

func (s section) query(name string) Query {
	statement, ok := s.statement(name)
	if !ok {
		return Query{Name: name, Statement: statement}
	}
	for _, param := range statement.Params {
		column, isRow := strings.CutPrefix(param, RowParamPrefix)
		if !slices.Contains(queryParams(), param) && (!isRow || column == "") {
			s.paramProblem(name, param, "unknown parameter @%s in query %q%s (a column of the targets row is @row_COLUMN)",
				param, name, didYouMean(param, queryParams()))
		}
	}
	if !slices.Contains(statement.Params, paramTenant) {
		s.problem(name, "query %q does not use @tenant, so it would read every tenant's rows; add: where tenant_id = @tenant", name)
	}
	return Query{Name: name, Statement: statement}
}

func validQueryName(name string) bool {
	for i, c := range name {
		if (c < 'a' || c > 'z') && (i == 0 || (c < '0' || c > '9') && c != '_') {
			return false
		}
	}
	return name != ""
}

// statement is the value of a key as SQL.
func (s section) statement(key string) (Statement, bool) {
	n := s.values[key]
	if !isText(n) {
		s.r.wrongKind(n, s.child(key), "an SQL statement")
		return Statement{}, false
	}
	if plainComment(n) {
		s.problem(key, `YAML takes the text after " #" for a comment; write the statement below the key after "|"`)
		return Statement{}, false
	}
	text, _ := s.r.scalar(n, s.child(key))
	statement, err := ParseStatement(text)
	var syntaxErr *SyntaxError
	switch {
	case errors.As(err, &syntaxErr):
		at, exact := s.r.inText(n, text, syntaxErr.Line, syntaxErr.Column)
		message := syntaxErr.Message
		if !exact {
			message = fmt.Sprintf("line %d, column %d of the statement: %s", syntaxErr.Line, syntaxErr.Column, message)
		}
		s.r.problem(at, s.child(key), "%s: %s", s.child(key), message)
		return Statement{}, false
	case err != nil:
		s.problem(key, "%s: %s", s.child(key), err)
		return Statement{}, false
	}
	return statement, true
}

// paramProblem reports a problem at the first use of a parameter.
func (s section) paramProblem(key, param, format string, args ...any) {
	n := s.values[key]
	at := placeOf(n)
	text, _ := s.r.scalar(n, s.child(key))
	if line, column, ok := findParam(text, param); ok {
		at, _ = s.r.inText(n, text, line, column)
	}
	s.r.problem(at, s.child(key), format, args...)
}

// findParam is the line and column of @name in a statement.
func findParam(text, name string) (line, column int, ok bool) {
	statement, err := ParseStatement(text)
	if err != nil {
		return 0, 0, false
	}
	number := slices.Index(statement.Params, name) + 1
	at := strings.Index(statement.SQL, fmt.Sprintf("$%d", number))
	if number == 0 || at < 0 {
		return 0, 0, false
	}
	line, column = statement.Position(utf8.RuneCountInString(statement.SQL[:at]) + 1)
	return line, column, true
}

// inText translates a line and column of a text to the file. It is exact for a
// block after | and for a text on one line without escapes; otherwise it is the
// text's beginning.
func (r *reader) inText(n node, text string, line, column int) (at spot, exact bool) {
	begin := placeOf(n)
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return begin, false
	}
	fileLine, from := begin.line, begin.column-1
	if _, block := n.(*literal); block {
		fileLine, from = begin.line+line, 0
	} else if line > 1 {
		return begin, false
	}
	if fileLine > len(r.lines) {
		return begin, false
	}
	source := []rune(r.lines[fileLine-1])
	before, _, found := strings.Cut(string(source[min(from, len(source)):]), lines[line-1])
	if !found {
		return begin, false
	}
	return spot{fileLine, from + utf8.RuneCountInString(before) + column}, true
}
