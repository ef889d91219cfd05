package xlsx

import (
	"fmt"
	"strings"
)

// columnRule is a rule for a column of a sheet, ready to be written.
type columnRule struct {
	column   int
	wholeRow bool
	xml      []byte
}

// newRules are the rules of a sheet, in their order.
func newRules(sheet *Sheet, s *styles) ([]columnRule, error) {
	if len(sheet.Rules) > maxRules {
		return nil, fmt.Errorf("there are %d rules; a sheet takes %d", len(sheet.Rules), maxRules)
	}
	rules := make([]columnRule, len(sheet.Rules))
	for i := range sheet.Rules {
		r := &sheet.Rules[i]
		if r.Column < 0 || r.Column >= len(sheet.Columns) {
			return nil, fmt.Errorf("rule %d is for column %d of %d", i+1, r.Column+1, len(sheet.Columns))
		}
		c := &sheet.Columns[r.Column]
		xml, err := r.appendXML(nil, &c.Format, "$"+reference(r.Column, len(sheet.Title.Lines)+2), i+1, s)
		if err != nil {
			return nil, fmt.Errorf("rule %d, for column %d (%q): %w", i+1, r.Column+1, c.Title, err)
		}
		rules[i] = columnRule{column: r.Column, wholeRow: r.WholeRow, xml: xml}
	}
	return rules, nil
}

// appendRules writes the rules for the rows of an area that is all columns wide.
func appendRules(b []byte, rules []columnRule, rows area) []byte {
	for _, r := range rules {
		of := rows
		if !r.wholeRow {
			of.firstColumn, of.lastColumn = r.column, r.column
		}
		b = append(fmt.Appendf(b, `<conditionalFormatting sqref="%s">`, of), r.xml...)
		b = append(b, `</conditionalFormatting>`...)
	}
	return b
}

// appendXML writes the rule for a column of that format; cell is its first one.
func (r *Rule) appendXML(b []byte, f *Format, cell string, priority int, s *styles) ([]byte, error) {
	if err := r.validate(f); err != nil {
		return nil, err
	}
	switch r.When {
	case WhenBar:
		b = fmt.Appendf(b, `<cfRule type="dataBar" priority="%d"><dataBar><cfvo type="min"/><cfvo type="max"/>`, priority)
		return append(appendColours(b, r.Colours), `</dataBar></cfRule>`...), nil
	case WhenScale:
		b = fmt.Appendf(b, `<cfRule type="colorScale" priority="%d"><colorScale><cfvo type="min"/>`, priority)
		if len(r.Colours) == 3 {
			b = append(b, `<cfvo type="percentile" val="50"/>`...)
		}
		return append(appendColours(append(b, `<cfvo type="max"/>`...), r.Colours), `</colorScale></cfRule>`...), nil
	}
	formula, err := r.formula(f, cell)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(b, `<cfRule type="expression" dxfId="%d" priority="%d"><formula>%s</formula></cfRule>`,
		s.lookID(r.Look), priority, escapeXML(formula)), nil
}

func appendColours(b []byte, colours []string) []byte {
	for _, colour := range colours {
		b = fmt.Appendf(b, `<color rgb="FF%s"/>`, strings.ToUpper(colour))
	}
	return b
}

// lookID gives the id of a rule's look, in the order of first use.
func (s *styles) lookID(look Look) int {
	id, ok := s.lookIDs[look]
	if !ok {
		if s.lookIDs == nil {
			s.lookIDs = make(map[Look]int)
		}
		id = len(s.looks)
		s.lookIDs[look] = id
		s.looks = append(s.looks, look)
	}
	return id
}

// appendLooks writes what the styles part has of rules.
func (s *styles) appendLooks(b []byte) []byte {
	if len(s.looks) == 0 {
		return b
	}
	b = fmt.Appendf(b, `<dxfs count="%d">`, len(s.looks))
	for _, look := range s.looks {
		b = look.appendXML(append(b, `<dxf>`...))
		b = append(b, `</dxf>`...)
	}
	return append(b, `</dxfs>`...)
}

func (l Look) appendXML(b []byte) []byte {
	if l.Bold || l.Colour != "" {
		b = append(b, `<font>`...)
		if l.Bold {
			b = append(b, `<b/>`...)
		}
		if l.Colour != "" {
			b = appendColours(b, []string{l.Colour})
		}
		b = append(b, `</font>`...)
	}
	if l.Fill != "" {
		b = fmt.Appendf(b, `<fill><patternFill><bgColor rgb="FF%s"/></patternFill></fill>`, strings.ToUpper(l.Fill))
	}
	return b
}
