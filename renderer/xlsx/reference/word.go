package reference

import "strings"

// word takes what begins with a letter, a digit or $: a function, a sheet, a
// reference, a name, a number.
func (s *scanner) word() error {
	start := s.at
	end := s.wordEnd(start)
	if s.follows(end, '!') {
		s.at = end + 1
		return s.reference(ref{start: start, sheet: s.text[start:end]})
	}
	if until := s.wordEnd(end + 1); s.follows(end, ':') && s.follows(until, '!') && until > end+1 && !isCell(s.text[start:end]) {
		s.at = until + 1
		return s.reference(ref{start: start, sheet: s.text[start:end], until: s.text[end+1 : until]})
	}
	return s.reference(ref{start: start})
}

// isCell tells A1:Sheet2!B3, two cells, from Sheet1:Sheet2!B3.
func isCell(word string) bool {
	c, ok := parseCorner(word)
	return ok && c.isCell()
}

// quotedSheet takes 'A sheet'!A1 and 'First:Last'!A1; what follows '[Book]Sheet' stays.
func (s *scanner) quotedSheet() error {
	start := s.at
	if err := s.quoted('\''); err != nil {
		return err
	}
	name := s.text[start+1 : s.at-1]
	if !s.follows(s.at, '!') {
		return nil
	}
	s.at++
	if strings.ContainsAny(name, "[]") {
		s.skipReference()
		return nil
	}
	sheet, until, _ := strings.Cut(strings.ReplaceAll(name, "''", "'"), ":")
	return s.reference(ref{start: start, sheet: sheet, until: until})
}

// reference takes what stands behind a sheet, or alone.
func (s *scanner) reference(r ref) error {
	r.body = s.at
	end := s.wordEnd(s.at)
	word := s.text[s.at:end]
	switch {
	case isR1C1(word, s.text[end:]):
		return ErrR1C1
	case s.follows(end, '('):
		s.at = end + 1
		s.open = append(s.open, callOf(word))
		s.indirect = s.indirect || strings.EqualFold(word, "INDIRECT")
		return nil
	case s.follows(end, '['):
		s.at = end
		return s.skipBrackets()
	}
	s.at = end
	if s.takeArea(&r, word) {
		s.shareArguments(&r)
		s.refs = append(s.refs, r)
	} else if r.sheet != "" && word != "" { // a name that only that sheet has
		r.end = end
		s.refs = append(s.refs, r)
	}
	return nil
}

// takeArea reads the area that begins with the word before s.at.
func (s *scanner) takeArea(r *ref, word string) bool {
	from, ok := parseCorner(word)
	if !ok {
		return false
	}
	if s.follows(s.at, ':') {
		begin := s.at + 1
		if prefix := s.text[r.start:r.body]; prefix != "" && strings.HasPrefix(s.text[begin:], prefix) {
			begin += len(prefix)
		}
		end := s.wordEnd(begin)
		to, ok := parseCorner(s.text[begin:end])
		if ok && !s.follows(end, '!') && !s.follows(end, '(') && !s.follows(end, '[') {
			if a, ok := newRange(from, to); ok {
				r.area, r.end, r.namedTwice, s.at = a, end, begin > s.at+1, end
				r.use = s.useOf(r)
				return true
			}
		}
	}
	if !from.isCell() {
		return false
	}
	r.area, r.end = area{from: from, to: from, single: true}, s.at
	r.use = s.useOf(r)
	return true
}

// useOf is a reference's use: that of an argument if it is all that stands
// between commas or parentheses.
func (s *scanner) useOf(r *ref) use {
	const blanks = " \n\r\t"
	before := strings.TrimRight(s.text[:r.start], blanks)
	behind := strings.TrimLeft(s.text[r.end:], blanks)
	if before != "" && strings.IndexByte("(,", before[len(before)-1]) < 0 || behind != "" && strings.IndexByte("),", behind[0]) < 0 {
		return asValue
	}
	return s.inner()
}

// isR1C1 knows R1C1, R1C and the forms with brackets, none of which is a name
// or a cell. (RC1 is a cell.)
func isR1C1(word, behind string) bool {
	if word == "" || word[0]|0x20 != 'r' {
		return false
	}
	rest := strings.TrimLeft(word[1:], "0123456789")
	if strings.HasPrefix(behind, "[") && (len(behind) > 1 && (isDigit(behind[1]) || behind[1] == '-')) {
		return rest == "" || rest == "C" || rest == "c"
	}
	digits := len(word) - 1 - len(rest)
	return digits > 0 && rest != "" && rest[0]|0x20 == 'c' && strings.Trim(rest[1:], "0123456789") == ""
}
