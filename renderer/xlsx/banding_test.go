package xlsx_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// bandedRow has cells of every kind, and none.
func bandedRow() []xlsx.Value {
	return []xlsx.Value{
		xlsx.Text("=text"), xlsx.Null(), xlsx.Int(1), xlsx.Bool(true), xlsx.DateTime(time.Date(2026, 10, 1, 5, 0, 0, 0, time.UTC)),
		xlsx.Text("https://example.com/"), xlsx.Text("two\nlines"), xlsx.Text(" "),
	} // one less than there are columns
}

func TestBandingFillsEverySecondRow(t *testing.T) {
	t.Parallel()
	columns := make([]xlsx.Column, 9)
	columns[5].Format = parseFormat(t, "link", "ja")
	columns[1].Total = xlsx.TotalCount
	rows := [][]xlsx.Value{bandedRow(), bandedRow(), bandedRow(), bandedRow()}
	banded, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: columns, Title: xlsx.Title{Lines: []string{"t"}}, Banding: xlsx.Banding{Fill: "f2f2f2"}}, rows)
	f := openExcelize(t, banded)
	for row := 1; row <= 7; row++ {
		for column := 'A'; column <= 'I'; column++ {
			cell := fmt.Sprintf("%c%d", column, row)
			fill := styleOf(t, f, "s", cell).Fill
			if want := row == 4 || row == 6; want != (len(fill.Color) == 1 && fill.Color[0] == "F2F2F2") {
				t.Errorf("%s has the fill %+v, want one: %v", cell, fill, want)
			}
		}
	}
	sameCells(t, banded, columns, rows)
	if style := styleOf(t, f, "s", "F4"); style.Font.Underline == "" {
		t.Errorf("a link in a filled row has the font %+v", style.Font)
	}
	if style := styleOf(t, f, "s", "G4"); style.Alignment == nil || !style.Alignment.WrapText {
		t.Errorf("lines in a filled row are aligned %+v", style.Alignment)
	}
	if count := readSheet(t, openBook(t, banded).Sheets()[0])["B7"].Text; count != "0" {
		t.Errorf("filled cells are counted as %s, want 0", count)
	}
}

// sameCells holds that the fill changes nothing else, but for the empty cells that it has.
func sameCells(t *testing.T, banded []byte, columns []xlsx.Column, rows [][]xlsx.Value) {
	t.Helper()
	plain, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: columns, Title: xlsx.Title{Lines: []string{"t"}}}, rows)
	want := readSheet(t, openBook(t, plain).Sheets()[0])
	for ref, got := range readSheet(t, openBook(t, banded).Sheets()[0]) {
		if got != want[ref] && got.Kind != cells.Empty {
			t.Errorf("%s is %+v, without banding %+v", ref, got, want[ref])
		}
		delete(want, ref)
	}
	if len(want) != 0 {
		t.Errorf("cells %v are missing", want)
	}
}

func TestBandingOfNoColour(t *testing.T) {
	t.Parallel()
	refuses(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1), Banding: xlsx.Banding{Fill: "grey"}}, `"grey"`, "RRGGBB")
}
