package report

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// reader walks a YAML document and collects problems instead of stopping at the
// first one.
type reader struct {
	file        string
	lines       []string
	checkFormat func(string) error
	problems    []*ProblemError
}

// What a document is made of.
type (
	node     = ast.Node
	mapping  = ast.MappingNode
	literal  = ast.LiteralNode
	sequence = ast.SequenceNode
)

// spot is a line and a column, from 1.
type spot struct{ line, column int }

func (r *reader) problem(at spot, path, format string, args ...any) {
	r.problems = append(r.problems, &ProblemError{
		File: r.file, Line: max(1, at.line), Column: max(1, at.column), Path: path,
		Message: fmt.Sprintf(format, args...),
	})
}

// err joins the problems in the file's order; nil without any.
func (r *reader) err() error {
	byPlace(r.problems)
	var errs []error
	for _, p := range r.problems {
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}

func placeOf(n node) spot {
	if n == nil {
		return spot{1, 1}
	}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return placeOf(m.Values[0].Key) // the node's own token is a colon
	}
	tk := n.GetToken()
	if tk == nil || tk.Position == nil {
		return spot{1, 1}
	}
	return spot{tk.Position.Line, tk.Position.Column}
}

// section is one map of the file; values is nil where it is none.
type section struct {
	r      *reader
	path   string
	at     spot
	values map[string]node
}

// section reads a map strictly. What is not a map gives a section without values.
func (r *reader) section(n node, path string, at spot, known ...string) section {
	s := section{r: r, path: path, at: at}
	m, ok := n.(*mapping)
	if !ok {
		r.wrongKind(n, path, "a map of "+strings.Join(known, ", "))
		return s
	}
	s.values = map[string]node{}
	for _, v := range m.Values {
		key, ok := r.key(v, path)
		switch {
		case !ok:
		case !slices.Contains(known, key):
			r.problem(placeOf(v.Key), s.child(key), "unknown key %q%s", key, didYouMean(key, known))
		case s.values[key] != nil:
			r.problem(placeOf(v.Key), s.child(key), "the key %q stands twice in one map", key)
		case isNull(v.Value):
			r.problem(placeOf(v.Key), s.child(key), "the key %q has no value; give it one or remove it", key)
		default:
			s.values[key] = v.Value
		}
	}
	return s
}

func (r *reader) key(v *ast.MappingValueNode, path string) (string, bool) {
	switch key := v.Key.(type) {
	case *ast.StringNode:
		return key.Value, true
	case *ast.MergeKeyNode:
		r.problem(placeOf(key), path, "merge keys (<<) are not supported; write the keys out")
	case *ast.MappingKeyNode:
		r.problem(placeOf(key), path, `a key written with "?" is not supported; write it as "key: value"`)
	default:
		if tk := v.Key.GetToken(); tk != nil {
			return tk.Value, true
		}
	}
	return "", false
}

func isNull(n node) bool {
	if n == nil {
		return true
	}
	_, null := n.(*ast.NullNode)
	return null
}

// wrongKind reports a node that is not what stands here.
func (r *reader) wrongKind(n node, path, want string) {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		r.problem(placeOf(n), path, "anchors and aliases (& and *) are not supported; write the value out, or quote the text")
	case *ast.TagNode:
		r.problem(placeOf(n), path, "tags (!) are not supported; quote the text")
	default:
		what := path
		if what == "" {
			what = "the file"
		}
		r.problem(placeOf(n), path, "%s must be %s", what, want)
	}
}

func (s section) child(key string) string {
	if s.path == "" {
		return key
	}
	return s.path + "." + key
}

func (s section) has(key string) bool { return s.values[key] != nil }

// place is where the value of a key stands, or the section when it is missing.
func (s section) place(key string) spot {
	if !s.has(key) {
		return s.at
	}
	return placeOf(s.values[key])
}

// wrong says whether a problem of the key's value is known already.
func (s section) wrong(key string) bool {
	return slices.ContainsFunc(s.r.problems, func(p *ProblemError) bool { return p.Path == s.child(key) })
}

