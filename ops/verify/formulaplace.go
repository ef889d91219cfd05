package verify

import "strings"

// formPlace is where a formula stands: in a copy of a block on a page. all are the pages of
// each sheet of the form, by the sheets' names in lower case.
type formPlace struct {
	all  map[string][]*formPage
	page *formPage
	copy *formCopy
}

// formReference is a reference as a form's formula has it: the sheet with "!", and the cells.
type formReference struct {
	prefix, written string
	cells           cellRange
	// summed says that it is an argument of which all cells are summed up.
	summed bool
}

// The most that a list in a formula may be before it is written in another way.
const (
	maxListed    = 200
	maxListBytes = 8000
)

const gone = "#REF!"

// pagesOf gives the pages that a reference's sheet, quotes and all, means here.
func (p *formPlace) pagesOf(sheet string) (pages []*formPage, known bool) {
	if sheet == "" {
		return []*formPage{p.page}, true
	}
	name := sheetName(sheet)
	if strings.EqualFold(name, p.page.drawn.name) {
		return []*formPage{p.page}, true
	}
	pages, known = p.all[strings.ToLower(name)]
	return pages, known
}

// sheetName is a sheet's name without the quotes that a reference has it in.
func sheetName(quoted string) string {
	return strings.ReplaceAll(strings.Trim(quoted, "'"), "''", "'")
}

// spell gives how a reference to a sheet, quotes and all, may be written here; ok is false for one
// of which nothing can be said.
func (p *formPlace) spell(sheet string, ref *formReference) (spellings formulaPiece, ok bool) {
	pages, known := p.pagesOf(sheet)
	if !known {
		return formulaPiece{ref.prefix + ref.written}, true
	}
	return p.spellOnAll(ref, pages)
}

// spellOnAll is spell for the pages of the sheet.
func (p *formPlace) spellOnAll(ref *formReference, pages []*formPage) (spellings formulaPiece, ok bool) {
	switch {
	case len(pages) == 1:
		return p.spellOn(ref, pages[0])
	case len(pages) == 0:
		return formulaPiece{gone}, true
	case !ref.cells.hasRows():
		return nil, false
	case !ref.summed:
		spellings, ok = p.spellOn(ref, pages[0])
		return append(spellings, gone), ok
	}
	var each []string
	for _, page := range pages {
		if len(p.spans(ref, page)) > 0 {
			on, ok := p.spellOn(ref, page)
			if !ok {
				return nil, false
			}
			each = append(each, on[0])
		}
	}
	list := strings.Join(each, ",")
	if len(each) == 0 {
		list = gone
	}
	return formulaPiece{list}, len(list) <= maxListBytes && strings.Count(list, ",") < maxListed
}

// spellOn is spellOnAll for one page.
func (p *formPlace) spellOn(ref *formReference, page *formPage) (spellings formulaPiece, ok bool) {
	prefix := ref.prefixOn(page)
	if prefix != ref.prefix && strings.Contains(ref.written, "!") { // the sheet again, which has another name now
		again := *ref
		again.written = ref.cells.String()
		ref = &again
	}
	if !ref.cells.hasRows() {
		return formulaPiece{prefix + ref.written}, true
	}
	spans := p.spans(ref, page)
	switch {
	case len(spans) == 0:
		return formulaPiece{prefix + gone}, true
	case len(spans) > 1:
		var listed []string
		for _, s := range spans {
			listed = append(listed, prefix+ref.cells.in(s).short().String())
		}
		list := strings.Join(listed, ",")
		return formulaPiece{list, "(" + list + ")"}, len(list) <= maxListBytes
	}
	spellings = formulaPiece{prefix + ref.in(spans[0])}
	if ref.cells.single && !ref.summed {
		first := ref.in(rowSpan{spans[0].first, spans[0].first})
		spellings = formulaPiece{prefix + first, spellings[0]}
	}
	return spellings, true
}

// prefixOn is the sheet in front of the reference, as a page is named.
func (ref *formReference) prefixOn(page *formPage) string {
	if ref.prefix == "" || strings.EqualFold(page.name, page.drawn.name) {
		return ref.prefix
	}
	return "'" + strings.ReplaceAll(page.name, "'", "''") + "'!"
}

// in is the reference to other rows, spelt as it was if they are the same.
func (ref *formReference) in(s rowSpan) string {
	if s == (rowSpan{ref.cells.from.row, ref.cells.to.row}) {
		return ref.written
	}
	return ref.cells.in(s).String()
}

// spans are the rows of a page that a reference means here: several where all of them are
// summed up and there are others between them.
func (p *formPlace) spans(ref *formReference, page *formPage) []rowSpan {
	rows, ok := p.rows(ref.cells, page)
	if !ok {
		return nil
	}
	if !ref.summed {
		return []rowSpan{rows}
	}
	var within []rowSpan
	for _, s := range page.root.spans(nil, ref.cells.from.row, ref.cells.to.row) {
		within = joined(within, rowSpan{max(s.first, rows.first), min(s.last, rows.last)})
	}
	if len(within) < 2 {
		return []rowSpan{rows}
	}
	return within
}

// rows are the first to the last row that a range means on a page.
func (p *formPlace) rows(r cellRange, page *formPage) (rowSpan, bool) {
	first, ok := p.end(page, r.from, r.to, r, func(s rowSpan) int { return s.first })
	if !ok {
		return rowSpan{}, false
	}
	last, ok := p.end(page, r.to, r.from, r, func(s rowSpan) int { return s.last })
	return rowSpan{min(first, last), max(first, last)}, ok
}

// end is the row of one end of a range: in the copy that has the row of that corner, or, where
// both ends are not in one, in what is around it.
func (p *formPlace) end(page *formPage, c, other corner, r cellRange, of func(rowSpan) int) (int, bool) {
	if p.isAbove(page, c, other) {
		return p.copy.start - 1, true
	}
	home := p.home(page, c)
	apart := home != p.home(page, other) || p.isAbove(page, other, c)
	for ; home != nil; home = home.outer {
		if all, ok := home.cover(r.from.row, r.to.row); ok {
			return of(all), true
		}
		if !apart {
			break
		}
	}
	return 0, false
}

// home is the copy whose rows a corner means: the innermost one here that has its row, or,
// with $, around the block that this is in.
func (p *formPlace) home(page *formPage, c corner) *formCopy {
	if page != p.page {
		return page.root
	}
	home := p.copy
	if c.fixedRow && home.outer != nil {
		home = home.outer
	}
	for home.outer != nil && (c.row < home.block.first || home.block.last < c.row) {
		home = home.outer
	}
	return home
}

// isAbove says whether a corner means the row above this one: in a later copy of a block of
// one row, the row above the block, if that is no other block's, and the range does not lie above
// the block as a whole.
func (p *formPlace) isAbove(page *formPage, c, other corner) bool {
	b := p.copy.block
	if page != p.page || p.copy.outer == nil || p.copy.number == 0 || b.first != b.last || c.fixedRow || c.row != b.first-1 || !other.fixedRow && other.row < c.row {
		return false
	}
	around := p.copy.outer.block
	if c.row < around.first {
		return false
	}
	for _, inner := range around.inner {
		if inner.first <= c.row && c.row <= inner.last {
			return false
		}
	}
	return true
}
