package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

func book(t *testing.T, name string, rows, columns int) *cells.Book {
	t.Helper()
	var dst bytes.Buffer
	if err := inProcess[name](t.Context(), &dst, rows, columns); err != nil {
		t.Fatal(err)
	}
	b, err := cells.Open(bytes.NewReader(dst.Bytes()), int64(dst.Len()), cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWritersWriteTheSame holds that what is compared is the same work.
func TestWritersWriteTheSame(t *testing.T) {
	t.Parallel()
	const rows, columns = 700, 20
	for _, name := range []string{"excelize stream", "excelize SetCell"} {
		report, err := cells.Diff(book(t, nameJetsheet, rows, columns), book(t, name, rows, columns), cells.Options{Max: 5})
		if err != nil || !report.Equal() || report.Cells < rows*columns*9/10 {
			t.Errorf("%s: %d of %d cells differ, %v: %+v", name, report.Total, report.Cells, err, report.Differences)
		}
	}
}

// TestWritersShowTheSamePhotos does so for the rows with photos.
func TestWritersShowTheSamePhotos(t *testing.T) {
	t.Parallel()
	files, err := newPhotos()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{nameJetsheet, nameCells} {
		var dst bytes.Buffer
		if err := withPhotos[name](t.Context(), &dst, 2, 0); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(dst.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		for row, cell := range []string{"B2", "B3"} {
			want := files.of(row)
			if got, err := f.GetPictures("Sheet1", cell); err != nil || len(got) != 1 || !bytes.Equal(got[0].File, want) {
				t.Errorf("%s: %d pictures over %s, %v, want the photo of the row", name, len(got), cell, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestUnknownWriter(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-child", "nobody"}, {"-writers", "nobody"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "nobody") {
			t.Errorf("%v: error %v, want one that names it", args, err)
		}
	}
}
