package xlsx

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Excel's limits for one sheet.
const (
	MaxRows    = 1048576
	MaxColumns = 16384
)

// Column is one column of a sheet.
type Column struct {
	// Title is the text in the header.
	Title  string
	Format Format
	// Width is in characters of the default font, at most 255; 0 takes it from
	// the header and the first rows, between 6 and 60.
	Width float64
	// Total is what the row of totals, below the rows, says of the column.
	Total Total
}

// Sheet is one sheet as the caller wants it. What it refers to must stay as it is until the
// sheet is closed.
type Sheet struct {
	Name    string
	Title   Title
	Columns []Column
	Header  Header
	// FreezeHeader keeps the header, and the title above it, in view; Filter puts a
	// filter on the header.
	FreezeHeader bool
	Filter       bool
	Banding      Banding
	// Rules change the look of cells by what they hold; of those that meet and disagree,
	// the first counts.
	Rules      []Rule
	Page       Page
	Protection *Protection
	// TotalLabel is what the row of totals says in the first column that has none. The
	// row is there when a column has a total and there are rows; a sheet that goes on in
	// another one has one for its rows.
	TotalLabel string
	// Footer gives the lines below the rows, at most 20, after an empty one; nil for
	// none. It is called when a sheet is complete, also when it goes on in another one,
	// with the number of its rows.
	Footer func(rows int64) []string
}

func (s *Sheet) validate() error {
	if len(s.Columns) == 0 {
		return errors.New("a sheet needs at least one column")
	}
	if len(s.Columns) > MaxColumns {
		return fmt.Errorf("%d columns are more than the %d that Excel has", len(s.Columns), MaxColumns)
	}
	for i, c := range s.Columns {
		if math.IsNaN(c.Width) || c.Width < 0 || c.Width > maxColumnWidth {
			return fmt.Errorf("the width of column %d (%q) is %v; it must be 0 to %d", i+1, c.Title, c.Width, maxColumnWidth)
		}
	}
	return cmp.Or(s.Title.validate(), s.Header.validate(), s.Banding.validate(), s.Page.validate(), s.Protection.validate(), s.validateTotals())
}

func (s *Sheet) validateTotals() error {
	totals := 0
	for i := range s.Columns {
		c := &s.Columns[i]
		if err := c.Total.Validate(c.Format); err != nil {
			return fmt.Errorf("the total of column %d (%q): %w", i+1, c.Title, err)
		}
		if c.Total != NoTotal {
			totals++
		}
	}
	if s.TotalLabel != "" && totals == len(s.Columns) {
		return fmt.Errorf("every column has a total, so the label %q has no place; leave it out, or the total of the first column", s.TotalLabel)
	}
	return nil
}

// rowsBelow is how many rows may stand below the caller's.
func (s *Sheet) rowsBelow() (n int) {
	if slices.ContainsFunc(s.Columns, func(c Column) bool { return c.Total != NoTotal }) {
		n++
	}
	if s.Footer != nil {
		n += footerRows
	}
	return n
}
