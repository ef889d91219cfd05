// Package reference moves A1 references when rows of a template are repeated
// or left out, and when its sheets are. It is pure: text and numbers in, text
// and numbers out.
//
//	[]Sheet ─► New ─► Moves ─► Grid ─► Row, Spans, Copies, Sqref, … where old rows lie now
//	                    │        └───► At ──► Place ┐
//	                    └──► Workbook ────────────► Formula.Append
//	         Parse, ParseName, ParseChart, … ─► Formula ┘
//
// Rows of the template are "old", rows of the filled sheet "new". A [Block] of
// old rows is replaced by its copies, none or many; a copy may hold blocks of
// its own. Columns never move.
//
// # How a reference in a formula moves
//
//   - From outside a block into its rows: from the first copy to the last.
//     SUM(D7:D8) becomes SUM(D7:D10).
//   - If it names only some of a block's rows, a list of what comes from them
//     where a function sums up its arguments, however many: SUM(D7) becomes
//     SUM(D7,D9,D11), so that a sum of sums is right. A formula
//     that is longer than Excel takes with it is #REF!. Functions that want one range get one, with the rows
//     between: COUNTIF(D7:D7,1) becomes COUNTIF(D7:D11,1).
//   - A single cell grows likewise where it is a whole argument of a function
//     that aggregates (SUM, COUNT, MAX, …), or one that another looks through
//     (COUNTIF, SUMIFS, VLOOKUP, RANK, …), in a defined name and in a chart.
//     Elsewhere a formula wants one value: it stays one cell, of the first copy.
//   - From within a copy to rows of the same block: the same copy's.
//   - A row with $, from within a copy: as from outside the innermost block
//     that the formula stands in. D$7:D7 is a running total, D7/SUM(D$7:D$7) a
//     share of the whole.
//   - From a copy of a block of one row to the row directly above the block,
//     without $: the row above the copy, as if it had been filled down.
//     E6+D7 is a running balance. The first copy's is the row above the block.
//   - To rows that are gone: a range shrinks to what is left of it; with
//     nothing left it is #REF!, as when rows are deleted in Excel. SUM(D6:D7)
//     with the header's row 6 in it survives a block 7 without copies.
//   - To a sheet that became several: the cells of each, SUM(A!D7,B!D7:D8), where
//     a function sums up its arguments. Where it wants one range, such as COUNTIF,
//     #REF!; Apart tells of these. Elsewhere the first sheet's. From one of them to
//     itself: its own.
//   - A range with its sheet at both ends (Form!D7:Form!D8) is one range; where it moves it
//     is written with its sheet once.
//   - Over several sheets (Jan:Mar!D7): moved when all of them moved alike, else a
//     list of each, or #REF!, since one reference cannot name different rows.
//   - In a defined name rows without $ stay: Excel counts them from the cell that the
//     name is used in. Form!C1048576 is the cell above it.
//   - Structured references, names, text, array constants, other workbooks'
//     cells and whole columns stay as they are. What does not move keeps its
//     spelling, byte for byte.
package reference
