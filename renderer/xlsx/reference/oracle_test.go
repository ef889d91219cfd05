package reference_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// drawFormula draws a formula whose corners lie in rows that from and to allow:
// the first ones of ranges and single cells, and the last ones.
func drawFormula(t *rapid.T, from, to func(row int) bool) string {
	rows := rapid.IntRange(1, 14)
	corner := func(row int) string {
		return rapid.SampledFrom([]string{"A", "$B", "C$", "$AA$"}).Draw(t, "column") + strconv.Itoa(row)
	}
	reference := func() string {
		sheet := rapid.SampledFrom([]string{"", "", "Form!", "集計!", "'It''s'!"}).Draw(t, "sheet")
		first := rows.Filter(from).Draw(t, "first")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return sheet + corner(first)
		case 1:
			last := rapid.IntRange(first, 16).Filter(to).Draw(t, "last")
			return fmt.Sprintf("%s%d:%d", sheet, first, last)
		case 2:
			return sheet + "A:$C"
		}
		last := rapid.IntRange(first, 16).Filter(to).Draw(t, "last")
		return sheet + corner(first) + ":" + corner(last)
	}
	operand := func() string {
		switch rapid.IntRange(0, 6).Draw(t, "operand") {
		case 0:
			return rapid.SampledFrom([]string{"1.5E+3", `"D9 ""x"" 'y'"`, "TRUE", "Name1", "#N/A"}).Draw(t, "constant")
		case 1:
			return "IF(" + reference() + ">2,LOG10(" + reference() + "),0)"
		case 2:
			return "CHOOSE(1," + reference() + ")"
		}
		return reference()
	}
	parts := []string{operand()}
	for range rapid.IntRange(0, 3).Draw(t, "operators") {
		parts = append(parts, rapid.SampledFrom([]string{"+", "*", "&", "<>", "-"}).Draw(t, "operator"), operand())
	}
	return strings.Join(parts, "")
}

// form is a workbook in which excelize moves rows of the sheet Form.
func form(t *rapid.T) *excelize.File {
	f := excelize.NewFile()
	must(t, f.SetSheetName("Sheet1", "Form"))
	must(t, f.SetDefinedName(&excelize.DefinedName{Name: "Name1", RefersTo: "Form!$A$1"})) // excelize takes unknown ones for cells
	for _, name := range []string{"集計", "It's"} {
		_, err := f.NewSheet(name)
		must(t, err)
	}
	return f
}

func formMoves(t *rapid.T, b reference.Block) *reference.Moves {
	m, err := reference.New([]reference.Sheet{
		{Name: "Form", Pages: []reference.Page{{Name: "Form", Blocks: []reference.Block{b}}}},
		{Name: "集計", Pages: []reference.Page{{Name: "集計"}}},
		{Name: "It's", Pages: []reference.Page{{Name: "It's"}}},
	})
	must(t, err)
	return m
}

func must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same compares what the formula became at the place with the cell of excelize's workbook.
func same(t *rapid.T, f *excelize.File, sheet, cell, formula string, at reference.Place) {
	t.Helper()
	want, err := f.GetCellFormula(sheet, cell)
	must(t, err)
	parsed, err := reference.Parse(formula)
	must(t, err)
	if got := string(parsed.Append(nil, at)); got != want {
		t.Errorf("%s in %s!%s: got %s, excelize has %s", formula, sheet, cell, got, want)
	}
}

// Rows that are inserted below a block are its copies to all that does not end
// within it. excelize leaves what ends there as it is, here it grows.
func TestCopiesPushReferencesAsInsertedRowsDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.IntRange(2, 8).Draw(t, "block")
		last := first + rapid.IntRange(0, 2).Draw(t, "height")
		n := rapid.IntRange(1, 4).Draw(t, "copies")
		formula := drawFormula(t,
			func(int) bool { return true },
			func(row int) bool { return row < first || row > last })
		f := form(t)
		must(t, f.SetCellFormula("Form", "D1", formula))
		must(t, f.SetCellFormula("Form", "D20", formula))
		must(t, f.SetCellFormula("集計", "D5", formula))
		inserted := (n - 1) * (last - first + 1)
		if inserted > 0 {
			must(t, f.InsertRows("Form", last+1, inserted))
		}
		m := formMoves(t, block(first, last, n))
		same(t, f, "Form", "D1", formula, m.Grid(0, 0).At(1))
		same(t, f, "Form", fmt.Sprint("D", 20+inserted), formula, m.Grid(0, 0).At(20+inserted))
		same(t, f, "集計", "D5", formula, m.Grid(1, 0).At(5))
	})
}

// excelize leaves a reference to a removed row on the row above, where Excel has #REF!.
func TestBlocksWithoutCopiesPullReferencesAsRemovedRowsDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.IntRange(2, 8).Draw(t, "block")
		formula := drawFormula(t,
			func(r int) bool { return r != row },
			func(int) bool { return true })
		f := form(t)
		must(t, f.SetCellFormula("Form", "D20", formula))
		must(t, f.SetCellFormula("集計", "D5", formula))
		must(t, f.RemoveRow("Form", row))
		m := formMoves(t, block(row, row, 0))
		same(t, f, "Form", "D19", formula, m.Grid(0, 0).At(19))
		same(t, f, "集計", "D5", formula, m.Grid(1, 0).At(5))
	})
}

// excelize moves an absolute row along with the copy, and leaves the row above.
func TestCopiesReferToThemselvesAsDuplicatedRowsDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.IntRange(2, 8).Draw(t, "block")
		formula := drawFormula(t,
			func(r int) bool { return r != row && r != row-1 },
			func(r int) bool { return r != row && r != row-1 })
		formula += fmt.Sprintf("+A%d*SUM($B%d:C%d)", row, row, row)
		f := form(t)
		must(t, f.SetCellFormula("Form", fmt.Sprint("D", row), formula))
		must(t, f.DuplicateRow("Form", row))
		m := formMoves(t, block(row, row, 2))
		same(t, f, "Form", fmt.Sprint("D", row), formula, m.Grid(0, 0).At(row))
		same(t, f, "Form", fmt.Sprint("D", row+1), formula, m.Grid(0, 0).At(row+1))
	})
}
