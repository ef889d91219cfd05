package sample_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// Where the paper's edges and the margins of half an inch leave off, in points of A4.
const (
	shortSide = 595.3 - 72
	longSide  = 841.9 - 72
)

var breakIDs = regexp.MustCompile(`<brk id="(\d+)"`)

// checkPages holds that a form's area to print is no wider than the paper, that what lies
// between two breaks is no longer than a page, and that no break cuts through merged cells.
// Then nothing is cut but by the breaks that the form has. It returns how many pages there are.
func checkPages(t *testing.T, f *excelize.File) (pages int) {
	t.Helper()
	columns, rows := printed(t, f)
	layout, err := f.GetPageLayout("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	width, height := shortSide, longSide
	if *layout.Orientation == "landscape" {
		width, height = height, width
	}
	scale := float64(*layout.AdjustTo) / 100
	if got := widthOf(t, f, columns) * scale; got > width {
		t.Errorf("the form is %.0f points wide on paper, which has room for %.0f", got, width)
	}
	first := 1
	for _, last := range append(pageBreaks(t, f), rows) {
		if last < first { // a break at the end
			continue
		}
		pages++
		if got := heightOf(t, f, first, last) * scale; got > height {
			t.Errorf("rows %d to %d are %.0f points high on paper, which has room for %.0f", first, last, got, height)
		}
		first = last + 1
	}
	checkMergedCells(t, f, rows)
	return pages
}

// printed is the last column and the last row of the area to print.
func printed(t *testing.T, f *excelize.File) (column, row int) {
	t.Helper()
	for _, name := range f.GetDefinedName() {
		if name.Name != "_xlnm.Print_Area" {
			continue
		}
		_, last, _ := strings.Cut(strings.ReplaceAll(name.RefersTo, "$", ""), ":")
		column, row, err := excelize.CellNameToCoordinates(last)
		if err != nil {
			t.Fatalf("area to print %s: %v", name.RefersTo, err)
		}
		return column, row
	}
	t.Fatal("the form has no area to print")
	return 0, 0
}

// pageBreaks are the rows above the form's breaks.
func pageBreaks(t *testing.T, f *excelize.File) (rows []int) {
	t.Helper()
	part, ok := f.Pkg.Load("xl/worksheets/sheet1.xml")
	content, isBytes := part.([]byte)
	if !ok || !isBytes {
		t.Fatal("the form's sheet is missing")
	}
	for _, found := range breakIDs.FindAllSubmatch(content, -1) {
		row, err := strconv.Atoi(string(found[1]))
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// widthOf is the width of the columns up to the last in points, where digits are 7 pixels
// wide, which have three quarters of a point.
func widthOf(t *testing.T, f *excelize.File, last int) (points float64) {
	t.Helper()
	for column := 1; column <= last; column++ {
		name, err := excelize.ColumnNumberToName(column)
		if err != nil {
			t.Fatal(err)
		}
		characters, err := f.GetColWidth("Sheet1", name)
		if err != nil {
			t.Fatal(err)
		}
		points += (characters*7 + 5) * 0.75
	}
	return points
}

func heightOf(t *testing.T, f *excelize.File, first, last int) (points float64) {
	t.Helper()
	for row := first; row <= last; row++ {
		height, err := f.GetRowHeight("Sheet1", row)
		if err != nil {
			t.Fatal(err)
		}
		points += height
	}
	return points
}

// checkMergedCells holds that merged cells, and so the pictures in them, lie on one page.
func checkMergedCells(t *testing.T, f *excelize.File, last int) {
	t.Helper()
	areas, err := f.GetMergeCells("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for _, area := range areas {
		_, top, errTop := excelize.CellNameToCoordinates(area.GetStartAxis())
		_, bottom, errBottom := excelize.CellNameToCoordinates(area.GetEndAxis())
		if errTop != nil || errBottom != nil || bottom > last {
			t.Errorf("%s:%s (%v, %v) reaches below the area to print, which ends in row %d", area.GetStartAxis(), area.GetEndAxis(), errTop, errBottom, last)
		}
		for _, above := range pageBreaks(t, f) {
			if top <= above && above < bottom {
				t.Errorf("the break below row %d cuts through %s:%s", above, area.GetStartAxis(), area.GetEndAxis())
			}
		}
	}
}
