package report

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	yamllexer "github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxSourceBytes is the most a definition's file may hold. The definition travels
// in the record of every run.
const MaxSourceBytes = 64 << 10

// maxSourceLines is the most lines of a file: the YAML parser's time grows with the
// square of the blank ones (60,000 of them in one text took 16 s).
const maxSourceLines = 4096

// maxNesting is how deep a file may nest lists and maps in brackets. Four are
// needed; the YAML parser's time grows with the square of it.
const maxNesting = 16

// document parses one YAML document into its root node; on a problem it reports it
// and returns nil.
func (r *reader) document(data []byte) node {
	text, ok := r.text(data)
	if !ok {
		return nil
	}
	tokens := yamllexer.Tokenize(text)
	if deep := tooDeep(tokens); deep != nil {
		r.problem(spot{deep.Position.Line, deep.Position.Column}, "", "brackets are nested more than %d deep", maxNesting)
		return nil
	}
	file, err := parser.Parse(tokens, parser.ParseComments)
	if err != nil {
		r.syntax(err)
		return nil
	}
	var bodies []node
	for _, doc := range file.Docs {
		if _, comment := doc.Body.(*ast.CommentGroupNode); doc.Body != nil && !comment {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		r.problem(spot{1, 1}, "", `the file is empty; a definition begins with "report: NAME"`)
		return nil
	case 1:
		return bodies[0]
	default:
		r.problem(placeOf(bodies[1]), "", "a second YAML document; write each report in a file of its own")
		return nil
	}
}

// text checks what comes before YAML: size, UTF-8, characters.
func (r *reader) text(data []byte) (string, bool) {
	if len(data) > MaxSourceBytes {
		r.problem(spot{1, 1}, "", "the file has %d bytes; a definition may have %d", len(data), MaxSourceBytes)
		return "", false
	}
	text := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	text = strings.ReplaceAll(text, "\r\n", "\n")
	line, column := 1, 1
	for i, c := range text {
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			r.problem(spot{line, column}, "", "the file is not UTF-8 text")
			return "", false
		case c < ' ' && c != '\t' && c != '\n', c == 0x7f:
			r.problem(spot{line, column}, "", "control character %U", c)
			return "", false
		case c == '\n':
			line, column = line+1, 1
		default:
			column++
		}
	}
	if line > maxSourceLines {
		r.problem(spot{1, 1}, "", "the file has %d lines; a definition may have %d", line, maxSourceLines)
		return "", false
	}
	r.lines = strings.Split(text, "\n")
	return text, true
}

func tooDeep(tokens token.Tokens) *token.Token {
	depth := 0
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			if depth++; depth > maxNesting {
				return t
			}
		case token.MappingEndType, token.SequenceEndType:
			depth--
		}
	}
	return nil
}

// syntax reports what the YAML parser refuses, with what usually helps.
func (r *reader) syntax(err error) {
	var syntaxErr *yaml.SyntaxError
	if !errors.As(err, &syntaxErr) || syntaxErr.Token == nil || syntaxErr.Token.Position == nil {
		r.problem(spot{1, 1}, "", "not YAML: %s", err)
		return
	}
	at, message := syntaxErr.Token.Position, syntaxErr.Message
	switch {
	case strings.Contains(message, "\t"):
		message = "a tab cannot indent YAML; use spaces"
	case strings.Contains(message, "mapping value is not allowed"):
		message = `a second ": " on the line; quote the text, or write it below the key after "|"`
	case strings.Contains(message, "already defined"):
		message = fmt.Sprintf("the key %q stands twice in one map", syntaxErr.Token.Value)
	case strings.Contains(message, "reserved character"):
		message += "; quote the text"
	}
	r.problem(spot{at.Line, at.Column}, "", "%s", message)
}
