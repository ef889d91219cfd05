package reference

// Named is what a reference names: rows of one of the template's sheets.
type Named struct {
	Sheet       int // its number, from 0
	First, Last int // old rows
	Text        string
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
