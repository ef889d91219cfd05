package template

import (
	"bytes"
	"errors"
	"fmt"
)

// scanner goes over the tags of a part and leaves its bytes as they are: what is not
// changed is copied. Parts come from programs, so it is strict.
type scanner struct {
	b  []byte
	at int
}

// tag is one tag. Its bytes are b[start:end] of the part.
type tag struct {
	raw        []byte
	start, end int
	name       []byte
	kind       tagKind
}

type tagKind uint8

const (
	tagOpen tagKind = iota
	tagClose
	tagEmpty
)

var errEnd = errors.New("the part ends early")

// next gives the next tag; it passes over text, comments and instructions. ok is false
// at the end.
func (s *scanner) next() (t tag, ok bool, err error) {
	for {
		i := bytes.IndexByte(s.b[s.at:], '<')
		if i < 0 {
			s.at = len(s.b)
			return tag{}, false, nil
		}
		start := s.at + i
		rest := s.b[start:]
		switch {
		case bytes.HasPrefix(rest, []byte("<?")):
			err = s.skip(start, "?>")
		case bytes.HasPrefix(rest, []byte("<!--")):
			err = s.skip(start, "-->")
		case bytes.HasPrefix(rest, []byte("<!")):
			return tag{}, false, fmt.Errorf("byte %d: it has a declaration (<!) or a CDATA section that does not end; open the file in Excel, save it again and hand that one in", start)
		default:
			t, err = s.tag(start)
			return t, err == nil, err
		}
		if err != nil {
			return tag{}, false, err
		}
	}
}

func (s *scanner) skip(start int, until string) error {
	i := bytes.Index(s.b[start:], []byte(until))
	if i < 0 {
		return errEnd
	}
	s.at = start + i + len(until)
	return nil
}

func (s *scanner) tag(start int) (tag, error) {
	end := start + 1
	for quote := byte(0); ; end++ {
		if end == len(s.b) {
			return tag{}, errEnd
		}
		switch c := s.b[end]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
			continue
		case c == '"' || c == '\'':
			quote = c
			continue
		case c != '>':
			continue
		}
		break
	}
	s.at = end + 1
	t := tag{raw: s.b[start:s.at], start: start, end: s.at}
	inside := t.raw[1 : len(t.raw)-1]
	switch {
	case bytes.HasPrefix(inside, []byte("/")):
		t.kind, inside = tagClose, inside[1:]
	case bytes.HasSuffix(inside, []byte("/")):
		t.kind, inside = tagEmpty, inside[:len(inside)-1]
	}
	t.name = inside
	if i := bytes.IndexAny(inside, " \t\r\n"); i >= 0 {
		t.name = inside[:i]
	}
	if len(t.name) == 0 {
		return tag{}, fmt.Errorf("byte %d: a tag has no name", start)
	}
	return t, nil
}

// is compares the name as it is written.
func (t *tag) is(name string) bool { return string(t.name) == name }

// local is the name without its prefix.
func (t *tag) local() string {
	return string(t.name[bytes.IndexByte(t.name, ':')+1:])
}

// element passes to the end of an element whose opening tag came last, and gives what
// stands within.
func (s *scanner) element(t tag) (content []byte, err error) {
	if t.kind == tagEmpty {
		return nil, nil
	}
	for depth := 1; ; {
		inner, ok, err := s.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errEnd
		}
		switch inner.kind {
		case tagOpen:
			depth++
		case tagClose:
			depth--
		}
		if depth == 0 {
			if !bytes.Equal(inner.name, t.name) {
				return nil, fmt.Errorf("byte %d: %s ends %s", inner.start, inner.name, t.name)
			}
			return s.b[t.end:inner.start], nil
		}
	}
}

// attribute is where an attribute stands in the tag: its name, and its value without quotes.
func (t *tag) attribute(name string) (key, start, end int) {
	i := 1 + len(t.name)
	for i < len(t.raw) {
		for i < len(t.raw) && isBlank(t.raw[i]) {
			i++
		}
		from := i
		for i < len(t.raw) && t.raw[i] != '=' && t.raw[i] != '>' && !isBlank(t.raw[i]) {
			i++
		}
		word := t.raw[from:i]
		for i < len(t.raw) && (isBlank(t.raw[i]) || t.raw[i] == '=') {
			i++
		}
		if i == len(t.raw) || t.raw[i] != '"' && t.raw[i] != '\'' {
			break
		}
		length := bytes.IndexByte(t.raw[i+1:], t.raw[i])
		if length < 0 {
			break
		}
		if string(word) == name {
			return from, i + 1, i + 1 + length
		}
		i += length + 2
	}
	return 0, 0, 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// get is an attribute's value; empty if there is none.
func (t *tag) get(name string) string {
	_, start, end := t.attribute(name)
	return unescape(t.raw[start:end])
}

// truth is an attribute's value as XML has truth.
func (t *tag) truth(name string) bool {
	value := t.get(name)
	return value == "1" || value == "true"
}

// with is the tag with an attribute changed, added, or, if the value is empty, taken away.
func (t *tag) with(name, value string) tag {
	key, start, end := t.attribute(name)
	var b []byte
	switch {
	case value == "" && key == 0:
		return *t
	case value == "":
		b = append(append(b, t.raw[:key-1]...), t.raw[end+1:]...)
	case key > 0:
		b = append(append(append(b, t.raw[:start]...), escape(value)...), t.raw[end:]...)
	default:
		at := 1 + len(t.name)
		b = append(b, t.raw[:at]...)
		b = append(append(append(append(append(b, ' '), name...), `="`...), escape(value)...), '"')
		b = append(b, t.raw[at:]...)
	}
	changed := *t
	changed.raw = b
	changed.name = b[1 : 1+len(t.name)]
	return changed
}
