package reference

// Between gives the references, as they are written, that take in rows at this place
// that come from none of those which they name: what lies between the copies, where
// a function wants one range.
func (f *Formula) Between(at Place) []string {
	var all []string
	for i := range f.refs {
		r := &f.refs[i]
		grids, known := at.grids(r)
		if !known || len(grids) == 0 || !r.hasRows() || r.use.takesList() {
			continue
		}
		if rows, ok := at.rows(grids[0], r); ok && len(grids[0].rows.spansWithin(nil, rows, r.area.from.row, r.area.to.row, 1)) > 1 {
			all = append(all, f.text[r.start:r.end])
		}
	}
	return all
}
