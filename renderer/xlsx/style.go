package xlsx

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Header is how the row of titles looks. The zero Header is plain text.
type Header struct {
	// Fill is a colour as RRGGBB; empty for none.
	Fill string
	Bold bool
	Wrap bool
}

func (h Header) validate() error { return validateColour("header fill", h.Fill) }

// look is the style of a title in the header.
func (h Header) look(title *cell) style {
	look := style{fill: h.Fill}
	if h.Bold {
		look.font = fontBold
	}
	switch {
	case h.Wrap:
		look.align = alignHeader
	case title.traits&hasBreaks != 0:
		look.align = alignLines
	}
	return look
}

// validateColour takes an empty colour for none.
func validateColour(what, colour string) error {
	if colour == "" {
		return nil
	}
	if _, err := strconv.ParseUint(colour, 16, 32); err != nil || len(colour) != len("RRGGBB") {
		return fmt.Errorf("%s %q is not a colour; write it as RRGGBB, as in \"DDEBF7\"", what, colour)
	}
	return nil
}

// style is a cell's look; the zero style is Excel's own and has id 0.
type style struct {
	code  string
	fill  string // a colour as RRGGBB; empty for none
	font  font
	align alignment
	quote bool
	// ruled cells have a line above them.
	ruled bool
}

// font is one of those that cells have; alignment is how text lies in a cell.
type (
	font      uint8
	alignment uint8
)

const (
	fontPlain font = iota
	fontBold
	fontLink
	fontTitle
	fontNote
)

// fonts are what the styles part says of each.
var fonts = [...]string{
	fontPlain: `<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>`,
	fontBold:  `<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font>`,
	fontLink:  `<font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="Calibri"/><family val="2"/></font>`,
	fontTitle: `<font><b/><sz val="14"/><name val="Calibri"/><family val="2"/></font>`,
	fontNote:  `<font><sz val="9"/><color rgb="FF595959"/><name val="Calibri"/><family val="2"/></font>`,
}

// commonFonts are in every workbook, used or not.
const commonFonts = fontLink + 1

const (
	alignDefault alignment = iota
	// alignLines is for text of several lines: without it Excel shows them as one.
	alignLines
	alignHeader
	// alignMiddle is for a line over merged cells; alignMiddleLines for several lines.
	alignMiddle
	alignMiddleLines
)

// alignments are what the styles part says of each.
var alignments = [...]string{
	alignDefault:     "",
	alignLines:       `<alignment wrapText="1"/>`,
	alignHeader:      `<alignment vertical="center" wrapText="1"/>`,
	alignMiddle:      `<alignment horizontal="center" vertical="center" shrinkToFit="1"/>`,
	alignMiddleLines: `<alignment horizontal="center" vertical="center" wrapText="1"/>`,
}

// styles gives each style of a workbook its id, in the order of first use, so
// that the same rows give the same ids.
type styles struct {
	ids   map[style]int
	order []style
	// lookIDs and looks are the same for the looks of rules.
	lookIDs map[Look]int
	looks   []Look
}

// maxStyles is Excel's limit for one workbook.
const maxStyles = 64000

func newStyles() *styles {
	s := &styles{ids: make(map[style]int)}
	s.id(style{})
	return s
}

func (s *styles) id(look style) int {
	id, ok := s.ids[look]
	if !ok {
		id = len(s.order)
		s.ids[look] = id
		s.order = append(s.order, look)
	}
	return id
}

func (s *styles) check() error {
	if len(s.order) > maxStyles {
		return errors.New("the workbook has more than 64,000 styles; use fewer different formats")
	}
	return nil
}

// builtinCodes are the number formats that Excel knows by number in every
// language and that formats of this package use.
var builtinCodes = map[string]int{
	"": 0, "0": 1, "0.00": 2, "#,##0": 3, "#,##0.00": 4, "0%": 9, "0.00%": 10, "[h]:mm:ss": 46, "@": 49,
}

// firstCustomCode is where numbers for a workbook's own codes begin.
const firstCustomCode = 164

