package xlsx

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/corpustest"
)

// splitBook writes rows into sheets that hold so many rows each.
func splitBook(t *testing.T, sheet Sheet, sheetRows, rows int, row func(i int) []Value) *excelize.File {
	t.Helper()
	var file bytes.Buffer
	w, err := New(t.Context(), &file, Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	s, err := w.Sheet(sheet)
	if err != nil {
		t.Fatal(err)
	}
	if want := MaxRows - sheet.rowsBelow(); s.rowsMax != want {
		t.Fatalf("a sheet's rows may reach to %d, want %d", s.rowsMax, want)
	}
	s.rowsMax = sheetRows - sheet.rowsBelow()
	for i := range rows {
		if err := s.Row(row(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	corpustest.Keep(t, "tables/"+t.Name(), file.Bytes())
	f, err := excelize.OpenReader(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// TestSplitKeepsTheLayout reads each sheet of a split.
func TestSplitKeepsTheLayout(t *testing.T) {
	t.Parallel()
	f := splitBook(t, Sheet{
		Name: "s", Title: Title{Lines: []string{"title", "period"}, Merge: true}, FreezeHeader: true, Filter: true, TotalLabel: "sum", Banding: Banding{Fill: "F2F2F2"},
		Columns: []Column{{Title: "n"}, {Title: "value", Total: TotalSum}},
		Rules:   []Rule{{Column: 1, When: WhenAbove, Value: Int(5), Look: Look{Bold: true}}},
		Footer:  func(rows int64) []string { return []string{strconv.FormatInt(rows, 10) + " rows"} },
	}, 45, 43, func(i int) []Value { return []Value{Int(int64(i)), Int(int64(i))} })
	first := 0
	for _, sheet := range []struct {
		name string
		rows int
	}{{"s", 20}, {"s (2)", 20}, {"s (3)", 3}} {
		sum := 0
		for i := range sheet.rows {
			sum += first + i
		}
		total := sheet.rows + 4
		for cell, want := range map[string]string{
			"A1": "title", "A2": "period", "A3": "n", "A4": strconv.Itoa(first), fmt.Sprintf("A%d", total-1): strconv.Itoa(first + sheet.rows - 1),
			fmt.Sprintf("A%d", total): "sum", fmt.Sprintf("B%d", total): strconv.Itoa(sum), fmt.Sprintf("A%d", total+2): fmt.Sprintf("%d rows", sheet.rows),
		} {
			if got, err := f.GetCellValue(sheet.name, cell); err != nil || got != want {
				t.Errorf("%s of %q is %q, %v, want %q", cell, sheet.name, got, err, want)
			}
		}
		if got, err := f.CalcCellValue(sheet.name, fmt.Sprintf("B%d", total)); err != nil || got != strconv.Itoa(sum) {
			t.Errorf("the total of %q is calculated %q, %v, want %d", sheet.name, got, err, sum)
		}
		rules, err := f.GetConditionalFormats(sheet.name)
		if area := fmt.Sprintf("B4:B%d", total-1); err != nil || len(rules[area]) != 1 {
			t.Errorf("rules of %q are %v, %v, want one for %s", sheet.name, rules, err, area)
		}
		checkSplitSheet(t, f, sheet.name)
		first += sheet.rows
	}
}

// checkSplitSheet holds what each sheet of the split has whatever its rows.
func checkSplitSheet(t *testing.T, f *excelize.File, name string) {
	t.Helper()
	if merged, err := f.GetMergeCells(name); err != nil || len(merged) != 2 {
		t.Errorf("merges of %q are %v, %v, want 2", name, merged, err)
	}
	if panes, err := f.GetPanes(name); err != nil || panes.YSplit != 3 {
		t.Errorf("panes of %q are %+v, %v, want 3 rows", name, panes, err)
	}
	for i, cell := range []string{"A4", "A5", "A6"} {
		if id, err := f.GetCellStyle(name, cell); err != nil || (id != 0) != (i == 1) {
			t.Errorf("%s of %q has the style %d, %v, want the second row filled", cell, name, id, err)
		}
	}
}

// TestSplitKeepsTheWidths has sheets that are passed on before their sums are known.
func TestSplitKeepsTheWidths(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", 60)
	f := splitBook(t, Sheet{Name: "s", Columns: []Column{{Title: "text"}, {Title: "n", Total: TotalSum}}}, 5000, 12_000,
		func(int) []Value { return []Value{Text(text), Int(123)} })
	want, err := f.GetColWidth("s", "B")
	if err != nil {
		t.Fatal(err)
	}
	for _, sheet := range f.GetSheetList() {
		if got, err := f.GetColWidth(sheet, "B"); err != nil || got != want {
			t.Errorf("the sums of %q are in a column of %v, %v, on the first sheet it is %v", sheet, got, err, want)
		}
	}
}
