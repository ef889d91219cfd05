package xlsx

import "fmt"

// maxFooterLines is what a footer may have.
const maxFooterLines = 20

// footerRows are those that a footer may take, with the empty one above it.
const footerRows = maxFooterLines + 1

// writeFooter writes the lines below the rows, of which there are so many.
func (s *SheetWriter) writeFooter(rows int) error {
	lines := s.sheet.Footer(int64(rows))
	if len(lines) > maxFooterLines {
		return fmt.Errorf("the footer has %d lines; write at most %d", len(lines), maxFooterLines)
	}
	if len(lines) > 0 {
		s.written++
	}
	for _, line := range lines {
		c := textCell(line, "", 0)
		look := style{font: fontNote}
		if c.traits&hasBreaks != 0 {
			look.align = alignLines
		}
		s.writeFrameRow(frameRow{[]cell{c}, []int{s.book.styles.id(look)}, textHeight(&c, maxColumnWidth)})
		s.noteText(&c, 0, s.written)
	}
	return nil
}
