package cells

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Diff compares two workbooks: sheets and their order, and of each cell its kind,
// value, number format and formula, and the pictures over it. Sheets are paired by name. Numbers are equal
// when Excel's 15 digits are. It reads both as streams, one row of each at a time.
func Diff(a, b *Book, options Options) (Report, error) {
	if options.Max == 0 {
		options.Max = defaultMax
	}
	d := differ{max: options.Max, accept: options.Accept}
	d.sheets(a, b)
	for _, sheet := range a.sheets {
		other := b.Sheet(sheet.Name)
		if other == nil {
			continue
		}
		d.name = sheet.Name
		d.report.Sheets++
		if err := d.sheet(sheet, other); err != nil {
			return d.report, err
		}
	}
	return d.report, nil
}

type differ struct {
	report Report
	name   string
	titles map[int]string // of the sheet's columns
	max    int
	accept func(*Difference) bool
}

func (d *differ) add(cell string, what What, a, b string) {
	d.addIn("", cell, what, a, b)
}

// addCell adds a difference of one cell.
func (d *differ) addCell(c Cell, what What, a, b string) {
	d.addIn(d.titles[c.Col], c.Ref(), what, a, b)
}

func (d *differ) addIn(column, cell string, what What, a, b string) {
	difference := Difference{Sheet: d.name, Cell: cell, Column: column, What: what, A: shown(a), B: shown(b)}
	if d.accept != nil && d.accept(&difference) {
		d.report.Accepted++
		return
	}
	d.report.Total++
	if len(d.report.Differences) < d.max {
		d.report.Differences = append(d.report.Differences, difference)
	}
}

// setTitles takes the texts of the first row.
func (d *differ) setTitles(cells []Cell) {
	for _, c := range cells {
		if c.Kind == Text {
			d.titles[c.Col] = shown(c.Text)
		}
	}
}

func shown(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}

// sheets compares the lists of sheets.
func (d *differ) sheets(a, b *Book) {
	namesA, namesB := d.common(a, b, true), d.common(b, a, false)
	if !slices.EqualFunc(namesA, namesB, strings.EqualFold) {
		d.name = ""
		d.add("", DiffOrder, strings.Join(namesA, ", "), strings.Join(namesB, ", "))
	}
}

// common gives the names of a's sheets that b has too, and notes the others.
func (d *differ) common(a, b *Book, first bool) []string {
	var names []string
	for _, s := range a.sheets {
		if b.Sheet(s.Name) != nil {
			names = append(names, s.Name)
			continue
		}
		d.name = s.Name
		if first {
			d.add("", DiffSheet, s.Name, "")
		} else {
			d.add("", DiffSheet, "", s.Name)
		}
	}
	return names
}

func (d *differ) sheet(a, b *Sheet) error {
	if a.Name != b.Name {
		d.add("", DiffSheet, a.Name, b.Name)
	}
	if a.Visibility != b.Visibility {
		d.add("", DiffVisibility, string(a.Visibility), string(b.Visibility))
	}
	if a.Worksheet != b.Worksheet {
		d.add("", DiffKind, sheetKind(a), sheetKind(b))
		return nil
	}
	if err := d.rows(a, b); err != nil {
		return err
	}
	if err := d.merges(a, b); err != nil {
		return err
	}
	return d.pictures(a, b)
}

func sheetKind(s *Sheet) string {
	if s.Worksheet {
		return "worksheet"
	}
	return "sheet without cells"
}

// rows walks both sheets at once; a row that one does not state has no cells.
func (d *differ) rows(a, b *Sheet) error {
	var errA, errB error
	nextA, stopA := iter.Pull2(a.all(&errA))
	defer stopA()
	nextB, stopB := iter.Pull2(b.all(&errB))
	defer stopB()
	rowA, cellsA, okA := nextA()
	rowB, cellsB, okB := nextB()
	d.titles = map[int]string{}
	if okA && rowA == 1 {
		d.setTitles(cellsA)
	}
	for errA == nil && errB == nil && (okA || okB) {
		switch {
		case okA && (!okB || rowA < rowB):
			d.cells(cellsA, nil)
			rowA, cellsA, okA = nextA()
		case okB && (!okA || rowB < rowA):
			d.cells(nil, cellsB)
			rowB, cellsB, okB = nextB()
		default:
			d.cells(cellsA, cellsB)
			rowA, cellsA, okA = nextA()
			rowB, cellsB, okB = nextB()
		}
	}
	if errA != nil {
		return fmt.Errorf("first workbook: %w", errA)
	}
	if errB != nil {
		return fmt.Errorf("second workbook: %w", errB)
	}
	return nil
}

