// Package xlsx writes Excel workbooks from rows of typed values, straight into
// an io.Writer: rows are encoded as they come, compressed and passed on. Memory does
// not grow with them. It knows nothing of where rows come from.
//
//	Book ─► New ─► Writer ─► Sheet ─► SheetWriter ─► Row, Row, … ─► Close ─► Close ─► Summary
//	                           ▲                                      │
//	                           └──────────── the next sheet ──────────┘
//
// A Sheet says what its columns are, and what is around the rows: a title, frozen rows and
// a filter, a row of totals, a footer, fills, rules by which cells change their look, how it
// is printed, and what a reader may change.
//
// What is guaranteed:
//
//   - The same calls give the same bytes.
//   - A value is written exactly, or the change is in Summary.Substitutions:
//     text that Excel cannot hold, numbers that a double cannot, dates outside
//     1900–9999, text that is not what its column's format says.
//   - Text stays text, also when it looks like a formula or like an escape.
//   - Date and time values are wall clocks: no time zone is applied here.
//   - A picture lies over its cell as its file came, without distortion and the right
//     way up; what cannot be shown is text in the cell, and a substitution. Memory holds
//     one at a time, and at most 32 MiB of those that come after 8 MiB of rows.
//   - More rows than a sheet holds go on in a sheet named "name (2)", under the
//     same title and header, with totals and a footer for its own rows.
//     So does a sheet of more than 4 GiB whose rows were short at first.
//   - An error from the destination is returned by the call that met it and by
//     every later one; so is the end of the context. Nothing is kept in files.
//
// A workbook is complete only when Writer.Close returned nil: until then the
// destination holds a zip archive without a directory, which no reader opens.
package xlsx
