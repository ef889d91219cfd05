// Package forms draws the templates of the sample's customers: workbooks as people make
// them in Excel, with merged headers, borders, cells for stamps and an area to print,
// and with jetsheet's markers where the records go.
//
// They are drawn by code so that what is in them can be read here. A customer draws them
// in Excel and puts the file with `jetsheet templates put`.
package forms
