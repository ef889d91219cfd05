package verify

import (
	"fmt"
	"math"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// totals are those of the rows of one sheet, by column.
type totals struct{ columns map[int]*columnTotal }

type columnTotal struct {
	total       report.Total
	filled      int
	numbers     int
	sum         float64
	least, most float64
}

func newTotals(l *layout) *totals {
	t := &totals{columns: map[int]*columnTotal{}}
	for i, c := range l.columns {
		if c.total != report.TotalNone {
			t.columns[i] = &columnTotal{total: c.total}
		}
	}
	return t
}

func (t *totals) add(row []expected) {
	for i, c := range t.columns {
		cell := row[i]
		if cell.kind == cells.Empty {
			continue
		}
		c.filled++
		if cell.kind != cells.Number {
			continue
		}
		if c.numbers == 0 {
			c.least, c.most = cell.number, cell.number
		}
		c.numbers++
		c.sum += cell.number
		c.least, c.most = min(c.least, cell.number), max(c.most, cell.number)
	}
}

// value is the total; ok is false where there is none.
func (c *columnTotal) value() (value float64, ok bool) {
	switch c.total {
	case report.TotalCount:
		return float64(c.filled), true
	case report.TotalSum:
		return c.sum, true
	case report.TotalAverage:
		return c.sum / float64(c.numbers), c.numbers > 0
	case report.TotalMin:
		return c.least, true
	default:
		return c.most, true
	}
}

// formula is what a total follows the filter by.
func (c *columnTotal) formula(area string) string {
	switch c.total {
	case report.TotalCount:
		return "SUBTOTAL(103," + area + ")"
	case report.TotalSum:
		return "SUBTOTAL(109," + area + ")"
	case report.TotalAverage:
		return "IFERROR(SUBTOTAL(101," + area + `),"")`
	case report.TotalMin:
		return "SUBTOTAL(105," + area + ")"
	default:
		return "SUBTOTAL(104," + area + ")"
	}
}

// compareTotals compares the row of totals below the row last.
func (s *sheetComparison) compareTotals(last int) error {
	number := s.number
	s.number++
	row, err := s.reading.row(number)
	if err != nil {
		return err
	}
	got := make([]cells.Cell, len(s.want))
	for i := range got {
		got[i] = cells.Cell{Row: number, Col: i + 1}
	}
	for _, cell := range row {
		if cell.Col > len(got) {
			s.beyond([]cells.Cell{cell})
			continue
		}
		got[cell.Col-1] = cell
	}
	label := s.frame.label()
	for i, cell := range got {
		if c, ok := s.frame.totals.columns[i]; ok {
			s.compareTotal(cell, c, cells.Cell{Row: s.frame.headerRow() + 1, Col: i + 1}.Ref()+":"+cells.Cell{Row: last, Col: i + 1}.Ref())
			continue
		}
		want := expected{}
		if label != "" {
			want, label = textCell(label, ""), "" // in the first column without a total
		}
		if s.m.cells++; !want.is(cell, true) {
			s.m.cellDiffers(s.name, cell.Ref(), show(cell), want.String())
		}
	}
	return nil
}

// totalSlack is by how much a total may differ from what the numbers add up to here, as a
// share: in what order they are added changes the last digits.
const totalSlack = 1e-9

func (s *sheetComparison) compareTotal(got cells.Cell, c *columnTotal, area string) {
	s.m.cells++
	value, ok := c.value()
	f, isNumber := got.Float()
	slack := totalSlack * math.Max(1, math.Abs(value))
	if got.Formula == c.formula(area) && ok == isNumber && (!ok || math.Abs(f-value) <= slack) {
		return
	}
	want := fmt.Sprintf("nothing from the formula %q", c.formula(area))
	if ok {
		want = fmt.Sprintf("%v from the formula %q", value, c.formula(area))
	}
	s.m.cellDiffers(s.name, got.Ref(), show(got), want)
}
