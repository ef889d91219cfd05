package xlsx

import "fmt"

// totals is the row of totals of the sheet in hand.
type totals struct {
	columns []columnTotal
	label   cell
	// labelColumn is the first column without a total.
	labelColumn int
	// hasRoom is set when the columns have been widened for sums that are not there yet.
	hasRoom bool
}

// newTotals has no column where none is wanted.
func newTotals(sheet *Sheet) totals {
	t := totals{label: textCell(sheet.TotalLabel, "", 0)}
	for i, c := range sheet.Columns {
		if c.Total != NoTotal {
			t.columns = append(t.columns, columnTotal{total: c.Total, column: i})
		}
	}
	for t.labelColumn < len(t.columns) && t.columns[t.labelColumn].column == t.labelColumn {
		t.labelColumn++
	}
	return t
}

// add takes a row.
func (t *totals) add(row []cell) {
	for i := range t.columns {
		t.columns[i].add(&row[t.columns[i].column])
	}
}

// writeTotals writes the row of totals over the rows first to last, and begins anew.
func (s *SheetWriter) writeTotals(first, last int) {
	s.written++
	b := fmt.Appendf(s.rows.pending.XML, `<row r="%d">`, s.written)
	left := s.totals.columns
	for i := range s.sheet.Columns {
		switch {
		case len(left) > 0 && left[0].column == i:
			b = s.appendTotal(b, &left[0], area{i, i, first, last})
			left[0] = columnTotal{total: left[0].total, column: i}
			left = left[1:]
		case i == s.totals.labelColumn:
			b = s.appendTotalLabel(b)
		default:
			b = fmt.Appendf(b, `<c r="%s" s="%d"/>`, reference(i, s.written), s.book.styles.id(totalLook("")))
		}
	}
	s.rows.pending.XML = append(b, `</row>`...)
}

// sumRoom is how many more digits a sum may have than the rows that were there when the
// widths were written.
const sumRoom = 5

// roomForSums widens the columns that are added up, once for all sheets of a split.
func (s *SheetWriter) roomForSums() {
	if s.totals.hasRoom {
		return
	}
	s.totals.hasRoom = true
	for _, t := range s.totals.columns {
		if t.total == TotalSum && s.sheet.Columns[t.column].Width == 0 {
			s.columns.widths[t.column] = min(s.columns.widths[t.column]+sumRoom, maxWidth)
		}
	}
}

// totalLook is the style of the row of totals.
func totalLook(code string) style { return style{font: fontBold, ruled: true, code: code} }

func (s *SheetWriter) appendTotal(b []byte, t *columnTotal, of area) []byte {
	code := t.code(&s.sheet.Columns[t.column].Format)
	b = fmt.Appendf(b, `<c r="%s" s="%d"`, reference(t.column, s.written), s.book.styles.id(totalLook(code)))
	value, ok := t.value()
	if !ok {
		return fmt.Appendf(b, ` t="str"><f>%s</f><v></v></c>`, t.total.formula(of))
	}
	s.columns.widen(t.column, &cell{kind: cellNumber, number: value, code: code})
	b = fmt.Appendf(b, `><f>%s</f><v>`, t.total.formula(of))
	return append(appendNumber(b, value), `</v></c>`...)
}

func (s *SheetWriter) appendTotalLabel(b []byte) []byte {
	c, column := &s.totals.label, s.totals.labelColumn
	s.columns.widen(column, c)
	s.noteText(c, column, s.written)
	content := Content{*c}
	b = fmt.Appendf(b, `<c r="%s" s="%d" t="inlineStr">`, reference(column, s.written), s.book.styles.id(totalLook("")))
	return append(content.AppendXML(b), `</c>`...)
}
