package xlsx_test

import (
	"bytes"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// writeBook writes one sheet and gives the workbook's bytes.
func writeBook(t testing.TB, sheet xlsx.Sheet, rows [][]xlsx.Value) ([]byte, xlsx.Summary) {
	t.Helper()
	var dst bytes.Buffer
	w, err := xlsx.New(t.Context(), &dst, xlsx.Book{Title: "t", Creator: "c"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	writeSheet(t, w, sheet, rows)
	summary, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return dst.Bytes(), summary
}

// writeRows is writeBook for rows that are too many to be held.
func writeRows(t testing.TB, sheet xlsx.Sheet, rows int, row func(i int) []xlsx.Value) []byte {
	t.Helper()
	var dst bytes.Buffer
	w, err := xlsx.New(t.Context(), &dst, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	s, err := w.Sheet(sheet)
	if err != nil {
		t.Fatal(err)
	}
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
	return dst.Bytes()
}

func writeSheet(t testing.TB, w *xlsx.Writer, sheet xlsx.Sheet, rows [][]xlsx.Value) {
	t.Helper()
	s, err := w.Sheet(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := s.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func openBook(t testing.TB, content []byte) *cells.Book {
	t.Helper()
	book, err := cells.Open(bytes.NewReader(content), int64(len(content)), cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// readSheet gives the cells of a sheet by their references.
func readSheet(t testing.TB, sheet *cells.Sheet) map[string]cells.Cell {
	t.Helper()
	all := make(map[string]cells.Cell)
	err := sheet.Rows(func(_ int, row []cells.Cell) error {
		for _, c := range row {
			all[c.Ref()] = c
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parseFormat(t testing.TB, s, locale string) xlsx.Format {
	t.Helper()
	f, err := xlsx.ParseFormat(s, locale)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// writeOne writes a single value under a format and reads its cell.
func writeOne(t testing.TB, format, locale string, v xlsx.Value) (cells.Cell, xlsx.Substitutions) {
	t.Helper()
	sheet := xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Title: "c", Format: parseFormat(t, format, locale)}}}
	content, summary := writeBook(t, sheet, [][]xlsx.Value{{v}})
	return readSheet(t, openBook(t, content).Sheets()[0])["A2"], summary.Substitutions
}
