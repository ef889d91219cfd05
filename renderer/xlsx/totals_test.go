package xlsx_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// totalsSheet has every total, under a title.
func totalsSheet(t testing.TB) xlsx.Sheet {
	t.Helper()
	decimal := parseFormat(t, "decimal:1", "ja")
	return xlsx.Sheet{
		Name: "s", Title: xlsx.Title{Lines: []string{"title"}}, Filter: true, TotalLabel: "合計", Columns: []xlsx.Column{
			{Title: "name"},
			{Title: "sum", Format: decimal, Total: xlsx.TotalSum},
			{Title: "average", Format: decimal, Total: xlsx.TotalAverage},
			{Title: "plain"},
			{Title: "count", Total: xlsx.TotalCount},
			{Title: "least", Format: parseFormat(t, "date", "ja"), Total: xlsx.TotalMin},
			{Title: "most", Total: xlsx.TotalMax},
			{Title: "hours", Format: parseFormat(t, "time", "ja"), Total: xlsx.TotalSum},
		},
	}
}

// totalsRow is a row with values of all kinds, also such as are not added up.
func totalsRow(r *rand.Rand, texts ...string) []xlsx.Value {
	decimal := xlsx.Decimal(strconv.FormatFloat(r.NormFloat64()*100, 'f', 1, 64))
	row := []xlsx.Value{
		xlsx.Text("x"), decimal, xlsx.Float(float64(r.IntN(1000)) / 10), xlsx.Int(1), xlsx.Bool(r.IntN(2) == 0),
		xlsx.Date(2026, time.October, 1+r.IntN(31)), xlsx.DateTime(time.Date(2026, 10, 1, r.IntN(24), 0, 0, 0, time.UTC)), xlsx.TimeOfDay(time.Duration(r.IntN(1440)) * time.Minute),
	}
	for i := range row {
		switch r.IntN(8) {
		case 0:
			row[i] = xlsx.Null()
		case 1:
			row[i] = xlsx.Text(texts[r.IntN(len(texts))])
		}
	}
	return row
}

// TestTotalsAreWhatTheirFormulasGive has excelize calculate them. It does not count texts of
// no characters; LibreOffice does.
func TestTotalsAreWhatTheirFormulasGive(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{1, 2, 50, 400, 6000} { // held whole, with widths settled, and streamed
		r := rand.New(rand.NewPCG(uint64(rows), 1))
		content := writeRows(t, totalsSheet(t), rows, func(int) []xlsx.Value { return totalsRow(r, "欠測") })
		cached := readSheet(t, openBook(t, content).Sheets()[0])
		f := openExcelize(t, content)
		last := strconv.Itoa(rows + 3)
		if layout := layoutOf(t, content); layout.AutoFilter != "A2:H"+strconv.Itoa(rows+2) {
			t.Errorf("%d rows: the filter is on %s, want it to end before the totals", rows, layout.AutoFilter)
		}
		if cached["A"+last].Text != "合計" || cached["D"+last].Text != "" {
			t.Errorf("%d rows: the row of totals begins %+v", rows, cached["A"+last])
		}
		for _, column := range []string{"B", "C", "E", "F", "G", "H"} {
			ref := column + last
			want, err := f.CalcCellValue("s", ref)
			if err != nil {
				t.Fatal(err)
			}
			shown, err := f.GetCellValue("s", ref)
			if err != nil {
				t.Fatal(err)
			}
			if got := cached[ref]; got.Formula == "" || shown != want {
				t.Errorf("%d rows: %s is %+v, shown %q; excelize calculates %q", rows, ref, got, shown, want)
			}
		}
	}
}

func TestTotalsOfNothing(t *testing.T) {
	t.Parallel()
	content, _ := writeBook(t, totalsSheet(t), nil)
	if got := readSheet(t, openBook(t, content).Sheets()[0]); got["A3"].Text != "" || got["B3"].Formula != "" {
		t.Errorf("a sheet without rows has totals %+v", got)
	}
	content, _ = writeBook(t, totalsSheet(t), [][]xlsx.Value{{xlsx.Text("only")}})
	got := readSheet(t, openBook(t, content).Sheets()[0])
	for ref, want := range map[string]cells.Cell{ // the functions from 100 leave out what is hidden in any way
		"B4": {Text: "0", Formula: "SUBTOTAL(109,B3:B3)"}, "C4": {Text: "", Formula: `IFERROR(SUBTOTAL(101,C3:C3),"")`},
		"E4": {Text: "0", Formula: "SUBTOTAL(103,E3:E3)"}, "F4": {Text: "0", Formula: "SUBTOTAL(105,F3:F3)"},
		"G4": {Text: "0", Formula: "SUBTOTAL(104,G3:G3)"}, "H4": {Text: "0", Formula: "SUBTOTAL(109,H3:H3)"},
	} {
		if got[ref].Text != want.Text || got[ref].Formula != want.Formula {
			t.Errorf("%s is %+v, want %q from %s", ref, got[ref], want.Text, want.Formula)
		}
	}
}

