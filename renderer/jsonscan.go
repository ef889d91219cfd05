package renderer

import (
	"bytes"
	"encoding/json"
)

// jsonScan walks the members of a JSON object without allocating. PostgreSQL has
// checked the syntax; what is malformed all the same ends the walk as broken.
type jsonScan struct {
	raw    []byte
	at     int
	broken bool
}

// object goes to the first member and says whether the value is an object.
func (s *jsonScan) object() bool {
	s.space()
	if s.at >= len(s.raw) || s.raw[s.at] != '{' {
		return false
	}
	s.at++
	return true
}

// member returns the next key, in its quotes, and its value.
func (s *jsonScan) member() (key, value []byte, ok bool) {
	s.space()
	if s.peek() == ',' {
		s.at++
		s.space()
	}
	if s.peek() == '}' {
		return nil, nil, false
	}
	if key = s.text(); key == nil {
		return nil, nil, s.fail()
	}
	s.space()
	if s.peek() != ':' {
		return nil, nil, s.fail()
	}
	s.at++
	s.space()
	if value = s.value(); len(value) == 0 {
		return nil, nil, s.fail()
	}
	return key, value, true
}

func (s *jsonScan) fail() bool {
	s.broken = true
	return false
}

func (s *jsonScan) peek() byte {
	if s.at >= len(s.raw) {
		return 0
	}
	return s.raw[s.at]
}

func (s *jsonScan) space() {
	for s.at < len(s.raw) && (s.raw[s.at] == ' ' || s.raw[s.at] == '\n' || s.raw[s.at] == '\t' || s.raw[s.at] == '\r') {
		s.at++
	}
}

// text returns a string in its quotes, nil where there is none.
func (s *jsonScan) text() []byte {
	if s.peek() != '"' {
		return nil
	}
	for i := s.at + 1; i < len(s.raw); i++ {
		switch s.raw[i] {
		case '\\':
			i++
		case '"':
			text := s.raw[s.at : i+1]
			s.at = i + 1
			return text
		}
	}
	return nil
}

// value returns a value of any kind.
func (s *jsonScan) value() []byte {
	from := s.at
	switch s.peek() {
	case '"':
		return s.text()
	case '{', '[':
		if !s.nested() {
			return nil
		}
	default:
		if end := bytes.IndexAny(s.raw[s.at:], ",]} \n\t\r"); end >= 0 {
			s.at += end
		} else {
			s.at = len(s.raw)
		}
	}
	return s.raw[from:s.at]
}

// nested passes an array or an object.
func (s *jsonScan) nested() bool {
	for depth := 0; s.at < len(s.raw); s.at++ {
		switch s.raw[s.at] {
		case '"':
			if s.text() == nil {
				return false
			}
			s.at--
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.at++
				return true
			}
		}
	}
	return false
}

// unquote returns what a JSON string says. Where it has no escape, that is a part of
// quoted itself.
func unquote(quoted []byte) ([]byte, error) {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1], nil
	}
	var text string
	err := json.Unmarshal(quoted, &text)
	return []byte(text), err
}
