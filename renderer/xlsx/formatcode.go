package xlsx

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Excel refuses a workbook with a format code that it cannot read, so a raw
// code is checked before it is used.
const (
	maxCodeLength   = 255
	maxCodeSections = 4
)

// parseCode checks an Excel number format code, puts literal text that is not
// ASCII into quotes, and tells what values the code is for.
func parseCode(code string) (string, accepts, error) {
	if code == "" {
		return "", acceptsAny, errors.New("an Excel number format code must follow the colon")
	}
	s := codeScanner{rest: code, sections: 1}
	for s.rest != "" && s.err == nil {
		s.next()
	}
	switch {
	case s.err != nil:
		return "", acceptsAny, s.err
	case s.sections > maxCodeSections:
		return "", acceptsAny, fmt.Errorf("an Excel number format has at most %d sections", maxCodeSections)
	case s.out.Len() > maxCodeLength:
		return "", acceptsAny, fmt.Errorf("an Excel number format has at most %d characters", maxCodeLength)
	}
	return s.out.String(), s.family(), nil
}

// codeScanner walks over a format code, one token at a time.
type codeScanner struct {
	out      strings.Builder
	rest     string
	err      error
	sections int

	digits, temporal, at, elapsed bool
}

func (s *codeScanner) family() accepts {
	switch {
	case s.elapsed:
		return acceptsDuration
	case s.temporal:
		return acceptsTemporal
	case s.digits || !s.at:
		return acceptsNumber
	}
	return acceptsText
}

func (s *codeScanner) next() {
	switch c := s.rest[0]; {
	case c == '"':
		s.quoted()
	case c == '[':
		s.bracket()
	case c == '\\' || c == '_' || c == '*':
		s.escaped()
	case c >= utf8.RuneSelf:
		s.literal()
	case c < ' ' || c == 0x7f:
		s.err = errors.New("an Excel number format has no control characters")
	case isLetter(c):
		s.word()
	default:
		s.symbol(c)
	}
}

func (s *codeScanner) take(n int) {
	s.out.WriteString(s.rest[:n])
	s.rest = s.rest[n:]
}

// quoted takes literal text with both its quotes.
func (s *codeScanner) quoted() {
	inside, _, closed := strings.Cut(s.rest[1:], `"`)
	switch _, _, changes := cleanText(inside); {
	case !closed:
		s.err = errors.New("a quote is opened and not closed")
	case changes != 0 || strings.ContainsFunc(inside, unicode.IsControl):
		s.err = errors.New("an Excel number format has only visible characters")
	default:
		s.take(len(inside) + 2)
	}
}

// bracket takes a colour, a condition, a currency and locale, a way to write
// digits or an elapsed time such as [h].
func (s *codeScanner) bracket() {
	inside, _, closed := strings.Cut(s.rest[1:], "]")
	if !closed {
		s.err = errors.New("a bracket is opened and not closed")
		return
	}
	lower := strings.ToLower(inside)
	switch {
	case lower != "" && strings.Trim(lower, lower[:1]) == "" && strings.Contains("hms", lower[:1]):
		s.elapsed = true
	case !slices.ContainsFunc(codeBrackets, func(known *regexp.Regexp) bool { return known.MatchString(lower) }):
		s.err = fmt.Errorf("%q means nothing in an Excel number format", "["+inside+"]")
		return
	}
	s.take(len(inside) + 2)
}

var codeBrackets = []*regexp.Regexp{
	regexp.MustCompile(`^(black|blue|cyan|green|magenta|red|white|yellow|color ?([1-9]|[1-4][0-9]|5[0-6]))$`),
	regexp.MustCompile(`^(<|>|=|<=|>=|<>)-?[0-9]+(\.[0-9]+)?$`),
	regexp.MustCompile(`^\$[^"\[;]*$`),
	regexp.MustCompile(`^dbnum[1-4]$`),
}

// escaped takes the introducer and the one character that it is for.
func (s *codeScanner) escaped() {
	if len(s.rest) == 1 {
		s.err = fmt.Errorf("a character must follow %q", s.rest)
		return
	}
	r, size := utf8.DecodeRuneInString(s.rest[1:])
	if (r == utf8.RuneError && size == 1) || unicode.IsControl(r) {
		s.err = fmt.Errorf("a visible character must follow %q", s.rest[:1])
		return
	}
	s.take(1 + size)
}

// literal takes a run of characters outside ASCII and quotes it, as Excel does
// itself when such a code is typed in.
func (s *codeScanner) literal() {
	end := 0
	for end < len(s.rest) && s.rest[end] >= utf8.RuneSelf {
		r, size := utf8.DecodeRuneInString(s.rest[end:])
		if (r == utf8.RuneError && size == 1) || unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF {
			s.err = errors.New("an Excel number format has only visible characters")
			return
		}
		end += size
	}
	s.out.WriteByte('"')
	s.take(end)
	s.out.WriteByte('"')
}

// codeWords are the words and letters with meaning, longest first.
var codeWords = [...]struct {
	word     string
	temporal bool
}{
	{"general", false},
	{"am/pm", true},
	{"a/p", true},
	{"e+", false},
	{"e-", false},
	{"y", true},
	{"m", true},
	{"d", true},
	{"h", true},
	{"s", true},
	{"g", true},
	{"e", true},
	{"b", true},
	{"a", true},
}

func (s *codeScanner) word() {
	for _, w := range codeWords {
		if len(s.rest) >= len(w.word) && strings.EqualFold(s.rest[:len(w.word)], w.word) {
			s.temporal = s.temporal || w.temporal
			s.digits = s.digits || !w.temporal
			s.take(len(w.word))
			return
		}
	}
	s.err = fmt.Errorf("%q means nothing in an Excel number format; put text into double quotes", s.rest[:1])
}

func (s *codeScanner) symbol(c byte) {
	switch c {
	case '0', '#', '?':
		s.digits = true
	case '@':
		s.at = true
	case ';':
		s.sections++
	case ']':
		s.err = errors.New("a bracket is closed and not opened")
		return
	}
	s.take(1)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
