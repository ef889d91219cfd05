// Package template fills workbooks that people drew: their own .xlsx with markers in
// its cells. A template is compiled once into bytes that stay and places that are
// written, and then filled as often as there is data; what no marker touches stays as
// it was, byte for byte.
//
//	file ─► intake ─► Compile ─► Template ─► Fill(Data) ─► workbook
//	                                │ └────► Fill(Data) ─► workbook
//	                                └─► Markers, Unsupported
//
// # Markers
//
//	{{name}}                          a value of Data.Fields, or of the row around it
//	{{name | decimal:1}}              shown in a format, as xlsx.ParseFormat has it
//	{{#query}} … {{/query}}           rows that are repeated for each row of a query
//	{{#list}} … {{/list}}             within a block: for each entry of a list in its row
//	{{#query on id}} … {{/query}}     within a block: for the rows with the same id
//	{{?name}} … {{/?}}                rows that are there if the value is
//	{{^name}} … {{/^}}                rows that are there if it is not
//	{{image:name}}                    a picture, fitted into the cell or what it is merged with
//	{{name | imageKey}}               the picture of a key, which Data.Picture finds
//
// A sheet's name may have fields in it. One that begins with {{#query}}, as in
// {{#sites}}{{site}}, makes a sheet for each row of the query, in whose row all markers
// of the sheet stand. Names that Excel does not accept are changed as by xlsx.SheetName.
//
// Who wants no markers in cells gives the cells names: jetsheet.field.NAME,
// jetsheet.image.NAME and jetsheet.imageKey.NAME for a cell or several,
// jetsheet.rows.QUERY or jetsheet.rows.QUERY.on.COLUMN for rows. The workbooks do not
// have these names.
//
// A block is of whole rows: from the one with its first marker to the one with its
// last, which may be the same; where its markers stand in merged cells, to the last row of
// these. Rows that have nothing but markers of blocks are left out, unless cells of the block
// that ends there are merged down to them.
// Blocks may stand in blocks, but not beside each other in one row. A field is looked
// for in the row of the innermost block, then outwards, then in Data.Fields.
//
// A block without data is left out, unless a formula, a name, a chart or a table has nothing
// else to refer to than rows of blocks: then it is there once, empty, so that SUM is 0. So is a
// sheet for each row of a query, under the query's name, if something outside of it refers to it.
// Rows on a condition are left out all the same, and Warnings tells of such formulas.
//
// {name} and {name}} stay as they are written, and Warnings tells of them. Other braces,
// such as {1, 2}, {x} or JSON, are taken for text that is meant so.
//
// A condition holds if its name stands for rows, or for a value that is not NULL, not
// false and not empty text; zero is a value. The innermost row that has the name, as a
// list or else as a column, counts first, then the queries, then Data.Fields.
//
// A marker that is alone in its cell takes the value's type, in the style that the cell
// has. Only where that cannot show the value, such as a date in General, it is given
// the value's number format. A marker among text becomes text. It has the look of the
// run of text in which it begins.
//
// # What follows
//
// When a block makes a sheet longer or shorter, everything below moves, and what refers
// to it follows, as package reference says. Formulas in sheets that may depend on values
// that were filled in have no result in the file: it is computed when the workbook is
// opened.
package template
