package xlsx_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// TestSheetsAreAsSmallAsByAGeneralCompressor holds that the few places that are looked
// at when rows are compressed are the right ones: wrong ones would only cost room. Texts
// that are put together at random are the worst case.
func TestSheetsAreAsSmallAsByAGeneralCompressor(t *testing.T) {
	t.Parallel()
	notes := []string{"異常なし", "扉が開いていた & 閉めた", "温度計を交換した。次回までに予備を注文する", "checked", ""}
	for name, c := range map[string]struct {
		rows int
		row  func(values []xlsx.Value, i int)
		// fill is that of every second row.
		fill string
		// most is how much more a sheet may take, in percent.
		most int
	}{
		"readings":          {20_000, benchRow, "", 3},
		"a few readings":    {200, benchRow, "", 3},
		"readings in bands": {20_000, benchRow, "F2F2F2", 3},
		"values at random": {rows: 5_000, row: func(values []xlsx.Value, i int) {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for j := range values {
				switch j % 3 {
				case 0:
					values[j] = xlsx.Float(float64(r.IntN(900)-200) / 10)
				case 1:
					values[j] = xlsx.Text(notes[r.IntN(len(notes))])
				default:
					values[j] = xlsx.Text(fmt.Sprintf("%s %d: %s", notes[r.IntN(len(notes))], r.IntN(100), notes[r.IntN(len(notes))]))
				}
			}
		}, most: 25},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := make([]xlsx.Value, 15)
			book := writeRows(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, len(values)), Banding: xlsx.Banding{Fill: c.fill}}, c.rows, func(i int) []xlsx.Value {
				c.row(values, i)
				return values
			})
			ours, theirs := sheetSizes(t, book)
			t.Logf("%d bytes, the standard library's compressor makes %d: %+.1f %%", ours, theirs, 100*float64(ours)/float64(theirs)-100)
			if ours*100 > theirs*(100+c.most) {
				t.Errorf("got %d bytes, want at most %d %% more than %d", ours, c.most, theirs)
			}
		})
	}
}

// sheetSizes returns how many bytes the first sheet takes, and how many it would take by
// the standard library's compressor.
func sheetSizes(t *testing.T, book []byte) (ours, theirs int) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		if f.Name != "xl/worksheets/sheet1.xml" {
			continue
		}
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		w, err := flate.NewWriter(&again, flate.DefaultCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, part); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return int(f.CompressedSize64), again.Len()
	}
	t.Fatal("there is no sheet")
	return 0, 0
}
