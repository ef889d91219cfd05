package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// reader walks a YAML document and collects problems instead of stopping at the
// first one.
type reader struct {
	file        string
	lines       []string
	checkFormat func(string) error
	checkSheet  func(*Sheet, func(path string, err error))
	problems    []*ProblemError
	// since says which keys are younger than version 1, see [since]; minReader is the
	// youngest of what was met.
	since     map[string]int
	minReader int
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

// section is one map of the file; values is nil where whole is none.
type section struct {
	r      *reader
	path   string
	at     spot
	whole  node
	values map[string]node
}

// section reads a map strictly. What is not a map gives a section without values.
func (r *reader) section(n node, path string, at spot, known ...string) section {
	s := section{r: r, path: path, at: at, whole: n}
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
			r.needs(r.version(s.child(key)))
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
	if s.path == "" || strings.HasPrefix(key, "[") {
		return s.path + key
	}
	return s.path + "." + key
}

// sub reads the map that is the value of a key.
func (s section) sub(key string, known ...string) section {
	return s.r.section(s.values[key], s.child(key), s.place(key), known...)
}

func (s section) has(key string) bool { return s.values[key] != nil }

// place is where the value of a key stands, or the section when it is missing.
func (s section) place(key string) spot {
	if !s.has(key) {
		return s.at
	}
	return placeOf(s.values[key])
}

// placeWithin is where the value with a path below the section stands, or the nearest one
// above it.
func (s section) placeWithin(path string) spot { return placeOf(find(s.whole, path)) }

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