// TestSumIsExact adds up what doubles cannot hold.
func TestSumIsExact(t *testing.T) {
	t.Parallel()
	sheet := xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Total: xlsx.TotalSum}}}
	content := writeRows(t, sheet, 100_000, func(i int) []xlsx.Value {
		switch i {
		case 0:
			return []xlsx.Value{xlsx.Float(1e15)}
		case 99_999:
			return []xlsx.Value{xlsx.Float(-1e15)}
		}
		return []xlsx.Value{xlsx.Decimal("0.1")}
	})
	if got := readSheet(t, openBook(t, content).Sheets()[0])["A100002"].Text; got != "9999.8" {
		t.Errorf("the sum is %s, want 9999.8", got)
	}
}

func TestTotalsKeepTheirColumnsFormat(t *testing.T) {
	t.Parallel()
	content, _ := writeBook(t, totalsSheet(t), [][]xlsx.Value{{
		xlsx.Null(), xlsx.Int(1), xlsx.Int(2), xlsx.Null(), xlsx.Text("x"), xlsx.Date(2026, 10, 1), xlsx.Date(2026, 10, 31), xlsx.TimeOfDay(time.Hour),
	}})
	got := readSheet(t, openBook(t, content).Sheets()[0])
	for ref, want := range map[string]string{"B4": "#,##0.0", "E4": "#,##0", "F4": "yyyy/mm/dd", "G4": "yyyy-mm-dd", "H4": "[h]:mm:ss"} {
		if got[ref].Format != want {
			t.Errorf("%s has the format %q, want %q", ref, got[ref].Format, want)
		}
	}
	if at, ok := got["G4"].Time(); !ok || at.Day() != 31 {
		t.Errorf("the last date is %v", at)
	}
	f := openExcelize(t, content)
	for _, ref := range []string{"A4", "B4", "D4"} {
		if style := styleOf(t, f, "s", ref); !style.Font.Bold || len(style.Border) != 1 || style.Border[0].Type != "top" {
			t.Errorf("%s has the font %+v and the borders %+v, want it bold, with a line above", ref, style.Font, style.Border)
		}
	}
}

// TestColumnsHaveRoomForTheirTotals reads the width of a column of small numbers.
func TestColumnsHaveRoomForTheirTotals(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{50, 1000, 50_000} {
		content := writeRows(t, xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{}, {Format: parseFormat(t, "integer", "ja"), Total: xlsx.TotalSum}}},
			rows, func(int) []xlsx.Value { return []xlsx.Value{xlsx.Text("x"), xlsx.Int(999_999)} })
		digits := len(strconv.Itoa(999_999 * rows))
		if got := layoutOf(t, content).Widths[1].Width; got < float64(digits+(digits-1)/3) {
			t.Errorf("%d rows: the column is %v wide, the total has %d digits", rows, got, digits)
		}
	}
}

func TestTotalsThatCannotBe(t *testing.T) {
	t.Parallel()
	columns := func(format string, total xlsx.Total) []xlsx.Column {
		return []xlsx.Column{{}, {Title: "price", Format: parseFormat(t, format, "ja"), Total: total}}
	}
	refuses(t, xlsx.Sheet{Name: "unknown", Columns: columns("", "median")}, `column 2 ("price")`, `"median"`, "average")
	refuses(t, xlsx.Sheet{Name: "text", Columns: columns("text", xlsx.TotalSum)}, `column 2 ("price")`, `"count"`)
	refuses(t, xlsx.Sheet{Name: "dates", Columns: columns("date", xlsx.TotalSum)}, `column 2 ("price")`, `"min"`)
	refuses(t, xlsx.Sheet{Name: "pictures", Columns: columns("image", xlsx.TotalCount)}, `column 2 ("price")`, "pictures")
	refuses(t, xlsx.Sheet{Name: "label", Columns: columns("", xlsx.TotalSum)[1:], TotalLabel: "合計"}, "合計")
}

func TestFooterStandsBelowTheRows(t *testing.T) {
	t.Parallel()
	var asked []int64
	sheet := totalsSheet(t)
	sheet.Footer = func(rows int64) []string {
		asked = append(asked, rows)
		return []string{"2026-10", strconv.FormatInt(rows, 10) + " rows"}
	}
	content, _ := writeBook(t, sheet, [][]xlsx.Value{{xlsx.Text("a")}, {xlsx.Text("b")}})
	got := readSheet(t, openBook(t, content).Sheets()[0])
	if got["A7"].Text != "2026-10" || got["A8"].Text != "2 rows" || got["A6"].Kind != cells.Empty || len(asked) != 1 {
		t.Errorf("below the totals stand %+v and %+v, asked %v", got["A7"], got["A8"], asked)
	}
	if layout := layoutOf(t, content); layout.Dimension != "A1:H8" {
		t.Errorf("the dimension is %s, want A1:H8", layout.Dimension)
	}
}

func TestFooterOfNoLines(t *testing.T) {
	t.Parallel()
	content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 2), Footer: func(int64) []string { return nil }}, [][]xlsx.Value{{xlsx.Int(1)}})
	if layout := layoutOf(t, content); layout.Dimension != "A1:B2" {
		t.Errorf("the dimension is %s, want A1:B2", layout.Dimension)
	}
}

func TestFooterOfTooManyLines(t *testing.T) {
	t.Parallel()
	w, err := xlsx.New(t.Context(), &fullDisk{left: 1 << 20}, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	s, err := w.Sheet(xlsx.Sheet{Name: "long", Columns: make([]xlsx.Column, 1), Footer: func(int64) []string { return make([]string, 21) }})
	if err != nil {
		t.Fatal(err)
	}
	refusedBy(t, s.Close(), "long", "21 lines")
}
