package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

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

// flag is the value of a key where it is true or false.
func (s section) flag(key string) (on, ok bool) {
	b, ok := s.values[key].(*ast.BoolNode)
	return ok && b.Value, ok
}

func (s section) boolean(key string, otherwise bool) bool {
	if !s.has(key) {
		return otherwise
	}
	if on, ok := s.flag(key); ok {
		return on
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
		path := s.child(key)
		s.problem(key, "unknown %s %q%s", path[strings.LastIndexByte(path, '.')+1:], text, didYouMean(text, names))
		return otherwise
	}
	return T(text)
}

// list is the value of a key as a list: a section with the keys [0], [1] and so on,
// which it also returns in their order.
func (s section) list(key string) (elements section, keys []string) {
	elements = section{r: s.r, path: s.child(key), at: s.place(key)}
	if !s.has(key) {
		return elements, nil
	}
	seq, ok := s.values[key].(*sequence)
	if !ok {
		s.r.wrongKind(s.values[key], s.child(key), `a list; write each element after "- "`)
		return elements, nil
	}
	elements.values = map[string]node{}
	for i, n := range seq.Values {
		at := fmt.Sprintf("[%d]", i)
		if isNull(n) {
			s.r.problem(placeOf(n), elements.child(at), "%s has no value; give it one or remove it", elements.child(at))
			continue
		}
		elements.values[at] = n
		keys = append(keys, at)
	}
	return elements, keys
}

// plainComment says whether a text that is not quoted is cut short by a comment.
func plainComment(n node) bool {
	text, ok := n.(*ast.StringNode)
	return ok && text.Token.Type == token.StringType && text.GetComment() != nil
}
