package cells_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// FuzzSheet reads any bytes as a sheet's part: it must end, and without a panic.
func FuzzSheet(f *testing.F) {
	f.Add([]byte(sheetXML(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>`)))
	f.Add([]byte(sheetXML(`<row><c t="inlineStr"><is><r><t>_x0041_</t></r></is></c><c s="1"><f>A1</f><v>1e3</v></c></row>`)))
	f.Add([]byte(`<worksheet><cols><col min="1" max="2" width="3"/></cols><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`))
	f.Fuzz(func(t *testing.T, part []byte) {
		book, err := open(plain("").with("xl/worksheets/sheet1.xml", string(part)+" ").zip(t), cells.Limits{TextBytes: 4096})
		if err != nil {
			wantMalformed(t, err)
			return
		}
		report, err := cells.Diff(book, book, cells.Options{})
		wantMalformed(t, err)
		if !report.Equal() {
			t.Errorf("a workbook differs from itself: %+v\n%q", report, part)
		}
		err = book.Sheets()[0].Rows(func(row int, all []cells.Cell) error {
			for _, c := range all {
				if c.Row != row || c.Ref() == "" {
					t.Errorf("cell %+v in row %d", c, row)
				}
				if at, ok := c.Time(); ok && (at.Year() < 1899 || at.After(time.Date(10003, 1, 1, 0, 0, 0, 0, time.UTC))) {
					t.Errorf("cell %+v is at %v", c, at)
				}
			}
			return nil
		})
		wantMalformed(t, err)
	})
}

func wantMalformed(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, cells.ErrMalformed) {
		t.Errorf("error %v, want a malformed workbook", err)
	}
}

// FuzzOpen reads any bytes as a workbook.
func FuzzOpen(f *testing.F) {
	f.Add(plain(`<row r="1"><c r="A1"><v>1</v></c></row>`).zip(f))
	f.Fuzz(func(t *testing.T, content []byte) {
		book, err := open(content, cells.Limits{PartBytes: 1 << 20, TotalBytes: 1 << 22})
		wantMalformed(t, err)
		if err == nil && len(book.Sheets()) == 0 {
			t.Error("a workbook without sheets was opened")
		}
	})
}
