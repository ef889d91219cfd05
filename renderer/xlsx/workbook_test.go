package xlsx_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// sampleBook writes three sheets with every kind of style, the last ones beyond
// the rows whose widths are measured.
func sampleBook(t testing.TB) ([]byte, xlsx.Summary) {
	t.Helper()
	var dst bytes.Buffer
	created := time.Date(2026, time.November, 1, 5, 0, 0, 0, time.UTC)
	w, err := xlsx.New(&dst, xlsx.Book{Title: "温度 & 湿度", Creator: "jetsheet", Created: created})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for i := range 3 {
		rows := make([][]xlsx.Value, 150)
		for j := range rows {
			rows[j] = []xlsx.Value{xlsx.DateTime(created), xlsx.Text("=漢字"), xlsx.Decimal("3.25"), xlsx.Bool(j%2 == 0)}
		}
		writeSheet(t, w, xlsx.Sheet{
			Name:    fmt.Sprintf("拠点/%d", i),
			Columns: []xlsx.Column{{Title: "日時"}, {Title: "名称"}, {Title: "温度", Format: parseFormat(t, "decimal:1", "ja")}, {Title: "適否", Width: 9}},
			Header:  xlsx.Header{Bold: true, Fill: "DDEBF7", Wrap: true}, FreezeHeader: true, Filter: true,
		}, rows)
	}
	summary, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return dst.Bytes(), summary
}

func TestSameCallsGiveSameBytes(t *testing.T) {
	t.Parallel()
	want, _ := sampleBook(t)
	for i := range 20 {
		if got, _ := sampleBook(t); !bytes.Equal(got, want) {
			t.Fatalf("run %d gave %d other bytes than the first run's %d", i, len(got), len(want))
		}
	}
}

func TestSheetLayout(t *testing.T) {
	t.Parallel()
	content, summary := sampleBook(t)
	if summary.Rows != 450 || summary.Sheets != 3 || summary.Substitutions.Counts[xlsx.SheetRenamed] != 3 {
		t.Errorf("summary %+v, want 450 rows, 3 sheets, 3 renamed", summary)
	}
	for i, sheet := range openBook(t, content).Sheets() {
		if want := fmt.Sprintf("拠点_%d", i); sheet.Name != want {
			t.Errorf("sheet %d is named %q, want %q", i, sheet.Name, want)
		}
		got, err := sheet.Layout()
		if err != nil {
			t.Fatal(err)
		}
		if got.Dimension != "A1:D151" || got.AutoFilter != "A1:D151" || got.FrozenRows != 1 || got.FrozenColumns != 0 {
			t.Errorf("layout %+v, want A1:D151 with filter and one frozen row", got)
		}
		// "yyyy/mm/dd hh:mm:ss" is wider than its title; the given width stays.
		if len(got.Widths) != 4 || got.Widths[0].Width < 18 || got.Widths[3].Width != 9 {
			t.Errorf("widths %v, want 4, the first at least 18, the last 9", got.Widths)
		}
	}
}

func TestSheetWithoutRows(t *testing.T) {
	t.Parallel()
	content, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Title: "a"}, {Title: "b"}}, Filter: true}, nil)
	sheet := openBook(t, content).Sheets()[0]
	got := readSheet(t, sheet)
	layout, err := sheet.Layout()
	if err != nil || len(got) != 2 || got["B1"].Text != "b" || layout.Dimension != "A1:B1" || summary.Rows != 0 {
		t.Errorf("got %v, layout %+v, %v, %d rows; want the header alone", got, layout, err, summary.Rows)
	}
}

func TestShortRowsAndReusedValues(t *testing.T) {
	t.Parallel()
	values := []xlsx.Value{xlsx.Int(1), xlsx.Int(2)}
	rows := make([][]xlsx.Value, 120)
	for i := range rows {
		rows[i] = values[:1+i%2]
	}
	content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 2)}, rows)
	got := readSheet(t, openBook(t, content).Sheets()[0])
	// Two titles, 120 values in the first column, 60 in the second.
	if _, stale := got["B120"]; len(got) != 2+120+60 || stale {
		t.Errorf("got %d cells, B120 %+v; want 182 and none", len(got), got["B120"])
	}
}

func TestWidthsFitFullWidthText(t *testing.T) {
	t.Parallel()
	columns := []xlsx.Column{{Title: "x"}, {Title: "x"}, {Title: "x"}, {Title: "x"}}
	content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: columns}, [][]xlsx.Value{
		{xlsx.Text("冷蔵庫温度記録"), xlsx.Text("reizouko"), xlsx.Text(strings.Repeat("長", 100)), xlsx.Int(1)},
	})
	layout, err := openBook(t, content).Sheets()[0].Layout()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{15.7, 9.7, 60, 6} {
		if got := layout.Widths[i].Width; math.Abs(got-want) > 1e-9 {
			t.Errorf("width of column %d is %v, want %v", i+1, got, want)
		}
	}
}

// TestSplit writes more rows than a sheet holds.
func TestSplit(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("writes and reads 1.2 million rows")
	}
	const rows = 1_200_000
	var dst bytes.Buffer
	w, err := xlsx.New(&dst, xlsx.Book{})
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

var errFull = errors.New("disk full")

