// Package cells reads Excel workbooks and compares two of them, on the standard
// library alone. It shares no code with the writers that it checks, and trusts
// nothing that they write: Open reads every part to its end and checks its sum,
// refuses parts that stand twice, missing parts, wrong content types, document
// type declarations and anything beyond its Limits.
//
//	OpenFile ─► Book ─► Sheets ─► Sheet ─► Rows(func(row, cells))     one sheet, streamed
//	                      │                Layout()                   merges, widths, panes
//	                      │                Pictures()                 where they lie, their digests
//	                      └────► Diff(a, b) ─► Report                 what differs, and how much was compared
//
// What two writers may do differently without a reader seeing it reads the same
// here: shared or inline strings, style numbers, the order of parts, cells
// without a reference, escapes of characters.
//
// Rows are streamed: memory holds the shared strings and one row, whatever the
// size of the workbook.
package cells
