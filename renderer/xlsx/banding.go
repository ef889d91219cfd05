package xlsx

// Banding fills every second row, so that the eye keeps to a row. The zero Banding is
// none. Each sheet of a split begins with a row that is not filled.
type Banding struct {
	// Fill is a colour as RRGGBB, as in "F2F2F2".
	Fill string
}

func (b Banding) validate() error { return validateColour("banding fill", b.Fill) }

// newLooks are the styles of the columns' cells in rows of that fill.
func newLooks(columns int, fill string) []lookCache {
	looks := make([]lookCache, columns)
	for i := range looks {
		looks[i].fill = fill
	}
	return looks
}

// rowLooks are those for the next row. It is banded, or it is not.
func (s *SheetWriter) rowLooks() (looks []lookCache, banded bool) {
	if s.bandLooks == nil || (s.written-s.frame.headerRow())%2 == 0 {
		return s.looks, false
	}
	return s.bandLooks, true
}

// restyle gives the row in hand the styles of a place that it has come to since.
func (s *SheetWriter) restyle() {
	looks, banded := s.rowLooks()
	for i := range s.row {
		switch c := &s.row[i]; c.kind {
		case cellBlank:
		case cellFilled:
			c.kind = cellBlank
		default:
			s.ids[i] = looks[i].id(c, s.book.styles)
		}
	}
	if banded {
		s.fillBlanks()
	}
}

// fillBlanks makes the empty cells of a row ones that have a fill.
func (s *SheetWriter) fillBlanks() {
	id := s.book.styles.id(style{fill: s.sheet.Banding.Fill})
	for i := range s.row {
		if s.row[i].kind == cellBlank {
			s.row[i].kind, s.ids[i] = cellFilled, id
		}
	}
}
