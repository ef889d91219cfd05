package xlsx_test

import (
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// TestSameAsAnotherWriter writes the same table with excelize cell by cell, which
// uses shared strings and other style numbers, and compares.
func TestSameAsAnotherWriter(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.October, 31, 5, 0, 1, 0, time.UTC)
	content, _ := writeBook(t, xlsx.Sheet{
		Name:    "記録",
		Columns: []xlsx.Column{{Title: "日時"}, {Title: "温度", Format: parseFormat(t, "decimal:2", "")}, {Title: "備考"}, {Title: "適否"}},
	}, [][]xlsx.Value{
		{xlsx.DateTime(at), xlsx.Decimal("3.50"), xlsx.Text(" 異常 & なし\n"), xlsx.Bool(true)},
		{xlsx.DateTime(at.Add(time.Second)), xlsx.Null(), xlsx.Text("=1+1"), xlsx.Bool(false)},
	})
	ours := openBook(t, content)

	f := excelize.NewFile()
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	code := "yyyy-mm-dd hh:mm:ss"
	moment, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		t.Fatal(err)
	}
	decimal, err := f.NewStyle(&excelize.Style{NumFmt: 4})
	if err != nil {
		t.Fatal(err)
	}
	set := func(cell string, value any, style int) {
		if err := f.SetCellValue("記録", cell, value); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStyle("記録", cell, cell, style); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetSheetName("Sheet1", "記録"); err != nil {
		t.Fatal(err)
	}
	for cell, title := range map[string]string{"A1": "日時", "B1": "温度", "C1": "備考", "D1": "適否"} {
		set(cell, title, 0)
	}
	set("A2", at, moment)
	set("B2", 3.5, decimal)
	set("C2", " 異常 & なし\n", 0)
	set("D2", true, 0)
	set("A3", at.Add(time.Second), moment)
	set("C3", "=1+1", 0)
	set("D3", false, 0)
	theirs := func() *cells.Book {
		buffer, err := f.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		return openBook(t, buffer.Bytes())
	}
	report, err := cells.Diff(ours, theirs(), cells.Options{})
	if err != nil || !report.Equal() || report.Cells != 11 {
		t.Errorf("got %+v, %v, want 11 equal cells", report, err)
	}
	set("B3", 0, decimal)
	report, err = cells.Diff(ours, theirs(), cells.Options{})
	want := cells.Difference{Sheet: "記録", Cell: "B3", Column: "温度", What: cells.DiffKind, A: "empty ", B: "number 0"}
	if err != nil || report.Total != 1 || report.Differences[0] != want {
		t.Errorf("got %+v, %v, want %+v alone", report, err, want)
	}
}

// TestWritersShareNothing writes workbooks at the same time: what is kept between
// them must not carry rows of one into another.
func TestWritersShareNothing(t *testing.T) {
	t.Parallel()
	want, _ := sampleBook(t)
	for range 8 {
		t.Run("writer", func(t *testing.T) {
			t.Parallel()
			for range 5 {
				got, _ := sampleBook(t)
				if string(got) != string(want) {
					t.Fatalf("got %d other bytes, want %d as of one writer alone", len(got), len(want))
				}
				secret := xlsx.Text("another tenant's")
				writeBook(t, xlsx.Sheet{Name: "x", Columns: make([]xlsx.Column, 9)}, [][]xlsx.Value{{secret, secret, secret, secret, secret, secret, secret, secret, secret}})
			}
		})
	}
}
