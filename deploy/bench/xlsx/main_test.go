package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// written is what a writer makes.
func written(t *testing.T, what content, name string, rows, columns int) []byte {
	t.Helper()
	write, err := inProcess[what][name]()
	if err != nil {
		t.Fatal(err)
	}
	var dst bytes.Buffer
	if err := write(t.Context(), &dst, rows, columns); err != nil {
		t.Fatal(err)
	}
	return dst.Bytes()
}

func book(t *testing.T, what content, name string, rows, columns int) *cells.Book {
	t.Helper()
	file := written(t, what, name, rows, columns)
	b, err := cells.Open(bytes.NewReader(file), int64(len(file)), cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWritersWriteTheSame holds that what is compared is the same work.
func TestWritersWriteTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		content       content
		name          string
		rows, columns int
	}{
		{table, nameStream, 700, 20},
		{table, nameCells, 700, 20},
		{filled, nameSlow, 200, formColumns},
		{filled, nameFill, 200, formColumns},
	} {
		known := func(d *cells.Difference) bool { return c.name == nameSlow && d.Cell == formElsewhere }
		report, err := cells.Diff(book(t, c.content, nameJetsheet, c.rows, c.columns), book(t, c.content, c.name, c.rows, c.columns), cells.Options{Max: 5, Accept: known})
		if err != nil || !report.Equal() || report.Cells < int64(c.rows*c.columns*9/10) {
			t.Errorf("%s: %d of %d cells differ, %v: %+v", c.name, report.Total, report.Cells, err, report.Differences)
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
		f, err := excelize.OpenReader(bytes.NewReader(written(t, photo, name, 2, 0)))
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

// TestCaseWithoutItsWriters names writers that only other cases have.
func TestCaseWithoutItsWriters(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), []string{"-cases", "template", "-writers", nameStream}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "template") {
		t.Errorf("error %v, want one that names the case", err)
	}
}

func TestUnknownName(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-child", "nobody"}, {"-writers", "nobody"}, {"-cases", "nobody"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "nobody") {
			t.Errorf("%v: error %v, want one that names it", args, err)
		}
	}
}

// BenchmarkForm fills the form, each way in one process.
func BenchmarkForm(b *testing.B) {
	for _, name := range []string{nameJetsheet, nameSlow, nameFill} {
		b.Run(name, func(b *testing.B) {
			write, err := inProcess[filled][name]()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := write(b.Context(), io.Discard, 200, formColumns); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
