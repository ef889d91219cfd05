package xlsx

import (
	"cmp"
	"errors"
	"fmt"
	"math"
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
}

// Sheet is one sheet as the caller wants it.
type Sheet struct {
	Name    string
	Title   Title
	Columns []Column
	Header  Header
	// FreezeHeader keeps the header, and the title above it, in view; Filter puts a
	// filter on the header.
	FreezeHeader bool
	Filter       bool
}

func (s Sheet) validate() error {
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
	return cmp.Or(s.Title.validate(), s.Header.validate())
}
