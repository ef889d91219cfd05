package xlsx_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// benchRow is a row of 15 values as an inspection sheet has them.
func benchRow(values []xlsx.Value, i int) {
	at := time.Date(2026, time.October, 1, 5, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
	values[0] = xlsx.DateTime(at)
	values[1] = xlsx.Text("冷蔵庫 1")
	values[2] = xlsx.Bool(i%7 != 0)
	for j := 3; j < len(values); j++ {
		if j%3 == 0 {
			values[j] = xlsx.Text("異常なし")
		} else {
			values[j] = xlsx.Float(float64(i*j) / 10)
		}
	}
}

func benchColumns(b *testing.B, n int) []xlsx.Column {
	b.Helper()
	columns := make([]xlsx.Column, n)
	for i := range columns {
		columns[i].Title = fmt.Sprintf("列 %d", i+1)
		if i%3 == 1 {
			columns[i].Format = parseFormat(b, "general", "ja")
		} else if i%3 == 2 && i > 2 {
			columns[i].Format = parseFormat(b, "decimal:1", "ja")
		}
	}
	return columns
}

func writeBench(b *testing.B, sheet xlsx.Sheet, rows int) {
	b.Helper()
	w, err := xlsx.New(b.Context(), io.Discard, xlsx.Book{})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Discard()
	s, err := w.Sheet(sheet)
	if err != nil {
		b.Fatal(err)
	}
	values := make([]xlsx.Value, len(sheet.Columns))
	for i := range rows {
		benchRow(values, i)
		if err := s.Row(values); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

// excelizeBench writes the same rows with excelize alone, as its documentation
// shows it.
func excelizeBench(b *testing.B, columns, rows int) {
	b.Helper()
	f := excelize.NewFile()
	defer func() {
		if err := f.Close(); err != nil {
			b.Error(err)
		}
	}()
	dateStyle, err := f.NewStyle(&excelize.Style{NumFmt: 22})
	if err != nil {
		b.Fatal(err)
	}
	decimalStyle, err := f.NewStyle(&excelize.Style{NumFmt: 4})
	if err != nil {
		b.Fatal(err)
	}
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	row := make([]any, columns)
	for i := range rows {
		row[0] = excelize.Cell{StyleID: dateStyle, Value: time.Date(2026, time.October, 1, 5, i, 0, 0, time.UTC)}
		row[1], row[2] = "冷蔵庫 1", i%7 != 0
		for j := 3; j < columns; j++ {
			if j%3 == 0 {
				row[j] = "異常なし"
			} else {
				row[j] = excelize.Cell{StyleID: decimalStyle, Value: float64(i*j) / 10}
			}
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Write(io.Discard); err != nil {
		b.Fatal(err)
	}
}

func compareWriters(b *testing.B, columns, rows int) {
	b.Helper()
	b.Run("jetsheet", func(b *testing.B) {
		sheet := benchSheet(b, columns)
		b.ReportAllocs()
		for b.Loop() {
			writeBench(b, sheet, rows)
		}
	})
	b.Run("excelize", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			excelizeBench(b, columns, rows)
		}
	})
}

func benchSheet(b *testing.B, columns int) xlsx.Sheet {
	b.Helper()
	return xlsx.Sheet{Name: "s", Columns: benchColumns(b, columns), FreezeHeader: true, Filter: true, Header: xlsx.Header{Bold: true}}
}

// BenchmarkSmall is the usual workbook: the cost of one, not of its rows.
func BenchmarkSmall(b *testing.B) {
	for _, rows := range []int{20, 200} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) { compareWriters(b, 15, rows) })
	}
}

// BenchmarkStream is a large sheet: the cost of its rows.
func BenchmarkStream(b *testing.B) { compareWriters(b, 20, 20_000) }

// BenchmarkLayout is what the parts of a layout cost that take something of every row.
func BenchmarkLayout(b *testing.B) {
	for _, c := range []struct {
		name string
		add  func(*xlsx.Sheet)
	}{
		{"plain", func(*xlsx.Sheet) {}},
		{"banding", func(s *xlsx.Sheet) { s.Banding.Fill = "F2F2F2" }},
		{"totals", func(s *xlsx.Sheet) {
			for i := 4; i < len(s.Columns); i++ {
				s.Columns[i].Total = xlsx.TotalSum
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			sheet := benchSheet(b, 20)
			c.add(&sheet)
			b.ReportAllocs()
			for b.Loop() {
				writeBench(b, sheet, 20_000)
			}
		})
	}
}
