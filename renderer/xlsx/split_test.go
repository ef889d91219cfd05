package xlsx_test

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// TestSplit writes more rows than a sheet holds.
func TestSplit(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("1.2 million rows: run without -short")
	}
	const rows = 1_200_000
	var dst bytes.Buffer
	w, err := xlsx.New(t.Context(), &dst, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	s, err := w.Sheet(xlsx.Sheet{Name: "records", Columns: []xlsx.Column{{Title: "n"}, {Title: "half"}, {Title: "even"}}})
	if err != nil {
		t.Fatal(err)
	}
	values := make([]xlsx.Value, 3)
	for i := range rows {
		values[0], values[1], values[2] = xlsx.Int(int64(i)), xlsx.Null(), xlsx.Bool(i%2 == 0)
		if err := s.Row(values); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	summary, err := w.Close()
	if err != nil || summary.Rows != rows || summary.Sheets != 2 {
		t.Fatalf("summary %+v, %v, want %d rows on 2 sheets", summary, err, rows)
	}
	checkSplit(t, openBook(t, dst.Bytes()), rows)
}

func checkSplit(t *testing.T, book *cells.Book, rows int) {
	t.Helper()
	next := 0
	for i, name := range []string{"records", "records (2)"} {
		sheet := book.Sheets()[i]
		if sheet.Name != name {
			t.Errorf("sheet %d is named %q, want %q", i, sheet.Name, name)
		}
		err := sheet.Rows(func(row int, got []cells.Cell) error {
			if row == 1 {
				if got[0].Text != "n" {
					return fmt.Errorf("the header begins with %q", got[0].Text)
				}
				return nil
			}
			if want := strconv.Itoa(next); len(got) != 2 || got[0].Text != want || got[1].Col != 3 {
				return fmt.Errorf("row %d is %v, want %s", row, got, want)
			}
			next++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if next != rows {
		t.Errorf("read %d rows, want %d", next, rows)
	}
}
