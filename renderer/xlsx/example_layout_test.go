package xlsx_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// A sheet as people print it: a title, a row of totals, readings that are too warm in red,
// and the header on every page of A4.
func Example_layout() {
	temperature, err := xlsx.ParseFormat("decimal:1", "ja")
	if err != nil {
		fmt.Println(err)
		return
	}
	tooWarm := xlsx.Rule{Column: 1, When: xlsx.WhenAbove, Value: xlsx.Int(8), Look: xlsx.Look{Fill: "FFC7CE", Bold: true}}
	sheet := xlsx.Sheet{
		Name: "温度", Title: xlsx.Title{Lines: []string{"冷蔵庫温度記録", "2026年10月"}, Merge: true}, Filter: true, FreezeHeader: true,
		Columns:    []xlsx.Column{{Title: "設備"}, {Title: "温度", Format: temperature, Total: xlsx.TotalAverage}},
		Rules:      []xlsx.Rule{tooWarm},
		TotalLabel: "平均", Banding: xlsx.Banding{Fill: "F2F2F2"},
		Page: xlsx.Page{
			Paper: xlsx.PaperA4, FitWidth: true, RepeatHeader: true,
			Footer: xlsx.PageText{Center: xlsx.PageNumber + " / " + xlsx.PageCount},
		},
		Footer: func(rows int64) []string { return []string{fmt.Sprintf("%d 件", rows)} },
	}
	book, err := writeReadings(sheet, "7.5", "8.5", "3.2")
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := cells.Open(bytes.NewReader(book), int64(len(book)), cells.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = read.Sheets()[0].Rows(func(_ int, row []cells.Cell) error {
		for _, c := range row {
			if c.Kind != cells.Empty {
				fmt.Println(c.Ref(), cmp.Or(c.Formula, c.Text))
			}
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// A1 冷蔵庫温度記録
	// A2 2026年10月
	// A3 設備
	// B3 温度
	// A4 冷蔵庫
	// B4 7.5
	// A5 冷蔵庫
	// B5 8.5
	// A6 冷蔵庫
	// B6 3.2
	// A7 平均
	// B7 IFERROR(SUBTOTAL(101,B4:B6),"")
	// A9 3 件
}

func writeReadings(sheet xlsx.Sheet, readings ...string) ([]byte, error) {
	var book bytes.Buffer
	w, err := xlsx.New(context.Background(), &book, xlsx.Book{Title: "冷蔵庫温度記録"})
	if err != nil {
		return nil, err
	}
	defer w.Discard()
	s, err := w.Sheet(sheet)
	if err != nil {
		return nil, err
	}
	for _, reading := range readings {
		if err := s.Row([]xlsx.Value{xlsx.Text("冷蔵庫"), xlsx.Text(reading)}); err != nil {
			return nil, err
		}
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	_, err = w.Close()
	return book.Bytes(), err
}