// fullDisk takes so many bytes and then fails.
type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestDestinationErrorIsReturned(t *testing.T) {
	t.Parallel()
	whole, _ := sampleBook(t)
	for left := 0; left < len(whole); left += 1500 {
		err := writeTo(&fullDisk{left: left})
		if !errors.Is(err, errFull) {
			t.Errorf("destination of %d bytes: error %v, want %v", left, err, errFull)
		}
	}
}

func writeTo(dst *fullDisk) error {
	w, err := xlsx.New(dst, xlsx.Book{})
	if err != nil {
		return err
	}
	defer w.Discard()
	for i := range 3 {
		s, err := w.Sheet(xlsx.Sheet{Name: strconv.Itoa(i), Columns: []xlsx.Column{{Title: "x"}}})
		if err != nil {
			return err
		}
		for n := range 2000 {
			if err := s.Row([]xlsx.Value{xlsx.Float(math.Sqrt(float64(n + i)))}); err != nil {
				return err
			}
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	_, err = w.Close()
	return err
}

// TestNoTemporaryFileStays is not parallel: it moves the directory for temporary
// files.
func TestNoTemporaryFileStays(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	for _, test := range []struct {
		name string
		dst  *fullDisk
		end  func(*xlsx.Writer, *xlsx.SheetWriter) error
		want error
	}{
		{"closed", &fullDisk{left: math.MaxInt}, func(w *xlsx.Writer, s *xlsx.SheetWriter) error {
			err := s.Close()
			_, closeErr := w.Close()
			return errors.Join(err, closeErr)
		}, nil},
		{"destination fails", &fullDisk{left: 5000}, func(_ *xlsx.Writer, s *xlsx.SheetWriter) error { return s.Close() }, errFull},
		{"discarded", &fullDisk{left: math.MaxInt}, func(w *xlsx.Writer, _ *xlsx.SheetWriter) error {
			w.Discard()
			return nil
		}, nil},
	} {
		w, err := xlsx.New(test.dst, xlsx.Book{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Sheet(xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Title: "x"}}})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Repeat("x", 30_000)
		for range 700 { // 21 MB: beyond what is kept in memory
			if err := s.Row([]xlsx.Value{xlsx.Text(text)}); err != nil {
				t.Fatal(err)
			}
		}
		if files := temporary(t, dir); len(files) != 1 {
			t.Errorf("%s: %d temporary files while writing, want 1: %v", test.name, len(files), files)
		}
		if err := test.end(w, s); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", test.name, err, test.want)
		}
		if files := temporary(t, dir); len(files) != 0 {
			t.Errorf("%s: temporary files stay: %v", test.name, files)
		}
	}
}

func temporary(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	w, err := xlsx.New(&fullDisk{left: math.MaxInt}, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, sheet := range []xlsx.Sheet{
		{Name: "none"},
		{Name: "many", Columns: make([]xlsx.Column, xlsx.MaxColumns+1)},
		{Name: "wide", Columns: []xlsx.Column{{Width: 256}}},
		{Name: "fill", Columns: make([]xlsx.Column, 1), Header: xlsx.Header{Fill: "blue"}},
	} {
		if _, err := w.Sheet(sheet); err == nil || !strings.Contains(err.Error(), sheet.Name) {
			t.Errorf("sheet %q: error %v, want one that names it", sheet.Name, err)
		}
	}
	s, err := w.Sheet(xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, xlsx.MaxColumns)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Sheet(xlsx.Sheet{Name: "t", Columns: make([]xlsx.Column, 1)}); !errors.Is(err, xlsx.ErrSheetOpen) {
		t.Errorf("a second open sheet: error %v, want %v", err, xlsx.ErrSheetOpen)
	}
	if err := s.Row(make([]xlsx.Value, xlsx.MaxColumns+1)); err == nil {
		t.Error("a row longer than the columns was accepted")
	}
	if _, err := w.Close(); err == nil {
		t.Error("the workbook was closed without the row's error")
	}
}

func TestOrderOfCalls(t *testing.T) {
	t.Parallel()
	w, err := xlsx.New(&fullDisk{left: math.MaxInt}, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); !errors.Is(err, xlsx.ErrNoSheet) {
		t.Errorf("closing an empty workbook: error %v, want %v", err, xlsx.ErrNoSheet)
	}
	if _, err := w.Close(); !errors.Is(err, xlsx.ErrClosed) {
		t.Errorf("closing twice: error %v, want %v", err, xlsx.ErrClosed)
	}
	if _, err := w.Sheet(xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1)}); !errors.Is(err, xlsx.ErrClosed) {
		t.Errorf("a sheet after Close: error %v, want %v", err, xlsx.ErrClosed)
	}
}

func TestSubstitutionsAreBounded(t *testing.T) {
	t.Parallel()
	rows := make([][]xlsx.Value, 1000)
	for i := range rows {
		rows[i] = []xlsx.Value{xlsx.Null(), xlsx.Text("a\x01")}
	}
	_, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{}, {Title: "remark"}}}, rows)
	got := summary.Substitutions
	want := xlsx.Substitution{Sheet: "s", Cell: "B2", Column: "remark", Kind: xlsx.IllegalCharacter}
	if got.Counts[xlsx.IllegalCharacter] != 1000 || len(got.Samples) != 20 || got.Samples[0] != want {
		t.Errorf("got %d counted, %d samples, first %+v; want 1000, 20, %+v",
			got.Counts[xlsx.IllegalCharacter], len(got.Samples), got.Samples[0], want)
	}
}
