package xlsx_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

func Example() {
	temperature, err := xlsx.ParseFormat("decimal:1", "ja")
	if err != nil {
		fmt.Println(err)
		return
	}
	var dst bytes.Buffer
	w, err := xlsx.New(context.Background(), &dst, xlsx.Book{Title: "冷蔵庫温度記録"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Discard()
	sheet, err := w.Sheet(xlsx.Sheet{
		Name:         "第1/倉庫",
		Columns:      []xlsx.Column{{Title: "記録日時"}, {Title: "温度", Format: temperature}},
		FreezeHeader: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, time.October, 31, 5, 0, 0, 0, time.UTC)
	for _, reading := range []string{"3.5", "欠測"} {
		if err := sheet.Row([]xlsx.Value{xlsx.DateTime(at), xlsx.Text(reading)}); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := sheet.Close(); err != nil {
		fmt.Println(err)
		return
	}
	summary, err := w.Close()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summary.Rows, "rows")
	for _, s := range summary.Substitutions.Samples {
		fmt.Println(s.Sheet, s.Cell, s.Column, s.Kind)
	}
	// Output:
	// 2 rows
	// 第1_倉庫   sheet_renamed
	// 第1_倉庫 B3 温度 format_mismatch
}

func ExampleParseFormat() {
	_, err := xlsx.ParseFormat("decimal:x", "ja")
	fmt.Println(err)
	_, err = xlsx.ParseFormat("integer:2", "ja")
	fmt.Println(err)
	// Output:
	// format "decimal:x": the number of decimals must be 0 to 15, not "x"
	// format "integer:2": "integer" takes nothing after a colon
}

func ExampleSheetName() {
	name, changed := xlsx.SheetName("本社/厨房", nil)
	fmt.Println(name, changed)
	name, changed = xlsx.SheetName("kitchen", []string{"Kitchen"})
	fmt.Println(name, changed)
	// Output:
	// 本社_厨房 true
	// kitchen (2) true
}
