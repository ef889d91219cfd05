package reference

// Apart gives the references, as they are written, that name cells of several pages of one
// sheet at this place where a function, or what else they are of, wants cells of one sheet.
// Append makes #REF! of them.
func (f *Formula) Apart(at Place) []string {
	var all []string
	for i := range f.refs {
		r := &f.refs[i]
		grids, _ := at.grids(r)
		if len(grids) > 1 && r.until == "" && !r.use.takesSheets() && !r.use.listsSheets() {
			all = append(all, f.text[r.start:r.end])
		}
	}
	return all
}
