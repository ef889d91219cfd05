package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	errConditionalTable = errors.New("all rows of a table, or of what a pivot table is of, are in a block on a condition; there must be a row")
	errTableHeader      = errors.New("a marker in the header of a table, or of what a pivot table is of; its columns have these names: write the header as it is to be")
)

// table is where a table lies.
type table struct {
	// columns and rows are the first and last ones; header is the row of the columns'
	// names, 0 for none.
	firstColumn, lastColumn, header, first, last int
}

// checkTables sees that tables stay tables when they are filled.
func (c *compiler) checkTables() error {
	for _, s := range c.sheets {
		for _, r := range s.relations {
			if r.kind != "table" || r.external || !s.filled {
				continue
			}
			t, err := c.readTable(r.target)
			if err != nil {
				return err
			}
			c.checkTable(s, t)
		}
	}
	return nil
}

func (c *compiler) readTable(name string) (table, error) {
	content, err := c.parts.read(name)
	if err != nil {
		return table{}, err
	}
	var found table
	err = eachTag(content, func(t *tag) {
		if !t.is("table") || t.kind == tagClose {
			return
		}
		from, to, _ := strings.Cut(t.get("ref"), ":")
		found = table{firstColumn: columnOf(from), lastColumn: columnOf(to), first: rowOf(from), last: rowOf(to)}
		if t.get("headerRowCount") != "0" {
			found.header = found.first
			found.first++
		}
		if n, err := strconv.Atoi(t.get("totalsRowCount")); err == nil {
			found.last -= n
		}
	})
	if err != nil {
		return table{}, fmt.Errorf("part %s: %w", name, err)
	}
	return found, nil
}

func (c *compiler) checkTable(s *sheet, t table) {
	for _, r := range s.rows {
		for _, cell := range r.cells {
			if r.number == t.header && (cell.field != nil || cell.words != nil) && t.firstColumn <= cell.column && cell.column <= t.lastColumn {
				c.mistake(&PlaceError{Sheet: s.name, Cell: columnLetters(cell.column) + strconv.Itoa(r.number), Err: errTableHeader})
			}
		}
	}
	gone := looker{}.keep(s.body, t.first, t.last)
	if gone != nil && gone.kind != "" {
		c.mistake(&PlaceError{Sheet: s.name, Cell: gone.begin.reference(), Err: errConditionalTable})
	}
}
