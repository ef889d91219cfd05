package template

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
)

// run is a piece of a text that has one look.
type run struct {
	// look is the run's properties as they stand in the part; nil for those of the cell.
	look []byte
	text string
}

// parseRuns reads what stands in a string's element. Readings (phonetic runs) are left
// out: they tell where in the text they belong, and the text changes.
func parseRuns(content []byte) ([]run, error) {
	var runs []run
	var look []byte
	s := scanner{b: content}
	for {
		t, ok, err := s.next()
		if err != nil || !ok {
			return runs, err
		}
		if t.kind == tagClose {
			continue
		}
		switch {
		case t.is("r"):
			look = nil
		case t.is("rPr"):
			if _, err := s.element(t); err != nil {
				return nil, err
			}
			look = content[t.start:s.at]
		case t.is("t"):
			text, err := s.element(t)
			if err != nil {
				return nil, err
			}
			runs = append(runs, run{look: look, text: unescapeString(unescape(text))})
		default:
			if _, err := s.element(t); err != nil {
				return nil, err
			}
		}
	}
}

func joinRuns(runs []run) string {
	if len(runs) == 1 {
		return runs[0].text
	}
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(r.text)
	}
	return b.String()
}

// unescapeString reads the escapes (_x000D_) that strings of workbooks have for what
// XML cannot hold.
func unescapeString(s string) string {
	const length = len("_xHHHH_")
	if !strings.Contains(s, "_x") {
		return s
	}
	var units []uint16
	var b strings.Builder
	flush := func() {
		b.WriteString(string(utf16.Decode(units)))
		units = units[:0]
	}
	for len(s) > 0 {
		if len(s) >= length && strings.HasPrefix(s, "_x") && s[length-1] == '_' {
			if n, err := strconv.ParseUint(s[2:length-1], 16, 16); err == nil {
				units = append(units, uint16(n))
				s = s[length:]
				continue
			}
		}
		flush()
		b.WriteByte(s[0])
		s = s[1:]
	}
	flush()
	return b.String()
}

// sharedStrings are the strings of a workbook that cells refer to by number.
type sharedStrings struct {
	// items are what stands in each string's element.
	items [][]byte
}

func parseSharedStrings(content []byte) (sharedStrings, error) {
	var all sharedStrings
	s := scanner{b: content}
	for {
		t, ok, err := s.next()
		if err != nil || !ok {
			return all, err
		}
		if t.kind == tagClose || !t.is("si") {
			continue
		}
		item, err := s.element(t)
		if err != nil {
			return all, err
		}
		all.items = append(all.items, item)
	}
}

// runs gives the text of a number, if it may have a marker in it, or what is meant as one;
// nil if not.
func (s *sharedStrings) runs(number string) ([]run, error) {
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || n < 0 || n >= len(s.items) || !bytes.ContainsAny(s.items[n], opening+closing+wideOpening) {
		return nil, nil //nolint:nilerr // what is no string has no marker
	}
	return parseRuns(s.items[n])
}

// words are a text with markers in it.
type words []wordsRun

// wordsRun is a run of words.
type wordsRun struct {
	look   []byte
	pieces []wordsPiece
}

// wordsPiece is either text or a field.
type wordsPiece struct {
	text  string
	field *field
}

// splitRuns gives each run its share of the pieces of the text that they are together.
// A marker has the look of the run that it begins in.
func splitRuns(runs []run, pieces []piece, fields map[*marker]*field) words {
	text := joinRuns(runs)
	var w words
	start := 0
	for _, r := range runs {
		end := start + len(r.text)
		out := wordsRun{look: r.look}
		for _, p := range pieces {
			switch {
			case p.marker != nil:
				if f := fields[p.marker]; f != nil && p.start >= start && p.start < end {
					out.pieces = append(out.pieces, wordsPiece{field: f})
				}
			case max(p.start, start) < min(p.end, end):
				out.pieces = append(out.pieces, wordsPiece{text: text[max(p.start, start):min(p.end, end)]})
			}
		}
		if len(out.pieces) > 0 {
			w = append(w, out)
		}
		start = end
	}
	return w
}
