package reference

import (
	"errors"
	"slices"
	"strings"
)

// ErrR1C1 is the error of formulas whose references are written as R1C1, which
// workbooks do not store.
var ErrR1C1 = errors.New("references of the form R1C1 are not supported: write them as A1")

// ErrMalformed is the error of a formula whose text or brackets do not end.
var ErrMalformed = errors.New("malformed formula")

// Formula is a formula with its references found. It may be used concurrently.
type Formula struct {
	text     string
	refs     []ref
	indirect bool
}

// ref is a reference in a formula's text.
type ref struct {
	start, end   int    // in the text, the sheet included
	body         int    // where the reference begins behind its sheet
	sheet, until string // the sheets named; until only of several
	area         area   // the zero area: a name of that sheet
	use          use
	lists        *int // how many references share the arguments of its call; nil for one alone
	// namedTwice is set where the sheet stands at both ends of the range, as in S!A1:S!A9.
	namedTwice bool
	// isOffset is set where rows without $ are counted from the cell in which a name is used.
	isOffset bool
}

// appendBody appends the cells, which stay the same, behind their sheet as it is called now.
func (r *ref) appendBody(dst []byte, text string, on *Grid) []byte {
	if r.namedTwice && !strings.EqualFold(on.name, r.sheet) {
		return r.area.append(dst)
	}
	return append(dst, text[r.body:r.end]...)
}

// hasRows is false for whole columns, and for a name of a sheet.
func (r *ref) hasRows() bool { return r.area != (area{}) && !r.area.from.isColumn() }

// Parse finds the references in a cell's formula, given without "=" and
// without XML's escapes.
func Parse(formula string) (*Formula, error) { return parse(formula, asValue) }

// ParseName is Parse for what a defined name stands for: cells, all of their
// copies, rather than a value. Rows without $ are as far from the cell in which the name is
// used as they are from A1, so they stay as they are.
func ParseName(formula string) (*Formula, error) {
	f, err := parse(formula, asName)
	if err != nil {
		return nil, err
	}
	for i := range f.refs {
		r := &f.refs[i]
		r.isOffset = r.hasRows() && (!r.area.from.fixedRow || !r.area.to.fixedRow)
	}
	return f, nil
}

// ParseChart is ParseName for what a chart shows.
func ParseChart(formula string) (*Formula, error) { return parse(formula, asUnion) }

// ParseArea is ParseName for what must stay one range, such as a print area.
func ParseArea(formula string) (*Formula, error) { return parse(formula, asRange) }

func parse(formula string, whole use) (*Formula, error) {
	s := scanner{text: formula, whole: whole}
	if err := s.run(); err != nil {
		return nil, err
	}
	return &Formula{text: formula, refs: slices.Clip(s.refs), indirect: s.indirect}, nil
}

// Static says whether the formula is the same wherever and however often it stands.
func (f *Formula) Static() bool { return len(f.refs) == 0 }

// Indirect says whether the formula makes references of text, by INDIRECT: these do not move.
func (f *Formula) Indirect() bool { return f.indirect }

// String is the formula as it was parsed.
func (f *Formula) String() string { return f.text }

// References counts those in the formula.
func (f *Formula) References() int { return len(f.refs) }

// Append appends the formula as it is to be at that place, as Fit does.
func (f *Formula) Append(dst []byte, at Place) []byte {
	dst, _ = f.Fit(dst, at)
	return dst
}

// MaxUnits is how long Excel takes a formula, in UTF-16 units.
const MaxUnits = 8192

// Fit appends the formula as it is to be at that place. It fits unless it, or a list in it, has
// become longer than Excel takes: then it is #REF!, which no IFERROR in it hides.
func (f *Formula) Fit(dst []byte, at Place) (to []byte, fits bool) {
	begin, done := len(dst), 0
	most := begin + max(maxBytes, len(f.text))
	for i := 0; i < len(f.refs) && len(dst) <= most; i++ {
		r := &f.refs[i]
		dst = append(dst, f.text[done:r.start]...)
		if dst, fits = at.append(dst, f.text, r); !fits {
			return append(dst[:begin], gone...), false
		}
		done = r.end
	}
	dst = append(dst, f.text[done:]...)
	if formula := dst[begin:]; len(formula) > MaxUnits && units(formula) > MaxUnits && string(formula) != f.text {
		return append(dst[:begin], gone...), false
	}
	return dst, true
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
