package xlsx_test

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// openExcelize opens a workbook in a program that is not ours.
func openExcelize(t testing.TB, content []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	// excelize shows no colour of a workbook without a theme.
	themed := excelize.NewFile()
	f.Theme = themed.Theme
	t.Cleanup(func() {
		if err := errors.Join(f.Close(), themed.Close()); err != nil {
			t.Error(err)
		}
	})
	return f
}

// styleOf gives the style of a cell.
func styleOf(t testing.TB, f *excelize.File, sheet, cell string) *excelize.Style {
	t.Helper()
	id, err := f.GetCellStyle(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	return style
}

// layoutOf reads the layout of the first sheet.
func layoutOf(t testing.TB, content []byte) cells.Layout {
	t.Helper()
	layout, err := openBook(t, content).Sheets()[0].Layout()
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

func TestTitleStandsAboveTheHeader(t *testing.T) {
	t.Parallel()
	content, _ := writeBook(t, xlsx.Sheet{
		Name: "s", Columns: []xlsx.Column{{Title: "a"}, {Title: "b"}, {Title: "c"}}, FreezeHeader: true, Filter: true,
		Title: xlsx.Title{Lines: []string{"温度記録 & more, which is longer than its column", "", "2026-10"}},
	}, [][]xlsx.Value{{xlsx.Int(1), xlsx.Int(2)}, {xlsx.Int(3)}})
	got := readSheet(t, openBook(t, content).Sheets()[0])
	for ref, want := range map[string]string{"A1": "温度記録 & more, which is longer than its column", "A3": "2026-10", "A4": "a", "C4": "c", "A5": "1", "A6": "3"} {
		if got[ref].Text != want {
			t.Errorf("%s is %q, want %q", ref, got[ref].Text, want)
		}
	}
	layout := layoutOf(t, content)
	if layout.Dimension != "A1:C6" || layout.AutoFilter != "A4:C6" || layout.FrozenRows != 4 || len(layout.Merges) != 0 {
		t.Errorf("layout %+v, want A1:C6, a filter on A4:C6, 4 frozen rows, no merge", layout)
	}
	if layout.Widths[0].Width > 10 {
		t.Errorf("the first column is %v wide, want the title to run over the others", layout.Widths[0].Width)
	}
	f := openExcelize(t, content)
	if first, second := styleOf(t, f, "s", "A1"), styleOf(t, f, "s", "A3"); !first.Font.Bold || first.Font.Size <= second.Font.Size || second.Font.Bold {
		t.Errorf("fonts of the lines are %+v and %+v, want the first one bold and larger", first.Font, second.Font)
	}
}

func TestTitleIsMergedOverTheColumns(t *testing.T) {
	t.Parallel()
	content, _ := writeBook(t, xlsx.Sheet{
		Name: "s", Columns: make([]xlsx.Column, 3), Title: xlsx.Title{Lines: []string{"one", "two\nlines"}, Merge: true},
	}, nil)
	f := openExcelize(t, content)
	merged, err := f.GetMergeCells("s")
	if err != nil || len(merged) != 2 || merged[0].GetStartAxis()+merged[0].GetEndAxis() != "A1C1" || merged[1].GetCellValue() != "two\nlines" {
		t.Fatalf("merges %v, %v, want A1:C1 and A2:C2", merged, err)
	}
	for i, wrap := range []bool{false, true} {
		cell := "A" + strconv.Itoa(i+1)
		if a := styleOf(t, f, "s", cell).Alignment; a.Horizontal != "center" || a.WrapText != wrap {
			t.Errorf("%s is aligned %+v, want in the middle, wrapped %v", cell, a, wrap)
		}
	}
	alone, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1), Title: xlsx.Title{Lines: []string{"one"}, Merge: true}}, nil)
	if layout := layoutOf(t, alone); len(layout.Merges) != 0 {
		t.Errorf("a single cell is merged: %v", layout.Merges)
	}
}

func TestTitleThatCannotBe(t *testing.T) {
	t.Parallel()
	_, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1), Title: xlsx.Title{Lines: []string{"a", "b\x00"}}}, nil)
	want := xlsx.Substitution{Sheet: "s", Cell: "A2", Kind: xlsx.IllegalCharacter}
	if got := summary.Substitutions.Samples; len(got) != 1 || got[0] != want {
		t.Errorf("substitutions %+v, want %+v", got, want)
	}
	refuses(t, xlsx.Sheet{Name: "tall", Columns: make([]xlsx.Column, 1), Title: xlsx.Title{Lines: make([]string, 21)}}, "21 lines")
}

// refuses holds that a sheet cannot be begun, and that the error names it and what is wrong.
func refuses(t *testing.T, sheet xlsx.Sheet, words ...string) {
	t.Helper()
	w, err := xlsx.New(t.Context(), &bytes.Buffer{}, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	_, err = w.Sheet(sheet)
	refusedBy(t, err, append(words, sheet.Name)...)
}

func refusedBy(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v, want one that says %q", err, word)
		}
	}
}
