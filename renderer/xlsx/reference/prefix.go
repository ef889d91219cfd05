package reference

import "strings"

// appendPrefix appends the sheets of a reference, as they were written if
// their names did not change.
func appendPrefix(dst []byte, written string, r *ref, grids []*Grid) []byte {
	first, last := grids[0].name, grids[len(grids)-1].name
	until := r.until
	if until == "" {
		until = r.sheet
	}
	if r.sheet == "" || strings.EqualFold(first, r.sheet) && strings.EqualFold(last, until) {
		return append(dst, written...)
	}
	return appendSheets(dst, first, last)
}

// appendSheets always quotes: which names need it depends on the program that reads them.
func appendSheets(dst []byte, first, last string) []byte {
	names := first
	if first != last {
		names += ":" + last
	}
	dst = append(dst, '\'')
	dst = append(dst, strings.ReplaceAll(names, "'", "''")...)
	return append(dst, "'!"...)
}