// all is Rows as an iterator; *err is set when it ends early.
func (s *Sheet) all(err *error) iter.Seq2[int, []Cell] {
	return func(yield func(int, []Cell) bool) {
		*err = s.Rows(func(row int, cells []Cell) error {
			if !yield(row, cells) {
				return errStopped
			}
			return nil
		})
	}
}

const errStopped = stopped("reading stopped")

type stopped string

func (s stopped) Error() string { return string(s) }

// cells compares two rows, by column.
func (d *differ) cells(a, b []Cell) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || (len(a) > 0 && a[0].Col < b[0].Col):
			d.cell(a[0], absent(a[0]))
			a = a[1:]
		case len(a) == 0 || b[0].Col < a[0].Col:
			d.cell(absent(b[0]), b[0])
			b = b[1:]
		default:
			d.cell(a[0], b[0])
			a, b = a[1:], b[1:]
		}
	}
}

// absent is a cell that is not stated, in the place of one that is. A style on
// nothing shows nothing, so it has the other's format.
func absent(other Cell) Cell {
	return Cell{Row: other.Row, Col: other.Col, Format: other.Format}
}

func (d *differ) cell(a, b Cell) {
	if a.Formula != b.Formula {
		d.addCell(a, DiffFormula, a.Formula, b.Formula)
	}
	if a.Kind == Empty && b.Kind == Empty {
		return
	}
	d.report.Cells++
	switch {
	case a.Kind != b.Kind:
		d.addCell(a, DiffKind, a.Kind.String()+" "+readable(a), b.Kind.String()+" "+readable(b))
		return
	case !sameValue(a, b):
		d.addCell(a, DiffValue, readable(a), readable(b))
	}
	if !strings.EqualFold(a.Format, b.Format) {
		d.addCell(a, DiffFormat, a.Format, b.Format)
	}
}

// readable is a cell's text; what its format shows as a date or duration is written so,
// with the number behind it: 2026-10-31 12:00:00 (46326.5).
func readable(c Cell) string {
	if at, ok := c.Time(); ok {
		layout := time.DateTime + ".999"
		switch days, _ := c.Float(); {
		case days < 1:
			layout = time.TimeOnly + ".999"
		case at.Equal(at.Truncate(24 * time.Hour)):
			layout = time.DateOnly
		}
		return at.Format(layout) + " (" + c.Text + ")"
	}
	if d, ok := c.Elapsed(); ok {
		return d.String() + " (" + c.Text + ")"
	}
	return c.Text
}

func sameValue(a, b Cell) bool {
	if a.date1904 != b.date1904 && a.Kind == Number {
		timeA, okA := a.Time()
		timeB, okB := b.Time()
		if okA || okB {
			return okA && okB && timeA.Equal(timeB)
		}
	}
	if a.Text == b.Text || a.Kind != Number {
		return a.Text == b.Text
	}
	numberA, okA := a.Float()
	numberB, okB := b.Float()
	return okA && okB && sameNumber(numberA, numberB)
}

// sameNumber compares the 15 digits that Excel shows and keeps of a number. Two
// writers of one double may differ behind them.
func sameNumber(a, b float64) bool {
	const digits = 15
	if a == b {
		return true
	}
	if math.Abs(a-b) > math.Abs(a)*1e-14 {
		return false
	}
	return strconv.FormatFloat(a, 'e', digits-1, 64) == strconv.FormatFloat(b, 'e', digits-1, 64)
}

// merges compares the merged ranges, whatever their order.
func (d *differ) merges(a, b *Sheet) error {
	layoutA, err := a.Layout()
	if err != nil {
		return err
	}
	layoutB, err := b.Layout()
	if err != nil {
		return err
	}
	in := make(map[string]int, len(layoutA.Merges))
	for _, ref := range layoutA.Merges {
		in[ref]++
	}
	for _, ref := range layoutB.Merges {
		in[ref]--
	}
	for _, ref := range slices.Sorted(maps.Keys(in)) {
		if in[ref] > 0 {
			d.add(ref, DiffMerge, ref, "")
		} else if in[ref] < 0 {
			d.add(ref, DiffMerge, "", ref)
		}
	}
	return nil
}
