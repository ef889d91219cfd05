package reference

import "errors"

// ErrR1C1 is the error of formulas whose references are written as R1C1, which
// workbooks do not store.
var ErrR1C1 = errors.New("references of the form R1C1 are not supported: write them as A1")

// ErrMalformed is the error of a formula whose text or brackets do not end.
var ErrMalformed = errors.New("malformed formula")

// Formula is a formula with its references found. It may be used concurrently.
type Formula struct {
	text string
	refs []ref
}

// ref is a reference in a formula's text.
type ref struct {
	start, end   int    // in the text, the sheet included
	body         int    // where the reference begins behind its sheet
	sheet, until string // the sheets named; until only of several
	area         area   // the zero area: a name of that sheet
	use          use
	lists        *int // how many references share the arguments of its call; nil for one alone
}

// hasRows is false for whole columns, and for a name of a sheet.
func (r *ref) hasRows() bool { return r.area != (area{}) && !r.area.from.isColumn() }

// Parse finds the references in a cell's formula, given without "=" and
// without XML's escapes.
func Parse(formula string) (*Formula, error) { return parse(formula, asValue) }

// ParseName is Parse for what a defined name stands for: cells, all of their
// copies, rather than a value.
func ParseName(formula string) (*Formula, error) { return parse(formula, asName) }

// ParseChart is ParseName for what a chart shows.
func ParseChart(formula string) (*Formula, error) { return parse(formula, asUnion) }

// ParseArea is ParseName for what must stay one range, such as a print area.
func ParseArea(formula string) (*Formula, error) { return parse(formula, asRange) }

func parse(formula string, whole use) (*Formula, error) {
	s := scanner{text: formula, whole: whole}
	if err := s.run(); err != nil {
		return nil, err
	}
	return &Formula{text: formula, refs: s.refs}, nil
}

// Static says whether the formula is the same wherever and however often it stands.
func (f *Formula) Static() bool { return len(f.refs) == 0 }

// String is the formula as it was parsed.
func (f *Formula) String() string { return f.text }

// Append appends the formula as it is to be at that place.
func (f *Formula) Append(dst []byte, at Place) []byte {
	done := 0
	for i := range f.refs {
		r := &f.refs[i]
		dst = append(dst, f.text[done:r.start]...)
		dst = at.append(dst, f.text, r)
		done = r.end
	}
	return append(dst, f.text[done:]...)
}

// Offset is the formula as Excel makes it when its cell is copied so many rows down and
// columns to the right: how the followers of a shared formula are to be read.
func (f *Formula) Offset(rows, columns int) string {
	var dst []byte
	done := 0
	for i := range f.refs {
		r := &f.refs[i]
		if r.area == (area{}) {
			continue
		}
		dst = append(dst, f.text[done:r.body]...)
		dst = r.area.offset(rows, columns).append(dst)
		done = r.end
	}
	return string(append(dst, f.text[done:]...))
}

func (a area) offset(rows, columns int) area {
	a.from, a.to = a.from.offset(rows, columns), a.to.offset(rows, columns)
	return a
}

// offset wraps around at the sheet's edges, as Excel does in shared formulas.
func (c corner) offset(rows, columns int) corner {
	if c.row > 0 && !c.fixedRow {
		c.row = wrap(c.row+rows, MaxRow)
	}
	if c.column > 0 && !c.fixedColumn {
		c.column = wrap(c.column+columns, MaxColumn)
	}
	return c
}

func wrap(n, limit int) int { return ((n-1)%limit+limit)%limit + 1 }