// appendXML writes the styles part.
func (s *styles) appendXML(b []byte) []byte {
	codes, b := s.appendCodes(append(b, xmlHeader+`<styleSheet xmlns="`+namespaceMain+`">`...))
	fills, b := s.appendFills(s.appendFonts(b))
	b = append(s.appendBorders(b), `<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="`...)
	b = append(strconv.AppendInt(b, int64(len(s.order)), 10), `">`...)
	for _, look := range s.order {
		b = look.appendXML(b, codes[look.code], fills[look.fill])
	}
	b = append(b, `</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>`...)
	return append(s.appendLooks(b), `</styleSheet>`...)
}

func (s *styles) appendFonts(b []byte) []byte {
	count := commonFonts
	for _, look := range s.order {
		count = max(count, look.font+1)
	}
	b = fmt.Appendf(b, `<fonts count="%d">`, count)
	for _, font := range fonts[:count] {
		b = append(b, font...)
	}
	return append(b, `</fonts>`...)
}

func (s *styles) appendBorders(b []byte) []byte {
	const none, above = `<border><left/><right/><top/><bottom/><diagonal/></border>`,
		`<border><left/><right/><top style="thin"><color auto="1"/></top><bottom/><diagonal/></border>`
	if slices.ContainsFunc(s.order, func(look style) bool { return look.ruled }) {
		return append(b, `<borders count="2">`+none+above+`</borders>`...)
	}
	return append(b, `<borders count="1">`+none+`</borders>`...)
}

func (s *styles) appendCodes(b []byte) (map[string]int, []byte) {
	codes := make(map[string]int, len(s.order))
	var custom []string
	for _, look := range s.order {
		if _, known := codes[look.code]; known {
			continue
		}
		id, builtin := builtinCodes[look.code]
		if !builtin {
			id = firstCustomCode + len(custom)
			custom = append(custom, look.code)
		}
		codes[look.code] = id
	}
	if len(custom) == 0 {
		return codes, b
	}
	b = fmt.Appendf(b, `<numFmts count="%d">`, len(custom))
	for i, code := range custom {
		b = fmt.Appendf(b, `<numFmt numFmtId="%d" formatCode="%s"/>`, firstCustomCode+i, escapeXML(code))
	}
	return codes, append(b, `</numFmts>`...)
}

// appendFills writes the two fills that every workbook must begin with, then its own.
func (s *styles) appendFills(b []byte) (map[string]int, []byte) {
	fills := map[string]int{"": 0}
	own := make([]string, 0, 1)
	for _, look := range s.order {
		if _, known := fills[look.fill]; !known {
			fills[look.fill] = 2 + len(own)
			own = append(own, look.fill)
		}
	}
	b = fmt.Appendf(b, `<fills count="%d"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>`, 2+len(own))
	for _, colour := range own {
		b = fmt.Appendf(b, `<fill><patternFill patternType="solid"><fgColor rgb="FF%s"/><bgColor indexed="64"/></patternFill></fill>`, strings.ToUpper(colour))
	}
	return fills, append(b, `</fills>`...)
}

func (s style) appendXML(b []byte, code, fill int) []byte {
	border := 0
	if s.ruled {
		border = 1
	}
	b = fmt.Appendf(b, `<xf numFmtId="%d" fontId="%d" fillId="%d" borderId="%d" xfId="0"`, code, s.font, fill, border)
	if s.quote {
		b = append(b, ` quotePrefix="1"`...)
	}
	if code != 0 {
		b = append(b, ` applyNumberFormat="1"`...)
	}
	if s.font != fontPlain {
		b = append(b, ` applyFont="1"`...)
	}
	if fill != 0 {
		b = append(b, ` applyFill="1"`...)
	}
	if s.ruled {
		b = append(b, ` applyBorder="1"`...)
	}
	if s.align == alignDefault {
		return append(b, `/>`...)
	}
	return append(append(append(b, ` applyAlignment="1">`...), alignments[s.align]...), `</xf>`...)
}
