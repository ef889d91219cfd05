package cells

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
)

// tokens reads one part's XML. It uses raw tokens, which cost half of the others,
// and checks itself that tags match. Names are compared without their namespace:
// writers choose prefixes as they like, and strict workbooks have other URIs.
type tokens struct {
	dec    *xml.Decoder
	closer io.Closer
	name   string
	stack  []string
	rooted bool
}

// index reads a part of which all is kept in memory.
func (a *archive) index(name string) (*tokens, error) {
	return a.limitedTokens(name, a.limits.IndexBytes)
}

// tokens reads a part as a stream.
func (a *archive) tokens(name string) (*tokens, error) {
	return a.limitedTokens(name, a.limits.PartBytes)
}

func (a *archive) limitedTokens(name string, limit int64) (*tokens, error) {
	f := a.find(name)
	if f == nil {
		return nil, malformed("part %q is missing", name)
	}
	part, err := a.open(f)
	if err != nil {
		return nil, err
	}
	r := limited(part, f.Name, limit)
	dec := xml.NewDecoder(&markupReader{r: r, name: f.Name, limit: a.limits.TextBytes})
	return &tokens{dec: dec, closer: r, name: f.Name}, nil
}

// next gives the next token; io.EOF only after the root element is closed.
func (t *tokens) next() (xml.Token, error) {
	token, err := t.dec.RawToken()
	if err != nil {
		return nil, t.fail(err)
	}
	switch token := token.(type) {
	case xml.StartElement:
		return token, t.push(token.Name.Local)
	case xml.EndElement:
		return token, t.pop(token.Name.Local)
	case xml.Directive:
		return nil, malformed("part %q has a document type declaration", t.name)
	}
	return token, nil
}

func (t *tokens) push(name string) error {
	switch {
	case len(t.stack) == 0 && t.rooted:
		return malformed("part %q has more than one root element", t.name)
	case len(t.stack) == maxDepth:
		return beyond("part %q nests elements deeper than %d", t.name, maxDepth)
	}
	t.rooted = true
	t.stack = append(t.stack, name)
	return nil
}

func (t *tokens) pop(name string) error {
	top := len(t.stack) - 1
	if top < 0 || t.stack[top] != name {
		return malformed("part %q closes %q, which is not open", t.name, name)
	}
	t.stack = t.stack[:top]
	return nil
}

func (t *tokens) fail(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF) && t.rooted && len(t.stack) == 0:
		return io.EOF
	case errors.Is(err, io.EOF):
		return malformed("part %q ends too early", t.name)
	case errors.As(err, &syntax):
		return malformed("part %q: %w", t.name, err)
	}
	return err
}

// skip passes over the rest of the element that was just begun.
func (t *tokens) skip() error {
	for depth := len(t.stack); len(t.stack) >= depth; {
		if _, err := t.next(); err != nil {
			return err
		}
	}
	return nil
}

// text gives the text directly within the element that was just begun, up to
// its end.
func (t *tokens) text() (string, error) {
	var text []byte
	for depth := len(t.stack); ; {
		token, err := t.next()
		if err != nil {
			return "", err
		}
		if data, ok := token.(xml.CharData); ok && len(t.stack) == depth {
			text = append(text, data...)
		}
		if len(t.stack) < depth {
			return string(text), nil
		}
	}
}

// each calls fn for every element of the part, with the names of the elements
// that it stands in. fn may read on, up to the element's end.
func (t *tokens) each(fn func(parents []string, start xml.StartElement) error) (err error) {
	defer func() { err = errors.Join(err, t.closer.Close()) }()
	for {
		token, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok {
			if err := fn(t.stack[:len(t.stack)-1], start); err != nil {
				return err
			}
		}
	}
}

// attribute gives the value of the attribute without a prefix.
func attribute(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// prefixed gives the value of the attribute that has this name and a prefix.
func prefixed(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name && a.Name.Space != "" {
			return a.Value
		}
	}
	return ""
}

func isTrue(attribute string) bool { return slices.Contains([]string{"1", "true", "on"}, attribute) }

// markupReader bounds the bytes between two "<": encoding/xml holds all of a
// text, a comment or a tag in memory.
type markupReader struct {
	r     io.Reader
	name  string
	limit int
	gap   int
}

func (m *markupReader) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	for rest := p[:n]; ; {
		at := bytes.IndexByte(rest, '<')
		if at < 0 {
			m.gap += len(rest)
			break
		}
		if m.gap+at > m.limit {
			m.gap += at
			break
		}
		m.gap = 0
		rest = rest[at+1:]
	}
	if m.gap > m.limit {
		return 0, beyond("part %q has a text or a tag of more than %d bytes", m.name, m.limit)
	}
	return n, err
}
