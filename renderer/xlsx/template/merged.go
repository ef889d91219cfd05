package template

import "strings"

// cellPlace is where a cell stands, both from 1.
type cellPlace struct{ column, row int }

// mergedCells has the last cell of every range that cells are merged to, by the first.
type mergedCells map[cellPlace]cellPlace

// readMerged reads them from what is behind a sheet's rows.
func readMerged(tail []byte) (mergedCells, error) {
	m := make(mergedCells)
	err := eachTag(tail, func(t *tag) {
		if t.is("mergeCell") && t.kind != tagClose {
			from, to, _ := strings.Cut(t.get("ref"), ":")
			m[cellPlace{columnOf(from), rowOf(from)}] = cellPlace{columnOf(to), rowOf(to)}
		}
	})
	return m, err
}

// last is the last cell of what the cell is merged with: itself if with none.
func (m mergedCells) last(column, row int) cellPlace {
	if to, ok := m[cellPlace{column, row}]; ok {
		return to
	}
	return cellPlace{column, row}
}

// lastRow is the row in which cells end that begin in a block from the row first to last:
// where its markers stand in merged cells, all of these belong to it.
func (s *sheet) lastRow(first, last int, end *cell) int {
	reached := last
	for _, r := range s.rows {
		if r.number < first || r.number > last {
			continue
		}
		for _, c := range r.cells {
			if c.field != nil || c.words != nil || c == end {
				reached = max(reached, s.merged.last(c.column, r.number).row)
			}
		}
	}
	return reached
}

// findLone finds the rows that have nothing but markers of blocks, those that their cells
// are merged with included.
func (s *sheet) findLone() {
	for i, r := range s.rows {
		if len(r.bounds) == 0 {
			continue
		}
		last := r.number
		for _, b := range r.bounds {
			last = max(last, s.merged.last(b.cell.column, r.number).row)
		}
		if r.blank() && !isHeld(s.rows[i+1:], last) {
			r.loneUntil = last
		}
	}
}

// isHeld says whether there is anything in the rows up to the last one.
func isHeld(rows []*row, last int) bool {
	for _, r := range rows {
		if r.number <= last && (len(r.bounds) > 0 || !r.blank()) {
			return true
		}
	}
	return false
}
