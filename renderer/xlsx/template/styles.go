package template

import (
	"errors"
	"strconv"
	"strings"
)

// styles are the template's, to which those are added that values need.
type styles struct {
	content []byte
	looks   []look
	// codes are the number formats that the template brings.
	codes map[int]string
	// cellXfs, numFmts and root are the tags that begin the elements of those names, and
	// ends where the first two end; numFmts is nil where there are none, and may be empty, as openpyxl writes it.
	cellXfs, numFmts, root *tag
	cellXfsEnd, numFmtsEnd int
	nextCode               int
}

// look is one of the styles that cells refer to.
type look struct {
	// tag opens it; rest is what follows, its end included.
	tag  tag
	rest []byte
	code int
}

// firstOwnCode is where the numbers of a workbook's own number formats begin.
const firstOwnCode = 164

func parseStyles(content []byte) (*styles, error) {
	s := &styles{content: content, codes: make(map[int]string), nextCode: firstOwnCode}
	in := scanner{b: content}
	for {
		t, ok, err := in.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		switch {
		case s.root == nil:
			s.root = &t
		case t.kind == tagClose && t.is("numFmts"):
			s.numFmtsEnd = t.start
		case t.kind == tagClose && t.is("cellXfs"):
			s.cellXfsEnd = t.start
		case t.is("numFmts"):
			s.numFmts = &t
		case t.is("numFmt") && s.cellXfs == nil && t.kind != tagClose:
			s.addCode(&t)
		case t.is("cellXfs") && t.kind == tagOpen:
			s.cellXfs = &t
		case t.is("xf") && t.kind != tagClose && s.cellXfs != nil && s.cellXfsEnd == 0:
			if _, err := in.element(t); err != nil {
				return nil, err
			}
			code, _ := strconv.Atoi(t.get("numFmtId")) // without one it is 0, General
			s.looks = append(s.looks, look{tag: t, rest: content[t.end:in.at], code: code})
		}
	}
	if s.cellXfsEnd == 0 || len(s.looks) == 0 {
		return nil, errors.New("it has no styles for cells")
	}
	return s, nil
}

func (s *styles) addCode(t *tag) {
	id, err := strconv.Atoi(t.get("numFmtId"))
	if err != nil {
		return
	}
	s.codes[id] = t.get("formatCode")
	s.nextCode = max(s.nextCode, id+1)
}

// builtinCodes are the number formats that have a number in every workbook and that
// values need.
var builtinCodes = map[int]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 46: "[h]:mm:ss", 49: "@"}

// code is the number format of a style.
func (s *styles) code(style int) string {
	if style >= len(s.looks) {
		return ""
	}
	id := s.looks[style].code
	if code, ok := s.codes[id]; ok {
		return code
	}
	return builtinCodes[id]
}

// showsTime says whether a style shows a date or a time.
func (s *styles) showsTime(style int) bool {
	if style >= len(s.looks) {
		return false
	}
	id := s.looks[style].code
	if code, ok := s.codes[id]; ok {
		return isTemporal(code)
	}
	// Excel's own, those of East Asian languages included.
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
}

// isTemporal looks for the letters of dates and times outside of quoted text.
func isTemporal(code string) bool {
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return false
			}
			i += 1 + end
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return false
			}
			inside := strings.ToLower(code[i+1 : i+end])
			if inside != "" && strings.Trim(inside, "hms") == "" {
				return true
			}
			i += end
		case strings.IndexByte("ymdhsYMDHS", c) >= 0:
			return true
		}
	}
	return false
}

// known is the number that a code has in the template; -1 for none.
func (s *styles) known(code string) int {
	for id, own := range builtinCodes {
		if own == code {
			return id
		}
	}
	least := -1
	for id, own := range s.codes {
		if own == code && (least < 0 || id < least) {
			least = id
		}
	}
	return least
}
