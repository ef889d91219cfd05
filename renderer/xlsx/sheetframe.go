package xlsx

import "fmt"

// frame is what surrounds the rows of a sheet, the same on each sheet of a split.
type frame struct {
	title  []frameRow
	header frameRow
}

// frameRow is a row that is not the caller's.
type frameRow struct {
	cells  []cell
	ids    []int
	height float64
}

// headerRow is the number of the header's row.
func (f *frame) headerRow() int { return len(f.title) + 1 }

// newFrame also records what had to change in the frame's texts.
func (s *SheetWriter) newFrame() frame {
	var f frame
	for i, line := range s.sheet.Title.Lines {
		c := textCell(line, "", 0)
		look := s.sheet.Title.look(&c, i == 0)
		f.title = append(f.title, frameRow{[]cell{c}, []int{s.book.styles.id(look)}, s.sheet.Title.height(&c, i == 0)})
		s.noteText(&c, 0, i+1)
	}
	f.header = s.newHeader()
	s.note(f.header.cells, f.headerRow())
	for _, text := range []PageText{s.sheet.Page.Header, s.sheet.Page.Footer} {
		if _, changes := text.codes(); changes != 0 {
			s.book.summary.Substitutions.record(changes, Substitution{Sheet: s.name})
		}
	}
	return f
}

func (s *SheetWriter) newHeader() frameRow {
	n := len(s.sheet.Columns)
	header := frameRow{cells: make([]cell, n), ids: make([]int, n)}
	for i, column := range s.sheet.Columns {
		c := textCell(column.Title, "", 0)
		header.cells[i], header.ids[i] = c, s.book.styles.id(s.sheet.Header.look(&c))
		s.columns.measure(i, &c)
		if s.sheet.Filter {
			s.columns.shown[i] += filterRoom
		}
	}
	return header
}

// noteText records what had to change in a text that is not of a column.
func (s *SheetWriter) noteText(c *cell, column, row int) {
	if c.changes != 0 {
		s.book.summary.Substitutions.record(c.changes, Substitution{Sheet: s.name, Cell: reference(column, row)})
	}
}

// begin starts the sheet in hand with its title and header.
func (s *SheetWriter) begin() {
	s.written = 0
	s.book.names = append(s.book.names, s.name)
	s.rows.begin(s.book.archive, sheetPart(len(s.book.sheets)+1), s.sheet.heldBack())
	for _, line := range s.frame.title {
		s.writeFrameRow(line)
	}
	header := s.frame.header
	for i := range header.cells {
		if c := &header.cells[i]; s.sheet.Header.Wrap || c.traits&hasBreaks != 0 {
			header.height = max(header.height, textHeight(c, s.columns.expected(i)))
		}
	}
	s.writeFrameRow(header)
}

func (s *SheetWriter) writeFrameRow(row frameRow) {
	s.written++
	s.encoder.append(&s.rows.pending, s.written, row.cells, row.ids, row.height)
}

func (s *SheetWriter) head(dimension string) []byte {
	return sheetHead{
		dimension: dimension, selected: len(s.book.sheets) == 0, widths: s.columns.final(), frozen: s.frozen(), fitted: s.sheet.Page.FitWidth,
	}.appendXML(nil)
}

// frozen is how many rows stay in view.
func (s *SheetWriter) frozen() int {
	if s.sheet.FreezeHeader {
		return s.frame.headerRow()
	}
	return 0
}

// finish moves the sheet in hand into the archive.
func (s *SheetWriter) finish() error {
	header, last := s.frame.headerRow(), s.written
	written := writtenSheet{name: s.name, pictures: s.pictures.any()}
	if last > header && len(s.totals.columns) > 0 {
		s.writeTotals(header+1, last)
		written.formulas = true
	}
	if s.sheet.Footer != nil {
		if err := s.writeFooter(last - header); err != nil {
			return err
		}
	}
	s.columns.settle()
	whole, filtered := s.area(1, s.written), s.area(header, last)
	written.definedNames = s.definedNames(whole, filtered)
	if err := s.rows.finish(func() []byte { return s.head(whole.String()) }, s.tail(filtered)); err != nil {
		return err
	}
	s.book.sheets = append(s.book.sheets, written)
	if err := s.links.finish(s.book.archive, len(s.book.sheets), s.pictures.relation(len(s.book.sheets))); err != nil {
		return err
	}
	if err := s.finishPictures(len(s.book.sheets)); err != nil {
		return err
	}
	s.book.summary.Sheets++
	return nil
}

func (s *SheetWriter) tail(filtered area) []byte {
	tail := sheetTail{protection: s.sheet.Protection, merges: s.merges(), links: &s.links, page: s.sheet.Page, pictures: s.pictures.any()}
	if s.sheet.Filter {
		tail.filter = filtered.String()
	}
	if rows := s.area(filtered.firstRow+1, filtered.lastRow); rows.lastRow >= rows.firstRow {
		tail.rules = appendRules(nil, s.rules, rows)
	}
	return tail.appendXML(nil)
}

func (s *SheetWriter) definedNames(whole, filtered area) (names []definedName) {
	if s.sheet.Filter {
		names = append(names, definedName{name: filterName, reference: filtered.absolute(), hidden: true})
	}
	if s.sheet.Page.PrintArea {
		names = append(names, definedName{name: printAreaName, reference: whole.absolute()})
	}
	if s.sheet.Page.RepeatHeader {
		names = append(names, definedName{name: printTitlesName, reference: fmt.Sprintf("$%d:$%[1]d", filtered.firstRow)})
	}
	return names
}

// area is all columns of the rows first to last.
func (s *SheetWriter) area(first, last int) area {
	return area{lastColumn: len(s.sheet.Columns) - 1, firstRow: first, lastRow: last}
}

// merges are the areas whose cells are one.
func (s *SheetWriter) merges() []area {
	if !s.sheet.Title.Merge || len(s.sheet.Columns) == 1 {
		return nil
	}
	merges := make([]area, len(s.frame.title))
	for i := range merges {
		merges[i] = s.area(i+1, i+1)
	}
	return merges
}
