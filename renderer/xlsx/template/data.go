package template

import (
	"fmt"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// Data is what a template is filled with.
type Data struct {
	// Fields are the values outside of blocks.
	Fields map[string]xlsx.Value
	// Tables are the results of queries, by the queries' names.
	Tables map[string]*Table
	// Picture finds the picture of a key for markers of the format [xlsx.FormatImageKey]:
	// [xlsx.Image], or [xlsx.MissingImage]. Any error ends Fill. It may be nil where there
	// are no such markers.
	Picture func(key string) (xlsx.Value, error)
}

// Table is the result of a query, or a list within a row of one. It is held as long as
// the template is being filled.
type Table struct {
	Columns []string
	// Rows have a value for each column; those missing at the end are Null.
	Rows [][]xlsx.Value
	// Nested are the lists within rows, by the name of the column that holds them: one
	// table for each row, nil for an empty one.
	Nested map[string][]*Table
}

// Summary is what became of a filled template.
type Summary struct {
	// Rows counts the rows of queries that were written.
	Rows int64
	// Sheets counts the sheets of the workbook.
	Sheets int
	// Excelize is set if the template has what Unsupported names, and so was filled the
	// slow way.
	Excelize      bool
	Substitutions xlsx.Substitutions
}

// Reason is something in a template that is not compiled.
type Reason struct {
	Sheet string
	// Cell is empty for what is no cell's.
	Cell string
	Why  string
}

// String names the place and what is there.
func (r Reason) String() string { return where(r.Sheet, r.Cell) + ": " + r.Why }

// PlaceError is a mistake at one place of a template.
type PlaceError struct {
	Sheet string
	// Cell is empty for a sheet's name, and for what is no cell's.
	Cell string
	Err  error
}

func (e *PlaceError) Error() string { return where(e.Sheet, e.Cell) + ": " + e.Err.Error() }

// Unwrap gives the mistake.
func (e *PlaceError) Unwrap() error { return e.Err }

func where(sheet, cell string) string {
	if cell == "" {
		return fmt.Sprintf("sheet %q", sheet)
	}
	return fmt.Sprintf("sheet %q, cell %s", sheet, cell)
}

// UnknownError is returned for a marker that names what the data has not.
type UnknownError struct {
	Kind Kind
	Name string
}

func (e *UnknownError) Error() string {
	switch e.Kind {
	case Rows:
		return fmt.Sprintf("there is no query or list %q; name one of the report's queries", e.Name)
	case If, Unless:
		return fmt.Sprintf("there is no field, query or list %q; correct the name in the template", e.Name)
	}
	return fmt.Sprintf("there is no field %q; correct the name in the template, or add the column to the query", e.Name)
}
