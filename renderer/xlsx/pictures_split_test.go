package xlsx

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

// Pictures go with their rows where a sheet goes on in the next one.
func TestSplitOfPictures(t *testing.T) {
	t.Parallel()
	format, err := ParseFormat("image:40x30", "en")
	if err != nil {
		t.Fatal(err)
	}
	var dst bytes.Buffer
	w, err := New(t.Context(), &dst, Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	s, err := w.Sheet(Sheet{Name: "s", Columns: []Column{{Title: "n"}, {Title: "photo", Format: format}}, Filter: true})
	if err != nil {
		t.Fatal(err)
	}
	s.rowsMax = 4 // the header and three rows
	files := make([][]byte, 8)
	for i := range files {
		files[i] = picturetest.PNG(t, 4+i, 4)
		if err := s.Row([]Value{Int(int64(i)), Image(string(files[i]))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if summary, err := w.Close(); err != nil || summary.Sheets != 3 || summary.Substitutions.Total() != 0 {
		t.Fatalf("summary %+v, %v, want 3 sheets", summary, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(dst.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i, want := range files {
		sheet, cell := []string{"s", "s (2)", "s (3)"}[i/3], fmt.Sprintf("B%d", i%3+2)
		if got, err := f.GetPictures(sheet, cell); err != nil || len(got) != 1 || !bytes.Equal(got[0].File, want) {
			t.Errorf("row %d: %d pictures over %s!%s, %v, want its own", i, len(got), sheet, cell, err)
		}
	}
	for _, sheet := range f.GetSheetList() {
		if over, err := f.GetPictureCells(sheet); err != nil || len(over) > 3 {
			t.Errorf("sheet %s has pictures over %v, %v", sheet, over, err)
		}
	}
}
