package xlsx_test

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// TestLinesAreShownAsLines reads the style of text of several lines: without wrapping,
// Excel shows them as one.
func TestLinesAreShownAsLines(t *testing.T) {
	t.Parallel()
	texts := []string{"one line", "two\nlines", "=two\r\nlines", "", "one again"}
	rows := make([][]xlsx.Value, len(texts))
	for i, text := range texts {
		rows[i] = []xlsx.Value{xlsx.Text(text)}
	}
	content, _ := writeBook(t, xlsx.Sheet{Name: "notes", Columns: []xlsx.Column{{Title: "note"}}}, rows)
	f := openExcelize(t, content)
	for i, want := range []bool{false, true, true, false, false} {
		cell, err := excelize.CoordinatesToCellName(1, i+2)
		if err != nil {
			t.Fatal(err)
		}
		id, err := f.GetCellStyle("notes", cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if got := style.Alignment != nil && style.Alignment.WrapText; got != want {
			t.Errorf("text %q is wrapped: got %v, want %v", texts[i], got, want)
		}
	}
}

// TestNoRowIsHigherThanExcelHas writes more lines than a row can show.
func TestNoRowIsHigherThanExcelHas(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"x\n", "行\n"} {
		content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1)}, [][]xlsx.Value{{xlsx.Text(strings.Repeat(line, 100))}})
		if got, err := openExcelize(t, content).GetRowHeight("s", 2); err != nil || got != 409.5 {
			t.Errorf("100 lines of %q have a row of %v, %v, want 409.5", line, got, err)
		}
	}
}
