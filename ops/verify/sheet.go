package verify

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// sheetRows is how many rows a sheet of Excel's has; what is more goes on in the next
// sheet, below the same header.
const sheetRows = 1_048_576

// sheetComparison compares the rows of one query with the sheet, or sheets, that show
// them.
type sheetComparison struct {
	m      *comparison
	def    *report.Sheet
	layout *layout
	frame  *frame
	base   string
	part   int
	// name is that of the sheet in hand, sheet the workbook's, nil where it has none.
	name    string
	sheet   *cells.Sheet
	reading *rowReader
	// pictures are those over the sheet that were not compared yet, by the cells' references.
	pictures map[string][]string
	// number is the row of the sheet that comes next by the database.
	number int
	want   []expected
}

// open goes on to the sheet of a value of the column that makes sheets; there is one
// sheet, of the value "", where none does.
func (s *sheetComparison) open(value string) error {
	s.frame = s.m.newFrame(s.def, s.layout, value)
	s.base, s.part = legalName(s.frame.text(s.def.Name), s.m.names), 0
	return s.begin(s.base)
}

// turn goes on to the next sheet where a row's value begins one.
func (s *sheetComparison) turn(value string) error {
	if s.frame != nil && s.frame.value == value {
		return nil
	}
	if s.frame != nil {
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.open(value)
}

// begin goes on to the next sheet and compares its name, title and header.
func (s *sheetComparison) begin(name string) error {
	m := s.m
	m.names = append(m.names, name)
	s.name, s.part, s.number, s.sheet = name, s.part+1, 1, nil
	s.want, s.frame.totals = make([]expected, len(s.layout.columns)), newTotals(s.layout)
	sheets := m.book.Sheets()
	if m.at >= len(sheets) {
		m.c.doubtful(KindSheetDiffers, "sheet", "none", name)
		m.at++
		return nil
	}
	s.sheet = sheets[m.at]
	m.at++
	if s.sheet.Name != name || s.sheet.Visibility != cells.Visible || !s.sheet.Worksheet {
		m.c.doubtful(KindSheetDiffers, "sheet", fmt.Sprintf("%s, %s", s.sheet.Name, s.sheet.Visibility), name+", visible")
	}
	if !s.sheet.Worksheet {
		s.sheet = nil
		return nil
	}
	if err := s.readPictures(); err != nil {
		return err
	}
	s.reading = newRowReader(s.sheet)
	if err := s.compareLines(s.frame.lines(s.def.Title)); err != nil {
		return err
	}
	for i, column := range s.layout.columns {
		s.want[i] = textCell(column.title, "")
	}
	return s.compareRow(true)
}

// compareLines compares lines of text above or below the table.
func (s *sheetComparison) compareLines(lines []string) error {
	for _, line := range lines {
		clear(s.want)
		s.want[0] = textCell(line, "")
		if err := s.compareRow(true); err != nil {
			return err
		}
	}
	return nil
}

// row compares one row of the query.
func (s *sheetComparison) row(values []query.Value) error {
	if s.number > sheetRows-s.frame.below() {
		if err := s.end(); err != nil {
			return err
		}
		if err := s.begin(numberedName(s.base, s.part+1, s.m.names)); err != nil {
			return err
		}
	}
	if err := s.layout.row(values, s.want); err != nil {
		return err
	}
	s.frame.totals.add(s.want)
	return s.compareRow(false)
}

func (s *sheetComparison) compareRow(header bool) error {
	number := s.number
	s.number++
	if s.sheet == nil {
		return nil
	}
	got, err := s.reading.row(number)
	if err != nil {
		return err
	}
	s.compareCells(number, got, header)
	return nil
}

func (s *sheetComparison) compareCells(number int, got []cells.Cell, header bool) {
	for i, want := range s.want {
		for len(got) > 0 && got[0].Col < i+1 { // stated twice or out of order: cells refuses it
			got = got[1:]
		}
		cell := cells.Cell{Row: number, Col: i + 1}
		if len(got) > 0 && got[0].Col == i+1 {
			cell, got = got[0], got[1:]
		}
		if cell.Kind != cells.Empty || want.kind != cells.Empty {
			s.m.cells++
		}
		if !want.is(cell, header) {
			s.m.cellDiffers(s.name, cell.Ref(), show(cell), want.String())
		}
		if over := s.takePictures(cell); !want.shows(over, cell) {
			s.m.cellDiffers(s.name, cell.Ref(), showPictures(over), want.pictureString())
		}
	}
	s.beyond(got)
}

// beyond reports what stands where nothing is expected.
func (s *sheetComparison) beyond(row []cells.Cell) {
	for _, cell := range row {
		if cell.Kind != cells.Empty || cell.Formula != "" {
			s.m.cells++
			s.m.cellDiffers(s.name, cell.Ref(), show(cell), "nothing")
		}
	}
}

// end reports rows that should not be there and compares the layout.
func (s *sheetComparison) end() error {
	if s.sheet == nil {
		return nil
	}
	last := s.number - 1
	if err := s.compareBelow(last); err != nil {
		return err
	}
	if err := s.finish(); err != nil {
		return err
	}
	layout, err := s.sheet.Layout()
	if err != nil {
		return err
	}
	frozen, filter := 0, ""
	if s.def.FreezeHeader {
		frozen = s.frame.headerRow()
	}
	if s.def.Filter {
		filter = cells.Cell{Row: s.frame.headerRow(), Col: 1}.Ref() + ":" + cells.Cell{Row: last, Col: len(s.layout.columns)}.Ref()
	}
	s.sameLayout("frozen rows", strconv.Itoa(layout.FrozenRows), strconv.Itoa(frozen))
	s.sameLayout("frozen columns", strconv.Itoa(layout.FrozenColumns), "0")
	s.sameLayout("filter", layout.AutoFilter, filter)
	s.sameLayout("merged ranges", strconv.Itoa(len(layout.Merges)), "0")
	return nil
}

// compareBelow compares what stands below the rows, of which that is the last.
func (s *sheetComparison) compareBelow(last int) error {
	rows := int64(last - s.frame.headerRow())
	if rows > 0 && len(s.frame.totals.columns) > 0 {
		if err := s.compareTotals(last); err != nil {
			return err
		}
	}
	lines := s.frame.footer(rows)
	if len(lines) == 0 {
		return nil
	}
	clear(s.want) // a row between
	if err := s.compareRow(true); err != nil {
		return err
	}
	return s.compareLines(lines)
}

// finish reports what is below the rows that are expected, and pictures that nothing
// accounts for.
func (s *sheetComparison) finish() error {
	for row, ok := s.reading.rest(); ok; row, ok = s.reading.rest() {
		s.beyond(row)
	}
	if s.reading.err != nil {
		return s.reading.err
	}
	s.stop()
	for _, ref := range slices.Sorted(maps.Keys(s.pictures)) {
		s.m.cellDiffers(s.name, ref, showPictures(s.pictures[ref]), "no picture")
	}
	return nil
}

func (s *sheetComparison) sameLayout(what, got, want string) {
	if got != want {
		s.m.c.doubtful(KindSheetDiffers, what+" of sheet "+s.name, got, want)
	}
}

// stop ends the reading of the sheet in hand. It may be called twice.
func (s *sheetComparison) stop() {
	if s.reading != nil {
		s.reading.stop()
	}
}