// problem reports something wrong with the value of a key.
func (s section) problem(key, format string, args ...any) {
	s.r.problem(s.place(key), s.child(key), format, args...)
}

// required reports a missing key with an example of its value, and says whether
// the key is there.
func (s section) required(key, example string) bool {
	if s.has(key) {
		return true
	}
	if s.values == nil || s.wrong(key) {
		return false // no map, or no value: reported
	}
	s.r.problem(s.at, s.child(key), "%q is missing; write for example %s: %s", s.child(key), key, example)
	return false
}

// text is the value of a key as text, or a default. Numbers and booleans are taken
// as they are written.
func (s section) text(key, otherwise string) string {
	if !s.has(key) {
		return otherwise
	}
	text, ok := s.r.scalar(s.values[key], s.child(key))
	if !ok {
		return otherwise
	}
	return text
}

// line is text without control characters and not blank.
func (s section) line(key, otherwise string) string {
	text := s.text(key, otherwise)
	if text == "" && s.has(key) && isText(s.values[key]) {
		s.problem(key, "%s is empty", s.child(key))
		return otherwise
	}
	if strings.ContainsFunc(text, isControl) {
		s.problem(key, "%s has a control character or a line break", s.child(key))
		return otherwise
	}
	return text
}

func isText(n node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return true
	}
	return false
}

func (r *reader) scalar(n node, path string) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *mapping:
		if n.IsFlowStyle {
			r.wrongKind(n, path, "text; quote text that begins with {")
			return "", false
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	r.wrongKind(n, path, "text")
	return "", false
}

func (s section) boolean(key string, otherwise bool) bool {
	if !s.has(key) {
		return otherwise
	}
	if b, ok := s.values[key].(*ast.BoolNode); ok {
		return b.Value
	}
	s.r.wrongKind(s.values[key], s.child(key), "true or false")
	return otherwise
}

func (s section) integer(key string, otherwise, least, most int64) int64 {
	if !s.has(key) {
		return otherwise
	}
	want := fmt.Sprintf("a whole number from %d to %d", least, most)
	if n, ok := s.values[key].(*ast.IntegerNode); ok {
		text := strings.ReplaceAll(n.GetToken().Value, "_", "")
		if i, err := strconv.ParseInt(text, 10, 64); err == nil && i >= least && i <= most {
			return i
		}
	}
	s.r.wrongKind(s.values[key], s.child(key), want)
	return otherwise
}

func (s section) duration(key string, otherwise, least, most time.Duration) time.Duration {
	if !s.has(key) {
		return otherwise
	}
	text, ok := s.r.scalar(s.values[key], s.child(key))
	if !ok {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		s.problem(key, `%s must be a time from %s to %s, written like "60s" or "10m"`, s.child(key), short(least), short(most))
		return otherwise
	}
	return d
}

// short writes 40m0s as 40m.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

// word is one of the known words.
func word[T ~string](s section, key string, otherwise T, known ...T) T {
	if !s.has(key) {
		return otherwise
	}
	text, ok := s.r.scalar(s.values[key], s.child(key))
	if !ok {
		return otherwise
	}
	if !slices.Contains(known, T(text)) {
		names := make([]string, len(known))
		for i, k := range known {
			names[i] = string(k)
		}
		s.problem(key, "unknown %s %q%s", key, text, didYouMean(text, names))
		return otherwise
	}
	return T(text)
}

// list is the value of a key as a list.
func (s section) list(key string) []node {
	if !s.has(key) {
		return nil
	}
	seq, ok := s.values[key].(*ast.SequenceNode)
	if !ok {
		s.r.wrongKind(s.values[key], s.child(key), `a list; write each element after "- "`)
		return nil
	}
	return seq.Values
}

// plainComment says whether a text that is not quoted is cut short by a comment.
func plainComment(n node) bool {
	text, ok := n.(*ast.StringNode)
	return ok && text.Token.Type == token.StringType && text.GetComment() != nil
}
