package reference

import "strings"

// scanner finds references in a formula. It goes over bytes: whatever is not
// ASCII belongs to a name.
type scanner struct {
	text  string
	at    int
	whole use // of what stands outside of functions
	refs  []ref
	// open has an entry for every open parenthesis.
	open []call
	// indirect is set if the formula makes references of text.
	indirect bool
}

func (s *scanner) run() error {
	for s.at < len(s.text) {
		if err := s.step(); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) step() error {
	switch b := s.text[s.at]; {
	case b == '"':
		return s.quoted('"')
	case b == '\'':
		return s.quotedSheet()
	case b == '[':
		return s.brackets()
	case b == '{':
		return s.braces()
	case b == '#':
		s.sharp()
	case isWord(b):
		return s.word()
	case b == '(':
		s.open = append(s.open, call{all: s.inner().inParentheses()})
		s.at++
	case b == ',':
		if n := len(s.open); n > 0 {
			s.open[n-1].argument++
		}
		s.at++
	case b == ')':
		if len(s.open) > 0 {
			s.open = s.open[:len(s.open)-1]
		}
		s.at++
	default:
		s.at++
	}
	return nil
}

// inner is the use of a whole argument directly here.
func (s *scanner) inner() use {
	if len(s.open) == 0 {
		return s.whole
	}
	return s.open[len(s.open)-1].use()
}

// quoted skips to behind the closing quote; two of them are one in the text.
func (s *scanner) quoted(quote byte) error {
	for s.at++; s.at < len(s.text); s.at++ {
		if s.text[s.at] != quote {
			continue
		}
		if s.at++; s.at == len(s.text) || s.text[s.at] != quote {
			return nil
		}
	}
	return ErrMalformed
}

// braces skips an array constant: there are no references in it.
func (s *scanner) braces() error {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			if err := s.quoted('"'); err != nil {
				return err
			}
		case '}':
			s.at++
			return nil
		default:
			s.at++
		}
	}
	return ErrMalformed
}

// brackets skips a structured reference's columns, or another workbook's
// number together with the reference into it.
func (s *scanner) brackets() error {
	if err := s.skipBrackets(); err != nil {
		return err
	}
	end := s.wordEnd(s.at)
	for end < len(s.text) && s.text[end] == ':' {
		end = s.wordEnd(end + 1)
	}
	if end < len(s.text) && s.text[end] == '!' && s.at < end {
		s.at = end + 1
		s.skipReference()
	} else if s.at < len(s.text) && s.text[s.at] == '!' { // [1]!Name
		s.at++
		s.skipReference()
	}
	return nil
}

func (s *scanner) skipBrackets() error {
	for depth := 0; s.at < len(s.text); {
		b := s.text[s.at]
		s.at++
		switch b {
		case '\'': // escapes a bracket in a column's name
			s.at++
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return nil
			}
		}
	}
	return ErrMalformed
}

// skipReference skips what another workbook's sheet is asked for.
func (s *scanner) skipReference() {
	s.at = s.wordEnd(s.at)
	if s.at < len(s.text) && s.text[s.at] == ':' && isCornerEnd(s.text[s.at+1:]) {
		s.at = s.wordEnd(s.at + 1)
	}
}

func isCornerEnd(s string) bool { return s != "" && isWord(s[0]) }

var errorValues = []string{"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!"}

// sharp skips an error value, or the operator of a spilled range.
func (s *scanner) sharp() {
	for _, e := range errorValues {
		if strings.HasPrefix(s.text[s.at:], e) {
			s.at += len(e)
			return
		}
	}
	s.at++
}

func isWord(b byte) bool {
	return isLetter(b) || isDigit(b) || b >= 0x80 || strings.IndexByte(`$_.\?`, b) >= 0
}

func (s *scanner) wordEnd(i int) int {
	for i < len(s.text) && isWord(s.text[i]) {
		i++
	}
	return i
}

func (s *scanner) follows(i int, b byte) bool { return i < len(s.text) && s.text[i] == b }
