package xlsx_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// sampleBook writes three sheets with every kind of style, the last ones beyond
// the rows whose widths are measured.
func sampleBook(t testing.TB) ([]byte, xlsx.Summary) {
	t.Helper()
	var dst bytes.Buffer
	created := time.Date(2026, time.November, 1, 5, 0, 0, 0, time.UTC)
	w, err := xlsx.New(t.Context(), &dst, xlsx.Book{Title: "温度 & 湿度", Creator: "jetsheet", Keywords: "温度", Created: created})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for i := range 3 {
		rows := make([][]xlsx.Value, 150)
		for j := range rows {
			rows[j] = []xlsx.Value{xlsx.DateTime(created), xlsx.Text("=漢字"), xlsx.Decimal("3.25"), xlsx.Bool(j%2 == 0)}
		}
		writeSheet(t, w, sampleSheet(t, i), rows)
	}
	summary, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return dst.Bytes(), summary
}

// sampleSheet has all that a sheet can have but for pictures and links; the first has no
// more than rows.
func sampleSheet(t testing.TB, i int) xlsx.Sheet {
	t.Helper()
	sheet := xlsx.Sheet{
		Name:    fmt.Sprintf("拠点/%d", i),
		Columns: []xlsx.Column{{Title: "日時"}, {Title: "名称"}, {Title: "温度", Format: parseFormat(t, "decimal:1", "ja")}, {Title: "適否", Width: 9}},
		Header:  xlsx.Header{Bold: true, Fill: "DDEBF7", Wrap: true}, FreezeHeader: true, Filter: true,
	}
	if i == 0 {
		return sheet
	}
	sheet.Title = xlsx.Title{Lines: []string{"温度記録"}, Merge: true}
	sheet.TotalLabel, sheet.Columns[2].Total = "平均", xlsx.TotalAverage
	sheet.Rules = []xlsx.Rule{{Column: 2, When: xlsx.WhenAbove, Value: xlsx.Int(8), Look: red}, {Column: 2, When: xlsx.WhenBar, Colours: []string{"638EC6"}}}
	sheet.Footer = func(rows int64) []string { return []string{strconv.FormatInt(rows, 10) + " rows"} }
	sheet.Banding, sheet.Page = xlsx.Banding{Fill: "F2F2F2"}, a4()
	sheet.Protection = &xlsx.Protection{Allow: []xlsx.Action{xlsx.AllowFilter}}
	return sheet
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
		whole, filtered, frozen := "A1:D151", "A1:D151", 1
		if i > 0 { // with a title, totals and a footer
			whole, filtered, frozen = "A1:D155", "A2:D152", 2
		}
		if got.Dimension != whole || got.AutoFilter != filtered || got.FrozenRows != frozen || got.FrozenColumns != 0 {
			t.Errorf("layout %+v, want %s, a filter on %s, %d frozen rows", got, whole, filtered, frozen)
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

func TestOrderOfCalls(t *testing.T) {
	t.Parallel()
	w, err := xlsx.New(t.Context(), &fullDisk{left: math.MaxInt}, xlsx.Book{})
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

func TestIdentifierMakesOtherBytes(t *testing.T) {
	t.Parallel()
	write := func(identifier string) []byte {
		var dst bytes.Buffer
		w, err := xlsx.New(t.Context(), &dst, xlsx.Book{Identifier: identifier})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Discard()
		writeSheet(t, w, xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Title: "a"}}}, nil)
		if _, err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return dst.Bytes()
	}
	a, b := write("run-1"), write("run-2")
	if bytes.Equal(a, b) || !bytes.Equal(a, write("run-1")) {
		t.Error("books that differ in their identifier alone have the same bytes, or equal ones others")
	}
	openBook(t, b) // still a workbook
}

// TestFirstSheetIsInView: of sheets that were all selected, a change of one would be one
// of all.
func TestFirstSheetIsInView(t *testing.T) {
	t.Parallel()
	var dst bytes.Buffer
	w, err := xlsx.New(t.Context(), &dst, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, name := range []string{"first", "second"} {
		writeSheet(t, w, xlsx.Sheet{Name: name, Columns: make([]xlsx.Column, 1)}, nil)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := openExcelize(t, dst.Bytes())
	for i, want := range []bool{true, false} {
		part, _ := f.Pkg.Load(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1))
		xml, ok := part.([]byte)
		if got := bytes.Contains(xml, []byte(`tabSelected="1"`)); !ok || got != want {
			t.Errorf("sheet %d is selected: %v, want %v", i+1, got, want)
		}
	}
}
