package reference

// Named is what a reference names: rows of one of the template's sheets.
type Named struct {
	Sheet       int // its number, from 0
	First, Last int // old rows
	Text        string
}

// Sheets gives the sheets that the references name at this place, each as often as it is named.
// References over several sheets are not among them, nor are those to the place's own sheet
// without its name.
func (f *Formula) Sheets(at Place) []int {
	var all []int
	for i := range f.refs {
		r := &f.refs[i]
		if r.sheet == "" || r.until != "" {
			continue
		}
		if n := at.moves.find(r.sheet); n >= 0 {
			all = append(all, n)
		}
	}
	return all
}

// Rows gives the rows that the references name at this place, wherever they lie there. References
// over several sheets are not among them, nor are whole columns.
func (f *Formula) Rows(at Place) []Named {
	var all []Named
	for i := range f.refs {
		r := &f.refs[i]
		grids, known := at.grids(r)
		if !known || len(grids) == 0 || r.until != "" || !r.hasRows() {
			continue
		}
		all = append(all, Named{Sheet: grids[0].sheet, First: r.area.from.row, Last: r.area.to.row, Text: f.text[r.start:r.end]})
	}
	return all
}
