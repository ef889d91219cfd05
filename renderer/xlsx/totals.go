package xlsx

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Total is what the row of totals says of a column. It is a formula over the rows that a
// filter shows, so it follows the filter. The zero Total is none.
type Total string

// The totals. A sum, an average, a least and a largest one are of the column's numbers,
// dates and times; a count is of its cells that are not empty, those with a text of no
// characters included.
const (
	NoTotal      Total = ""
	TotalSum     Total = "sum"
	TotalAverage Total = "average"
	TotalCount   Total = "count"
	TotalMin     Total = "min"
	TotalMax     Total = "max"
)

// TotalNames are the totals as text, for messages and help.
func TotalNames() []string {
	return []string{string(TotalSum), string(TotalAverage), string(TotalCount), string(TotalMin), string(TotalMax)}
}

// Validate says why a column of a format cannot have the total.
func (t Total) Validate(f Format) error {
	switch {
	case t == NoTotal:
		return nil
	case !slices.Contains(TotalNames(), string(t)):
		return fmt.Errorf("unknown total %q; known are %s", t, strings.Join(TotalNames(), ", "))
	case f.accepts == acceptsImage:
		return errors.New("cells with pictures hold nothing that could be counted or added up")
	case t == TotalCount:
		return nil
	case f.accepts == acceptsText || f.accepts == acceptsBool || f.accepts == acceptsLink:
		return fmt.Errorf("a column of text or truth values has no %s; write %q, or give it a format of numbers or dates", t, TotalCount)
	case t == TotalSum && (f.accepts == acceptsDate || f.accepts == acceptsTemporal):
		return fmt.Errorf("dates have no sum; write %q, %q, %q or %q", TotalAverage, TotalCount, TotalMin, TotalMax)
	}
	return nil
}

// formula is the total of a range. The functions from 100 leave out rows that are hidden
// in whatever way. An average of nothing would be an error.
func (t Total) formula(of area) string {
	switch t {
	case TotalSum:
		return "SUBTOTAL(109," + of.String() + ")"
	case TotalAverage:
		return "IFERROR(SUBTOTAL(101," + of.String() + `),"")`
	case TotalCount:
		return "SUBTOTAL(103," + of.String() + ")"
	case TotalMin:
		return "SUBTOTAL(105," + of.String() + ")"
	}
	return "SUBTOTAL(104," + of.String() + ")"
}

// columnTotal is the total of one column's rows so far, as a program that calculates
// would have it: readers that do not calculate see it.
type columnTotal struct {
	total  Total
	column int
	// cells counts those that are not empty, numbers those that can be added up.
	cells, numbers int64
	// sum and rest together are the sum.
	sum, rest   float64
	least, most float64
	// lastCode is the number format of the last number.
	lastCode string
}

func (t *columnTotal) add(c *cell) {
	if c.kind == cellBlank || c.kind == cellFilled {
		return
	}
	t.cells++
	if c.kind != cellNumber {
		return
	}
	n := c.float()
	if t.numbers == 0 {
		t.least, t.most = n, n
	}
	t.numbers++
	t.least, t.most, t.lastCode = min(t.least, n), max(t.most, n), c.code
	t.addUp(n)
}

// addUp adds in twice the digits of a double: what the rounded sum lacks is kept too.
func (t *columnTotal) addUp(n float64) {
	sum := t.sum + n
	added := sum - t.sum
	lost := (t.sum - (sum - added)) + (n - added)
	rest := t.rest + lost
	t.sum = sum + rest
	t.rest = rest - (t.sum - sum)
}

// value is the total; ok is false where there is none.
func (t *columnTotal) value() (value float64, ok bool) {
	switch t.total {
	case TotalSum:
		value = t.sum
	case TotalAverage:
		value = t.sum / float64(t.numbers)
	case TotalCount:
		value = float64(t.cells)
	case TotalMin:
		value = t.least
	case TotalMax:
		value = t.most
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, false
	}
	// What a sum of doubles has beyond the digits that Excel keeps is noise.
	value, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', maxDecimals, 64), 64)
	return value, err == nil
}

// code is the number format of the total under a column of that format.
func (t *columnTotal) code(f *Format) string {
	switch {
	case t.total == TotalCount:
		return "#,##0"
	case t.total == TotalSum && f.accepts == acceptsTime:
		return durationCode
	}
	return cmp.Or(f.code, t.lastCode)
}
