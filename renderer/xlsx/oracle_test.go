package xlsx_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// oracleColumns are columns and, for each, what excelize must be told for the same
// cells.
var oracleColumns = []struct {
	format, code string
	value        func(*rand.Rand) (xlsx.Value, any)
}{
	{"text", "@", func(r *rand.Rand) (xlsx.Value, any) { s := plainText(r); return xlsx.Text(s), s }},
	{"general", "", func(r *rand.Rand) (xlsx.Value, any) { s := plainText(r); return xlsx.Text(s), s }},
	{"general", "", func(r *rand.Rand) (xlsx.Value, any) { n := r.Int64N(2e15) - 1e15; return xlsx.Int(n), n }},
	{"integer", "#,##0", func(r *rand.Rand) (xlsx.Value, any) { n := r.Int64N(1000); return xlsx.Int(n), n }},
	{"decimal:2", "#,##0.00", func(r *rand.Rand) (xlsx.Value, any) {
		s := strconv.FormatFloat(r.NormFloat64()*1000, 'f', r.IntN(9), 64)
		f, err := strconv.ParseFloat(s, 64)
		return xlsx.Decimal(s), orText(f, err)
	}},
	{"excel:0.000E+00", "0.000E+00", func(r *rand.Rand) (xlsx.Value, any) {
		f := math.Ldexp(r.Float64(), r.IntN(1800)-900)
		return xlsx.Float(f), f
	}},
	{"percent:1", "0.0%", func(r *rand.Rand) (xlsx.Value, any) { f := r.Float64(); return xlsx.Float(f), f }},
	{"date", "yyyy-mm-dd", func(r *rand.Rand) (xlsx.Value, any) {
		at := time.Date(1901, time.January, 1+r.IntN(100_000), 0, 0, 0, 0, time.UTC)
		return xlsx.Date(at.Date()), at
	}},
	{"datetime", "yyyy-mm-dd hh:mm:ss", func(r *rand.Rand) (xlsx.Value, any) {
		at := time.Date(1901, time.January, 1, 0, 0, r.IntN(5e9), 0, time.UTC)
		return xlsx.DateTime(at), at
	}},
	{"boolean", "", func(r *rand.Rand) (xlsx.Value, any) { b := r.IntN(2) == 0; return xlsx.Bool(b), b }},
	{"boolean:適/否", "", func(r *rand.Rand) (xlsx.Value, any) {
		if r.IntN(2) == 0 {
			return xlsx.Bool(true), "適"
		}
		return xlsx.Bool(false), "否"
	}},
	{"integer", "#,##0", func(*rand.Rand) (xlsx.Value, any) { return xlsx.Null(), nil }},
}

func orText(f float64, err error) any {
	if err != nil {
		return err.Error()
	}
	return f
}

// plainText is text that excelize can write: it leaves some escapes as they are.
func plainText(r *rand.Rand) string {
	for {
		if s := randomText(r); !bytes.Contains([]byte(s), []byte("_x")) {
			return s
		}
	}
}

// TestEveryCellIsAsExcelizeWritesIt writes the same table with both, with excelize's
// styles and numbers of serials, and compares cell by cell.
func TestEveryCellIsAsExcelizeWritesIt(t *testing.T) {
	t.Parallel()
	rows := 20_000
	if testing.Short() {
		rows = 1000
	}
	f := excelize.NewFile()
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	stream, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	n := len(oracleColumns)
	columns, styles, theirs := make([]xlsx.Column, n), make([]int, n), make([]any, n)
	for i, c := range oracleColumns {
		columns[i] = xlsx.Column{Title: c.format, Format: parseFormat(t, c.format, "en")}
		theirs[i] = c.format
		if c.code != "" {
			if styles[i], err = f.NewStyle(&excelize.Style{CustomNumFmt: &c.code}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := stream.SetRow("A1", theirs); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	all := make([][]xlsx.Value, rows)
	written := 0
	for i := range all {
		all[i] = make([]xlsx.Value, n)
		for j, c := range oracleColumns {
			var value any
			all[i][j], value = c.value(r)
			theirs[j] = nil
			if value != nil {
				theirs[j] = excelize.Cell{StyleID: styles[j], Value: value}
				written++
			}
		}
		if err := stream.SetRow("A"+strconv.Itoa(i+2), theirs); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Flush(); err != nil {
		t.Fatal(err)
	}
	buffer, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	content, _ := writeBook(t, xlsx.Sheet{Name: "Sheet1", Columns: columns}, all)
	report, err := cells.Diff(openBook(t, content), openBook(t, buffer.Bytes()), cells.Options{Max: 10})
	if err != nil || !report.Equal() || report.Cells != int64(written+n) {
		t.Errorf("%d cells, %d differences %+v, %v, want %d equal ones", report.Cells, report.Total, report.Differences, err, written+n)
	}
}

// TestRowsShowAllTheirLines reads the heights with excelize.
func TestRowsShowAllTheirLines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text   string
		width  float64
		height float64
	}{
		{"one line", 0, 15},
		{"a\nb", 0, 30},
		{"a\r\nb\nc", 0, 45},
		{"一行\n二行", 0, 37.5},
		{"a\n", 0, 30},
		{"four words on two lines\nx", 16, 45},
		{"no break in a column that is too narrow", 8, 15},
		{"x\n" + string(bytes.Repeat([]byte("y\n"), 50)), 0, 409.5},
	}
	for _, test := range tests {
		for _, before := range []int{0, 200} { // within the rows whose widths are measured, and behind them
			rows := make([][]xlsx.Value, before, before+1)
			for i := range rows {
				rows[i] = []xlsx.Value{xlsx.Text("x")}
			}
			rows = append(rows, []xlsx.Value{xlsx.Text(test.text)})
			content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Width: test.width}}}, rows)
			f, err := excelize.OpenReader(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.GetRowHeight("s", before+2)
			if err != nil || got != test.height {
				t.Errorf("row %d, %q in a column of %v: height %v, %v, want %v", before+2, test.text, test.width, got, err, test.height)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
