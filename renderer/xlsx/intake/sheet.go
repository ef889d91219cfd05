package intake

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
)

// sheetReader reads a sheet's part.
type sheetReader struct {
	formulas

	check *check
	part  string
	sheet *Sheet

	row, column int
	lastRow     int // with a cell or without
	hasRows     bool
	merges      []area
}

func (r *sheetReader) place(cell string) Place {
	return Place{Part: r.part, Sheet: r.sheet.Name, Cell: cell}
}

func (r *sheetReader) start(path []string, e *xml.StartElement) {
	parent := ""
	if len(path) > 0 {
		parent = path[len(path)-1]
	}
	switch name := e.Name.Local; {
	case name == "sheetData":
		r.startRows(path)
	case name == "row" && parent == "sheetData":
		r.startRow(e)
	case name == "c" && parent == "row":
		r.startCell(e)
	case name == "mergeCell":
		r.merge(attribute(e, "ref"))
	case name == "col":
		r.columns(e)
	case name == "oleObject":
		r.check.add(CauseOLE, r.place(""), "the sheet has an embedded object", adviceObject)
	}
	r.check.judgeElement(e, r.place(""))
	r.formulas.start(e.Name.Local, r.place(r.ref()))
}

// startRows refuses rows that one program reads and another does not: a sheet has them once,
// and not within what programs choose from.
func (r *sheetReader) startRows(path []string) {
	if r.hasRows || len(path) != 1 {
		r.check.add(CauseMarkup, r.place(""), "its rows stand in two places, or within another element, and programs differ in which they read", adviceRewrite)
	}
	r.hasRows = true
}

func (r *sheetReader) text(path []string, data []byte) { r.formulas.text(path, data) }

func (r *sheetReader) end(path []string) {
	r.formulas.end(path)
	switch path[len(path)-1] {
	case "sheetData":
		r.endRows()
	case "mergeCells":
		r.overlaps()
	}
}

// ref is the cell that is being read; "" outside of the rows.
func (r *sheetReader) ref() string {
	if r.row == 0 || r.column == 0 {
		return ""
	}
	return cellName(r.column, r.row)
}

func (r *sheetReader) startRow(e *xml.StartElement) {
	row := r.row + 1
	if text := attribute(e, "r"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < row || n > lastRow {
			r.check.add(CauseGrid, r.place(""), fmt.Sprintf("row %q stands where no such row can be: rows ascend to %d", shorten(text), lastRow), adviceRepair)
			n = min(max(row, 1), lastRow)
		}
		row = n
	}
	r.row, r.column = row, 0
	r.lastRow = row
}

func (r *sheetReader) startCell(e *xml.StartElement) {
	column := r.column + 1
	if text := attribute(e, "r"); text != "" {
		c, row, ok := parseCell(text)
		if !ok || row != r.row || c < column {
			r.check.add(CauseGrid, r.place(shorten(text)), "the cell stands where no such cell can be: those of a row ascend, and the last of all is "+cellName(lastColumn, lastRow), adviceRepair)
			c = min(column, lastColumn)
		}
		column = c
	}
	r.column = column
	r.sheet.Rows, r.sheet.Columns = max(r.sheet.Rows, r.row), max(r.sheet.Columns, column)
	r.sheet.Cells++
	if r.check.cells++; r.check.cells == r.check.limits.Cells+1 {
		r.check.add(CauseCells, r.place(""), fmt.Sprintf("with it the sheets have more than %d cells", r.check.limits.Cells), adviceStray)
	}
}

// endRows refuses a sheet that is used too far out.
func (r *sheetReader) endRows() {
	r.row, r.column = 0, 0
	limits := r.check.limits
	if r.lastRow <= limits.Rows && r.sheet.Columns <= limits.Columns {
		return
	}
	used := cellName(max(1, r.sheet.Columns), r.lastRow)
	r.check.add(CauseGrid, r.place(used), fmt.Sprintf("the sheet is used up to here, and %s is as far as a form may go", cellName(limits.Columns, limits.Rows)), adviceStray)
}

func (r *sheetReader) columns(e *xml.StartElement) {
	first, err1 := strconv.Atoi(attribute(e, "min"))
	last, err2 := strconv.Atoi(attribute(e, "max"))
	if err1 != nil || err2 != nil || first < 1 || last < first || last > lastColumn {
		r.check.add(CauseGrid, r.place(""), fmt.Sprintf("columns %q to %q are none that a sheet can have", shorten(attribute(e, "min")), shorten(attribute(e, "max"))), adviceRepair)
	}
}

func (r *sheetReader) merge(ref string) {
	r.sheet.Merges++
	limits := r.check.limits
	if r.sheet.Merges == limits.Merges+1 {
		r.check.add(CauseMerges, r.place(""), fmt.Sprintf("the sheet has more than %d merged ranges", limits.Merges), adviceUnmerge)
	}
	if r.sheet.Merges > limits.Merges {
		return
	}
	a, ok := parseArea(ref)
	switch {
	case !ok:
		r.check.add(CauseGrid, r.place(shorten(ref)), "the merged range is none that a sheet can have", adviceRepair)
	case a.lastRow > limits.Rows || a.lastColumn > limits.Columns:
		r.check.add(CauseGrid, r.place(ref), "the merged range is larger than a form may be, which is up to "+cellName(limits.Columns, limits.Rows), adviceUnmerge)
	default:
		r.merges = append(r.merges, a)
	}
}

// overlaps refuses merged ranges that share cells. The ranges are passed from top to
// bottom, with those that reach down to the present row at hand.
func (r *sheetReader) overlaps() {
	slices.SortFunc(r.merges, func(a, b area) int { return a.firstRow - b.firstRow })
	var open []area
	for _, m := range r.merges {
		open = slices.DeleteFunc(open, func(o area) bool { return o.lastRow < m.firstRow })
		for _, o := range open {
			if o.firstColumn <= m.lastColumn && m.firstColumn <= o.lastColumn {
				r.check.add(CauseMergeOverlap, r.place(m.String()), fmt.Sprintf("the merged range overlaps with %s", o), adviceUnmerge)
				return
			}
		}
		open = append(open, m)
	}
}
